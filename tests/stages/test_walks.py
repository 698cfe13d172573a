"""Random walks of several threads through all that they can do to one another."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kobjects.kernel.abi import Abi, Call, Kind, Status
from kobjects.kernel.inspect import InspectedSpace
from kobjects.kernel.slot import Slot
from kobjects.kernel.thread import ThreadState as State
from tests.model.thread import GONE, NOBODY
from tests.stages import crew, freewalk, lockstep
from tests.stages.audit import audit
from tests.stages.lockstep import Lockstep
from tests.stages.pace import Expected
from tests.stages.script import Memory
from tests.stages.walks import Kept, Row, Walked, row_of, walk

pytestmark = pytest.mark.boot

CHAINED = (State.SENDING, State.REPLY_WAIT)


def told(one: Row, found: Kept, expected: Expected) -> object:
    """What a row kept, as far as something is expected of it."""
    if not found.over:
        return None
    if expected.same:
        return found.rax == one.rax
    if expected.result is None:
        return found
    result = found.status, found.kind, found.rax & (Abi.RECEIVED | Abi.DROPPED)
    if not expected.words:
        return result
    return (*result, found.rdi if found.kind is Kind.SIGNAL else found.words[0])


def wanted(expected: Expected) -> object:
    if expected.same or expected.result is None:
        return expected.same or None
    status, kind, word, flags = expected.result
    return (status, kind, flags, word) if expected.words else (status, kind, flags)


def compare(written: Lockstep, walked: Walked) -> None:
    """What every row was told; where that is no message, no register has what is another's."""
    for (segment, number), expected in written.expected.items():
        one = written.program.segments[segment][number]
        found = walked.segments[segment][number]
        assert told(one, found, expected) == wanted(expected), (segment, number, one, found)
        if expected.same or not found.over:
            continue
        if found.status or not expected.words:
            own = [*one.words, *[0] * (6 - len(one.words)), *[row_of(segment, number)] * 4]
            assert all(word in (0, mine) for word, mine in zip(found.words, own, strict=True))


def threads(memory: Memory, count: int) -> dict[int, int]:
    """Number of each thread of the crew that is alive, by its T."""
    slots = memory.slots(memory.task("maker"))
    found = {}
    for who in range(count):
        slot = slots[crew.slot_of(who, crew.THREAD) // Slot.size]
        header = memory.header(slot.object)
        if slot.type and slot.key >> 8 == header.generation:
            found[header.target] = who
    return found


def compare_states(written: Lockstep, memory: Memory) -> None:
    """What the model says of every thread at the end, with the kernel's own record of it."""
    numbers = threads(memory, written.count)
    symbols = memory.image.symbols
    origin = memory.thread(next(iter(numbers)))  # a thread, for its class alone
    for name, number in (("nobody", NOBODY), ("gone", GONE)):
        numbers[symbols[name] + type(origin).origin] = number
    alive = [who for who, one in enumerate(written.kernel.threads) if not one.free]
    assert sorted(who for who in numbers.values() if who >= 0) == alive
    for t, who in numbers.items():
        if who < 0:
            continue
        one, model = memory.thread(t), written.kernel.threads[who]
        state = State.RECEIVING if one.receive_key else one.state
        state = State.REPLY_WAIT if one.reply_key else state
        ready = (State.READY, State.SLEEPING)  # between its rows it sleeps
        assert state is model.state or {state, model.state} == {*ready}, (who, one, model)
        assert (one.base_rank, one.rank) == (model.base, model.rank), (who, one, model)
        assert (one.queue_rank, one.pending) == (model.queue_rank, model.pending)
        assert numbers[one.caller] == model.caller
        assert one.flags.fault is model.fault
        assert one.flags.timed is model.timed
        assert chain(memory, numbers, one.queue_head) == model.queue
        assert chain(memory, numbers, one.saved_clients) == model.saved
        if state in CHAINED:
            assert numbers[one.partner] == model.partner
    slots = memory.slots(memory.task("maker"))
    for who in range(written.count):
        into = crew.slot_of(who, crew.RECEIVED)
        assert bool(slots[into // Slot.size].type) is (into in written.kernel.full)


def chain(memory: Memory, numbers: dict[int, int], first: int) -> tuple[int, ...]:
    found: list[int] = []
    while first:
        found.append(numbers[first])
        first = memory.thread(first).next
    return tuple(found)


def check_in_step(seed: int, *, debug: bool, rounds: int = 4) -> None:
    written = lockstep.written(seed, count=5, rounds=rounds, moments=100)
    walked = walk(written.program, debug=debug)
    compare(written, walked)
    compare_states(written, walked.memory)
    audit(walked.memory)


def check_free(seed: int, *, debug: bool, rounds: int = 8) -> None:
    """No invariant breaks, nothing hangs, and what a round took comes back."""
    program = freewalk.written(seed, rounds)
    walked = walk(program, debug=debug)
    looks = [
        found
        for one, found in zip(program.maker, walked.maker, strict=True)
        if one.rax >> 8 == Call.INSPECT
    ]
    first, *later = (budget(one) for one in looks[1:])  # page tables stay from the first round on
    assert later == [first] * (rounds - 1)
    assert walked.pulses > rounds * PULSES, "the lowest thread wakes between two rounds"
    audit(walked.memory)


def budget(found: Kept) -> tuple[int, int]:
    """Frames and objects that INSPECT says a Space uses."""
    inspected = InspectedSpace.parse(b"".join(word.to_bytes(8, "little") for word in found.words))
    return inspected.frames_used, inspected.objects_used


PULSES = freewalk.GAP // 40_000
"""Of the witness, that sleeps for half as long."""
BUILDS = pytest.mark.parametrize("debug", [False, True], ids=["plain", "debug"])
SEEDS = st.integers(0, 2**32 - 1)
CAMPAIGN = settings(max_examples=1500, suppress_health_check=[HealthCheck.too_slow])


@BUILDS
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_walk_in_step_does_what_the_model_says(seed: int, debug: bool) -> None:
    check_in_step(seed, debug=debug)


@BUILDS
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_a_free_walk_all_is_as_it_was(seed: int, debug: bool) -> None:
    check_free(seed, debug=debug)


@pytest.mark.campaign
@CAMPAIGN
@given(SEEDS, st.booleans())
def test_more_walks_in_step(seed: int, debug: bool) -> None:
    check_in_step(seed, debug=debug)


@pytest.mark.campaign
@CAMPAIGN
@given(SEEDS, st.booleans())
def test_more_free_walks(seed: int, debug: bool) -> None:
    check_free(seed, debug=debug)


def test_walks_reach_every_status_of_theirs() -> None:
    """They are worth little unless most calls succeed and every error comes about."""
    found: Counter[Status] = Counter()
    for seed in range(40):
        written = lockstep.written(seed, count=5, rounds=4, moments=100)
        found.update(one.result.status for one in written.expected.values() if one.result)
    assert {*found} == {
        *(Status.OK, Status.DEAD, Status.WOULD_BLOCK, Status.TIMED_OUT, Status.ABORTED),
        *(Status.ABANDONED, Status.CYCLE, Status.NO_CALLER, Status.GONE, Status.OWES_REPLY),
        *(Status.BAD_STATE, Status.EMPTY, Status.BAD_HANDLE),
    }
    assert found[Status.OK] * 3 > found.total()
