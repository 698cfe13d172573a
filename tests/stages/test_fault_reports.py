"""What a task may raise harms only itself, and its supervisor is told exactly what it was."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import pytest

from kobjects.cpu.debug import Dr6
from kobjects.cpu.exceptions import Vector
from kobjects.kernel.abi import FaultKind
from packer.build import build
from packer.image import Image
from packer.machine.outcome import Outcome
from tests.stages import exceptions, harness
from tests.stages.exceptions import CASES, CLEAN, DIRTY, INTERRUPTS, STEPPED_CALLS, TRAP
from tests.stages.faults import Case

pytestmark = pytest.mark.boot

WARD = 1
MARKER = "the ward has ended"


class Fault(NamedTuple):
    """A line of the judge: the badge, then the ten words."""

    badge: int
    vector: int
    error: int
    rip: int
    address: int
    rsp: int
    flags: int
    rax: int
    rdi: int
    time: int
    thread: int


class Trial(NamedTuple):
    """A finished boot of the image. Faults of others than the ward are among the faults."""

    image: Image
    outcome: Outcome
    faults: Sequence[Fault]
    calls: Sequence[Sequence[int]]

    def at(self, where: int | str) -> int:
        """An address, or that of a label of the ward."""
        return harness.labels(self.image, "ward")[where] if isinstance(where, str) else where


@pytest.fixture(scope="module", params=["fast", "slow"])
def trial(request: pytest.FixtureRequest) -> Trial:
    """A boot with a judge whom faults reach at once, and one whom a port keeps off that path.

    There every answer puts the ward behind all others, so there are fewer others.
    """
    system = harness.with_program(
        harness.system("exceptions.toml"), "ward", "cases.asm", exceptions.program()
    )
    if request.param == "slow":
        tasks = [
            dataclasses.replace(task, ports=[range(0xE0, 0xE1)]) if task.name == "judge" else task
            for task in system.tasks
            if task.name not in ("caller", "echo")
        ]
        system = dataclasses.replace(system, tasks=tasks)
    image = build(system)
    outcome = harness.passed(harness.boot(image, marker=MARKER))
    faults = [Fault(*words) for words in harness.words(outcome, "fault")]
    return Trial(image, outcome, faults, list(harness.words(outcome, "call")))


def answers(trial: Trial, number: int, case: Case) -> list[tuple[int, int, int, int]]:
    """Vector, error, RIP and CR2 that are right for a case."""
    label = f"case_{number}."
    rip = case.rip if isinstance(case.rip, int) else label + (case.rip or "fault")
    right = [(int(case.vector), case.error, trial.at(rip), trial.at(case.address))]
    if case.instead:
        vector, error, address = case.instead
        right.append((int(vector), error, trial.at(label + "fault"), address))
    return right


def test_every_case_is_reported_once_and_in_order(trial: Trial) -> None:
    """A case that raised nothing, or twice, would shift all that follow."""
    assert [fault.rax for fault in trial.faults[: len(CASES)]] == [*range(len(CASES))]


def test_the_time_told_is_the_threads_own_and_rises(trial: Trial) -> None:
    """In ns; 0 until the clock is measured, 5 ms after boot."""
    times = [fault.time for fault in trial.faults[: len(CASES)]]
    assert times == sorted(times)


@pytest.mark.parametrize("number", range(len(CASES)), ids=map(str, CASES))
def test_it_is_reported_exactly(trial: Trial, number: int) -> None:
    case, fault = CASES[number], trial.faults[number]
    told = (fault.vector, fault.error, fault.rip, fault.address)
    assert told in answers(trial, number, case)
    assert (fault.badge, fault.rax, fault.rdi) == (WARD, number, trial.at(f"case_{number + 1}"))
    assert case.rsp in (None, fault.rsp)
    assert case.flags in (None, fault.flags & ~exceptions.ARITHMETIC_FLAGS)


def test_nothing_else_faulted(trial: Trial) -> None:
    """Neither a witness, which would exit at one wrong value, nor the ward more than it should."""
    assert {fault.badge for fault in trial.faults} == {WARD}
    assert len(trial.faults) == len(CASES) + 3 * len(STEPPED_CALLS)
    assert len({fault.thread for fault in trial.faults}) == 1


def test_error_codes_of_int_are_all_by_the_manual_or_all_by_the_emulator(trial: Trial) -> None:
    start = len(CASES) - len(INTERRUPTS)
    faults = trial.faults[start : len(CASES)]
    others = [
        (vector, fault.error)
        for vector, fault in enumerate(faults)
        if fault.vector == Vector.GP and vector
    ]
    assert len(others) == 253
    assert {(error - 2) // vector for vector, error in others} in ({8}, {16})


def test_a_single_step_ends_at_a_system_call(trial: Trial) -> None:
    """The trap flag raises nothing in the kernel and is gone when the call comes back."""
    steps = iter(trial.faults[len(CASES) :])
    for number in range(len(STEPPED_CALLS)):
        for label in ("first", "second"):
            fault = next(steps)
            assert (fault.vector, fault.error) == (Vector.DB, 0)
            assert Dr6.from_int(fault.address) == Dr6(single_step=True), "and no step before it"
            assert fault.rip == trial.at(f"step_{number}.{label}")
            assert fault.flags & ~exceptions.ARITHMETIC_FLAGS == TRAP | DIRTY
        fault = next(steps)
        assert (fault.vector, fault.rip) == (Vector.UD, trial.at(f"step_{number}.fault"))
        assert (fault.rsp, fault.flags) == (CLEAN, CLEAN)


def test_messages_sent_with_the_direction_flag_set_arrive(trial: Trial) -> None:
    begin, short, long, end = trial.calls
    assert begin[:2] == [0, WARD]
    assert short[:2] == [10, WARD]
    assert [long[0], long[1], long[-1]] == [120, WARD, 7]
    assert end[1:3] == [WARD, FaultKind.EXIT << 8]


def test_the_witnesses_go_on(trial: Trial) -> None:
    """One counts, two call each other: all three while the ward faulted, with nothing changed."""
    trips, counts = zip(*(call[-3:-1] for call in trial.calls), strict=True)
    assert 0 < counts[0] < counts[-1]
    if any(task.name == "caller" for task in trial.image.system.tasks):
        assert trips[0] < trips[-1]


def test_the_kernel_says_who_faulted_when_nobody_else_is_to_be_told(trial: Trial) -> None:
    rip = harness.labels(trial.image, "orphan")["orphan.fault"]
    line = f"thread orphan faulted: vector 13 error {0:016x} at {rip:016x} touching {0:016x}"
    assert harness.lines(trial.outcome).count(line) == 1
