"""The kernel does what the model says, for every kind of change that the model has.

The model's states are explored breadth first (tests/model), and shortest ways through them are
chosen that show everything that can happen to threads of every kind. On the machine threads go
these ways, one call after another.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest

from kobjects.kernel.inspect import InspectedThread
from kobjects.kernel.thread import ThreadState as State
from packer.build import build
from packer.image import Image
from tests.model.events import Move
from tests.model.paths import paths
from tests.model.story import sentence
from tests.stages import directed, walks
from tests.stages.audit import audit
from tests.stages.directed import Directed, Look
from tests.stages.test_invariants import seeded
from tests.stages.test_walks import compare, compare_states, told, wanted
from tests.stages.walks import Kept, Walked, walk

pytestmark = pytest.mark.boot

EQUAL, APART = (60, 60, 60), (40, 60, 80)
"""Priorities. When they are equal, a state stands for six."""
ASLEEP = {State.READY: State.SLEEPING}
"""Between its rows a thread that is ready sleeps."""


def check(priorities: Sequence[int], most: int, image: Image, levels: Sequence[int] = ()) -> int:
    """Go the ways of the first `most` states; returns how many kinds of change they show. `levels`
    are priorities that threads may be given.
    """
    ranks, new = ([one + 1 for one in some] for some in (priorities, levels))
    ways, kinds = paths(ranks, most, new)
    while ways:
        written, done = directed.written(ways, priorities)
        walked = walk(written.program, blank=image)
        compare_rows(written, walked)
        compare_looks(written.looks, walked)
        compare(written, walked)
        compare_states(written, walked.memory)
        audit(walked.memory)
        ways = ways[done:]
    return kinds


def compare_rows(written: Directed, walked: Walked) -> None:
    for place, expected in written.expected.items():
        segment, number = place
        one, found = written.program.segments[segment][number], walked.segments[segment][number]
        assert told(one, found, expected) == wanted(expected), story(*written.came[place])


def compare_looks(looks: Sequence[Look], walked: Walked) -> None:
    for look in looks:
        assert seen(walked.maker[look.number]) == meant(look), story(look.way)


def seen(found: Kept) -> tuple[object, ...]:
    data = b"".join(word.to_bytes(8, "little") for word in found.words)
    one = InspectedThread.parse(data)
    if not one.alive:
        return (False,)
    flags = one.flags
    return (
        True, one.state, one.priority, one.base_priority,
        flags.queued, flags.signalled, flags.fault, flags.timed,
    )  # fmt: skip


def meant(look: Look) -> tuple[object, ...]:
    one = look.thread
    if one.free:
        return (False,)
    return (
        True, ASLEEP.get(one.state, one.state), one.rank - 1, one.base - 1,
        bool(one.queue), bool(one.pending), one.fault, one.timed,
    )  # fmt: skip


def story(way: Sequence[Move], at: int | None = None) -> str:
    """The way in words; what failed is marked."""
    lines = [f"{'>' if number == at else ' '} {sentence(move)}" for number, move in enumerate(way)]
    return "\n".join(["", *lines])


@pytest.mark.parametrize(
    ("priorities", "most", "kinds"), [(EQUAL, 8_000, 1_500), (APART, 20_000, 1_300)]
)
def test_every_kind_of_change_is_as_the_model_says(
    priorities: Sequence[int], most: int, kinds: int
) -> None:
    assert check(priorities, most, walks.image()) > kinds


@pytest.mark.campaign
@pytest.mark.parametrize("debug", [False, True], ids=["plain", "debug"])
@pytest.mark.parametrize(
    ("priorities", "most", "kinds"), [(EQUAL, 200_000, 4_000), (APART, 200_000, 4_000)]
)
def test_all_kinds_are_as_the_model_says(
    priorities: Sequence[int], most: int, kinds: int, debug: bool
) -> None:
    assert check(priorities, most, walks.image(debug=debug)) > kinds


@pytest.mark.campaign
def test_new_priorities_are_as_the_model_says() -> None:
    assert check(EQUAL, 50_000, walks.image(), (60, 80)) > 4_000


SEEDS = {
    "who gave up is told another reason": (
        "deadlines.asm", "Status.TIMED_OUT", "Status.ABORTED", "deadline comes",
    ),
    "who is stopped is told nothing": (
        "control.asm",
        "    mov     eax, Status.ABORTED << Abi.STATUS_SHIFT\n    call    write_result\n", "",
        "is stopped",
    ),
    "a signal sets no flag": (
        "signal.asm", "    jmp     set_flag\n", "    ret\n", "is signalled",
    ),
    "who faulted may not begin anew": (
        "control.asm", "ThreadState.FAULTED\n", "ThreadState.EXITED\n", "is started",
    ),
}  # fmt: skip
"""Bug -> the file, the text that is replaced, by what, and what is said of a way that shows it."""


@pytest.mark.parametrize("bug", SEEDS)
def test_a_kernel_with_a_bug_is_found(bug: str) -> None:
    *seed, said = SEEDS[bug]
    of = walks.image().system
    image = build(dataclasses.replace(of, stages=seeded(of.stages, *seed)))
    with pytest.raises(AssertionError, match=said):
        check(EQUAL, 1_000, image)
