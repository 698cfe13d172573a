<<<<<<< HEAD
"""No call keeps the processor for long, whatever it has to do: the rest is for the next one.

Under icount the time-stamp counter counts instructions, those of the script around the call
included. Who is woken is of lower priority than the script, and so does not run in between.
=======
"""I11: how many instructions the kernel takes from a way in to the next way out.

At most BOUND, whatever is asked of it, however many threads there are. Copies and zeroing are
bounded apart; what there is of them here is within it.
>>>>>>> ipctest
"""

from __future__ import annotations

<<<<<<< HEAD
import os

import pytest

from kobjects.kernel.abi import Call, ObjectType, ThreadPart
from kobjects.kernel.addresses import Page
from tests.stages import workers
from tests.stages.object_calls import copy, create, destroy, map_, revoke, slot
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
=======
from collections.abc import Callable, Mapping
from functools import cache

import pytest

from kobjects.kernel.abi import Call, Receive, ThreadPart
from packer.build import build
from packer.image import Image
from tests.stages import crew, freewalk, lockstep, walks
from tests.stages.crew import ENDPOINT, THREAD, slot_of
from tests.stages.measured import longest, measured
from tests.stages.walks import FAULT, Program, Row, row, walk

pytestmark = pytest.mark.boot

BOUND = 5_000
MESSAGES = int(Receive.MESSAGES)
MANY = 40
"""More than one call of DESTROY wakes."""
BEGIN = 15_000_000
"""ns: everybody waits by then."""
SERVER, SERVERS, WORKERS = 100, 60, 90
"""Priorities: of the first, of those in a chain, of its clients."""


@cache
def image() -> Image:
    return build(measured(walks.image(debug=False).system))


def most(program: Program) -> Mapping[str, int]:
    return longest(walk(program, blank=image()).memory)


def company(first: list[Row], others: list[Row], *more: Row) -> Program:
    """A walk of a first thread, of more that do the same, and of the maker's rows."""
    program = Program()
    for who in range(MANY + 1):
        segment, given = crew.place(program, who)
        program.segments[segment] += others if who else first
        program.maker += [*crew.make(who, WORKERS if who else SERVER), given]
    for who in range(MANY + 1):
        if who:
            program.maker.append(crew.supervise(who, 0))
        program.maker.append(crew.begin(who))
    program.maker += more
    return program


def receive(*, until: int | None = None) -> Row:
    return row(Call.RECV, MESSAGES, until=until)


def destroy() -> Row:
    return row(Call.DESTROY, slot_of(0, THREAD), time=BEGIN)


CALLS = [row(Call.CALL, slot_of(0, ENDPOINT), 1)]
COMPANIES: dict[str, Callable[[], Program]] = {
    "wards whose supervisor dies": lambda: company([receive()], [Row(FAULT)], destroy()),
    "clients whose server dies": lambda: company([receive()], CALLS, destroy()),
    "deadlines at one moment": lambda: company(
        [receive()], [row(Call.RECV, 0, until=BEGIN)], row(Call.RECV, 0, until=BEGIN * 2)
    ),
    "senders that give up at one moment": lambda: company(
        [row(Call.RECV, 0)],
        [row(Call.CALL, slot_of(0, ENDPOINT), 1, until=BEGIN)],
        row(Call.RECV, 0, until=BEGIN * 2),
    ),
}


def chain(count: int) -> Program:
    """Each calls the one before it; the last is then raised above all."""
    program = Program()
    for who in range(count):
        segment, given = crew.place(program, who)
        calls = row(Call.CALL, slot_of(who - 1, ENDPOINT), 1, time=BEGIN)
        program.segments[segment].append(calls if who else row(Call.RECV, 0))
        program.maker += [*crew.make(who, SERVERS), given, crew.begin(who)]
    raised = [ThreadPart.PRIORITY, SERVER]
    thread = slot_of(count - 1, THREAD)
    program.maker.append(row(Call.WRITE_THREAD, thread, *raised, time=BEGIN * 2))
    return program


@pytest.mark.parametrize("name", COMPANIES)
def test_an_entry_is_bounded_whatever_the_number_of_threads(name: str) -> None:
    found = most(COMPANIES[name]())
    assert max(found.values()) <= BOUND, found


def test_a_raised_priority_is_passed_on_within_the_bound() -> None:
    found = most(chain(16))
    assert 16 * 20 < found["WRITE_THREAD"] <= BOUND


@pytest.mark.parametrize("seed", [1, 2])
def test_entries_of_walks_are_bounded(seed: int) -> None:
    for program in (freewalk.written(seed, 6), lockstep.written(seed, 5, 3, 100).program):
        found = most(program)
        assert max(found.values()) <= BOUND, found
>>>>>>> ipctest
