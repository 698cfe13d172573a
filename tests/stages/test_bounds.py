"""No call keeps the processor for long, whatever it has to do: the rest is for the next one.

Under icount the time-stamp counter counts instructions, those of the script around the call
included. Who is woken is of lower priority than the script, and so does not run in between.
"""

from __future__ import annotations

import os

import pytest

from kobjects.kernel.abi import Abi, Call, ObjectType, ThreadPart
from kobjects.kernel.addresses import Page
from tests.stages import workers
from tests.stages.object_calls import copy, create, destroy, map_, revoke, slot, unmap
from tests.stages.script import Do
from tests.stages.test_destroy import COPIES, MANY, family
from tests.stages.test_thread_death import CLIENTS, SAVED, SERVER, calls, serve
from tests.stages.workers import done

pytestmark = [
    pytest.mark.boot,
    pytest.mark.skipif(
        "KERNEL_INVARIANTS" in os.environ, reason="the debug build's own checks would count"
    ),
]

T = ObjectType
CHILD, PAGE = slot(40), slot(41)
OTHERS = [slot(number) for number in range(200, 500)]
MOST = 5000
"""Instructions of an entry into the kernel, beside copying and zeroing."""
ZEROED = 0x4000 // 8
"""Words that a call may zero."""


def lower(clients: int) -> list[Do]:
    """Clients that have begun to wait no longer run at once."""
    part = ThreadPart.PRIORITY
    return [Do(Call.WRITE_THREAD, [one, part, 10], words=2) for one in CLIENTS[:clients]]


SCRIPTS = {
    "a server with a queue": [
        *serve(workers.RECEIVE), *calls(45), *lower(45), destroy(SERVER),
    ],
    "a server with saved replies": [
        *serve(workers.SAVE, SAVED), *calls(45), *lower(45), destroy(SERVER),
    ],
    "a server with many names": [
        create(T.THREAD, SERVER, "self", 90, 0),
        *(create(T.ENDPOINT, one, SERVER) for one in COPIES),
        destroy(SERVER),
    ],
    "spaces within spaces": [*family(8), destroy(slot(200))],
    "a space with a full table": [
        create(T.SPACE, CHILD, 200, 50, 90, 1024),
        create(T.FRAME, PAGE, Page.SIZE),
        *(copy(PAGE, slot(n), 1, space=CHILD) for n in range(1, 1024)),
        destroy(CHILD),
    ],
    "a space with an empty table": [create(T.SPACE, CHILD, 200, 50, 90, 1024), destroy(CHILD)],
    "a space that pays for much": [
        create(T.SPACE, CHILD, 9, 400, 90, 64),
        *(create(T.ENDPOINT, one, "me", account=CHILD) for one in OTHERS),
        destroy(CHILD),
    ],
    "a space with threads": [
        create(T.SPACE, CHILD, 99, 400, 90, 64),
        *(create(T.THREAD, one, CHILD, 10, 0, account=CHILD) for one in COPIES[:40]),
        destroy(CHILD),
    ],
    "a space into which others map": [
        create(T.SPACE, CHILD, 99, 0, 90, 64),
        create(T.FRAME, PAGE, Page.SIZE),
        *(copy(PAGE, one, 1) for one in OTHERS),
        *(map_(one, 0x1000_0000 + one * 64, 1, space=CHILD) for one in OTHERS),
        destroy(CHILD),
    ],
    "a space with page tables all over": [
        create(T.SPACE, CHILD, 200, 50, 90, 64),
        *(step for n, one in enumerate(COPIES[:40])
          for step in (create(T.FRAME, one, Page.SIZE),
                       map_(one, (n + 1) << 39, 1, space=CHILD))),
        destroy(CHILD),
    ],
    "a frame mapped all over": [*MANY, revoke(COPIES[0]), destroy(COPIES[0])],
}  # fmt: skip


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_call_ends_soon(name: str) -> None:
    script = SCRIPTS[name]
    found = done(script).results["maker"]
    ends = [one for step, one in zip(script, found, strict=True) if step.call is not Call.CREATE]
    made = [one for step, one in zip(script, found, strict=True) if step.call is Call.CREATE]
    assert max(one.longest for one in ends) <= MOST
    assert max(one.longest for one in made) <= MOST + ZEROED
    assert any(one.again for one in ends), "it was more than one call could do"


WORK = Abi.STEP * 12
"""What a call may do; a thread, mapping or object counts 12, an empty slot or entry passed by 1."""
EMPTY = {
    "slots": (
        [create(T.SPACE, CHILD, 200, 50, 90, 1024), destroy(CHILD)],
        # And the topmost table's lower half.
        1024 + 256,
    ),
    "directories": (
        [
            create(T.SPACE, CHILD, 200, 50, 90, 64),
            *(step for n, one in enumerate(COPIES[:3])
              for step in (create(T.FRAME, one, Page.SIZE),
                           map_(one, (n + 1) << 39, 1, space=CHILD),
                           unmap(one))),
            destroy(CHILD),
        ],
        64 + 256 + 3 * (512 + 512 + 12),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EMPTY)
def test_what_is_empty_counts_too(name: str) -> None:
    """Each call begins with the Space itself."""
    script, passed = EMPTY[name]
    assert done(script).results["maker"][-1].again == passed // (WORK - 1)
