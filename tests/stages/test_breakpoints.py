"""A breakpoint that the kernel itself runs into is switched off, and the kernel goes on.

A task could watch its stack and let MOV SS hold the trap off until SYSCALL: it comes in ring 0
then, with the task's stack pointer. QEMU does not hold it off; tests/bochs tries that.
"""

from __future__ import annotations

import pytest

from kobjects.cpu.debug import BreakLength, BreakOn, Dr7
from packer.machine.qmp import Monitor
from tests.kobjects.dump import Dump
from tests.stages import harness, kernels
from tests.stages.company import START, last

pytestmark = pytest.mark.boot

WATCH = """
    lea     rax, [rip + frames]
    mov     dr0, rax
    mov     eax, {control:#x}
    mov     dr7, rax
    mov     rax, [rip + frames]
    mov     rax, [rip + frames]
    jmp     enter_tasks
"""
"""The first access is the one that traps."""


def test_a_watchpoint_hit_in_the_kernel_is_switched_off() -> None:
    control = Dr7(local_0=True, on_0=BreakOn.READ_WRITE, length_0=BreakLength.EIGHT)
    of = harness.system(START + last())
    of = kernels.patched(of, "entry.asm", kernels.LEAVE, WATCH.format(control=control))
    seen: list[int] = []

    def ask(monitor: Monitor) -> None:
        dump = Dump(b"", monitor.registers(), [])
        seen.extend(dump.register(name) for name in ("DR0", "DR7"))

    harness.passed(harness.boot(of, ask=ask))
    assert seen[0] != 0, "it was set"
    assert seen[1] == Dr7()
