"""I11: how many instructions the kernel takes from a way in to the next way out.

At most BOUND, whatever is asked of it, however many threads there are. Copies and zeroing are
bounded apart; what there is of them here is within it.
"""

from __future__ import annotations

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
