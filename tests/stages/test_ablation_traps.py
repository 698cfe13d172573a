"""Traps that no working kernel meets: they end in the panic screen, whoever ran."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from kobjects.cpu.debug import BreakLength, BreakOn, Dr6, Dr7
from kobjects.cpu.exceptions import Vector
from packer.machine.outcome import Outcome, exit_status
from packer.machine.qmp import Monitor
from stages.model import Assembly
from stages.selectors import Selector
from stages.vectors import DebugExit, Irq
from tests.kobjects.dump import Dump
from tests.stages import harness, kernels
from tests.stages.company import START, last, task

pytestmark = pytest.mark.boot


def panicked(outcome: Outcome) -> dict[str, int]:
    """The registers of the panic screen, by name."""
    assert outcome.exit_code == exit_status(DebugExit.PANIC), outcome.serial
    words = re.findall(r"\b([A-Z][A-Z0-9]+) +([0-9a-f]{16})", outcome.serial)
    return {name: int(value, 16) for name, value in words}


def test_a_double_fault_that_a_task_was_running_under_is_a_panic() -> None:
    """The task's exception finds no stack: the frame of #DF says ring 3, and is still no fault of
    the task's.
    """
    of = harness.system(START + task("orphan", "orphan.asm", 230) + last())
    resume = "    mov     [rip + cpu + Cpu.tss.rsp0], rbx\n    mov     rax, [rbx + Thread.cr3]\n"
    nowhere = resume.replace("rsp0], rbx", "rsp0], rcx").replace(
        "    mov     [rip", "    mov     ecx, 0x1000\n    mov     [rip"
    )
    found = panicked(harness.boot(kernels.patched(of, "schedule.asm", resume, nowhere)))
    assert found["VEC"] == Vector.DF
    assert found["CS"] & 3 == 3


def test_a_machine_check_while_a_task_runs_is_a_panic() -> None:
    """It is the machine that is broken, and no fault of the task's."""
    text = START + task("spinner", "spinner.asm", 100)
    uncorrected = 0xB200_0000_0000_0000  # valid and enabled, too: SDM 3, "IA32_MCi_STATUS MSRs"

    def ask(monitor: Monitor) -> None:
        assert Dump(b"", monitor.registers(), []).register("CPL") == 3
        monitor.human(f"mce -b 0 1 {uncorrected:#x} 4 0 0")
        monitor.ask("cont")
        deadline = time.monotonic() + 5
        while monitor.verdict() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        monitor.pause()

    outcome = harness.boot(harness.system(text), icount=False, timeout=0.4, ask=ask)
    assert f"VEC  {int(Vector.MC):016x}" in outcome.serial
    assert f"CS   {int(Selector.USER_CODE):016x}" in outcome.serial


WATCHED = """
    lea     rax, [rip + frames]
    mov     dr0, rax
    mov     eax, {control:#x}
    mov     dr7, rax
    mov     rax, [rip + frames]
    nop
    jmp     enter_tasks
"""


def test_the_condition_of_a_breakpoint_is_not_taken_for_the_next_ones() -> None:
    """The processor sets bits of DR6 and never clears one."""
    control = Dr7(local_0=True, on_0=BreakOn.READ_WRITE, length_0=BreakLength.EIGHT)
    of = harness.system(START + last())
    of = kernels.patched(of, "entry.asm", kernels.LEAVE, WATCHED.format(control=control))
    seen: list[int] = []

    def ask(monitor: Monitor) -> None:
        seen.append(Dump(b"", monitor.registers(), []).register("DR6"))

    harness.passed(harness.boot(of, ask=ask))
    assert seen == [Dr6()]


INTERRUPTED = f"""
interrupted:
    mov     rax, [rip + thread_table]
    mov     [rip + cpu + Cpu.tss.rsp0], rax     ; a thread runs, as far as anybody can tell
    mov     rcx, LAPIC
    mov     dword ptr [rcx + LocalApic.LVT_TIMER], {int(Irq.TIMER)}
    mov     dword ptr [rcx + LocalApic.TIMER_INITIAL], 1000
    sti
.wait:
    jmp     .wait
"""


def test_a_device_interrupt_of_the_kernel_is_a_panic_unless_it_idles() -> None:
    source = Assembly(Path("own.asm"), generate=lambda: INTERRUPTED)
    of = kernels.instead_of_tasks(harness.system(START + last()), "interrupted", source)
    found = panicked(harness.boot(of))
    assert found["VEC"] == Irq.TIMER
    assert found["CS"] & 3 == 0
