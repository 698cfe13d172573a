"""Every fault that a task raises is reported by the manuals, where QEMU has answers of its own."""

from __future__ import annotations

import pytest

from kobjects.cpu.control import Rflags
from packer.build import build
from tests.bochs import machine
from tests.stages import exceptions, harness
from tests.stages.exceptions import CASES, STEPPED_CALLS
from tests.stages.test_fault_reports import MARKER, WARD, Fault, Trial, answers

pytestmark = pytest.mark.boot

OTHERWISE = frozenset({"jump to a non-canonical address"})
"""Cases in which Bochs too has the second answer: AMD's, at the instruction that jumps."""
NOT_ASKED = exceptions.ARITHMETIC_FLAGS | int(Rflags(resume=True, one_1=0))
"""Flags that a case does not tell. RF is set in what a fault reports (SDM 3, "Masking
Instruction-Breakpoint Exceptions"); QEMU leaves it clear.
"""


@pytest.fixture(scope="module")
def trial() -> Trial:
    text = exceptions.program()
    of = harness.with_program(harness.system("exceptions.toml"), "ward", "cases.asm", text)
    image = build(of)
    outcome = machine.boot(image, marker=MARKER)
    faults = [Fault(*words) for words in harness.words(outcome, "fault")]
    return Trial(image, outcome, faults, list(harness.words(outcome, "call")))


@pytest.mark.parametrize("number", range(len(CASES)), ids=map(str, CASES))
def test_it_is_reported_exactly(trial: Trial, number: int) -> None:
    case, fault = CASES[number], trial.faults[number]
    told = (fault.vector, fault.error, fault.rip, fault.address)
    assert told == answers(trial, number, case)[str(case) in OTHERWISE]
    assert (fault.badge, fault.rax, fault.rdi) == (WARD, number, trial.at(f"case_{number + 1}"))
    assert case.rsp in (None, fault.rsp)
    assert case.flags in (None, fault.flags & ~NOT_ASKED)


def test_nothing_else_faulted(trial: Trial) -> None:
    assert {fault.badge for fault in trial.faults} == {WARD}
    assert len(trial.faults) == len(CASES) + 3 * len(STEPPED_CALLS)
