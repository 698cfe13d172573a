"""A breakpoint that MOV SS holds off until SYSCALL comes in the kernel, on the task's stack."""

from __future__ import annotations

import pytest

from kobjects.cpu.debug import BreakLength, BreakOn, Dr6, Dr7
from kobjects.cpu.exceptions import Vector
from kobjects.kernel.abi import Abi, Call, ThreadPart
from kobjects.kernel.addresses import User
from packer.build import build
from stages.selectors import Selector
from tests.bochs import machine
from tests.stages import harness
from tests.stages.company import START, endpoint, last, task
from tests.stages.steps import PROGRAM, scripted

pytestmark = pytest.mark.boot

DATA = int(User.BUFFER) + 0xC00
WATCH = Dr7(local_0=True, on_0=BreakOn.READ_WRITE, length_0=BreakLength.TWO)
TRICK = f"""
    mov     ecx, {DATA:#x}
    mov     qword ptr [rcx], {int(Selector.USER_DATA)}
    xor     edi, edi                    ; the caller
    mov     esi, {int(ThreadPart.DEBUG)}
    mov     edx, ecx
    xor     r8d, r8d
    xor     r9d, r9d
    xor     r10d, r10d
    mov     ebx, {WATCH:#x}
    mov     eax, {Call.WRITE_THREAD << Abi.NUMBER_SHIFT | 6}
    syscall
    mov     ecx, {DATA:#x}
    mov     eax, {Call.NULL << Abi.NUMBER_SHIFT}
    mov     ss, [rcx]                   ; holds the trap off
    syscall
    cmp     eax, Abi.VERSION
    jne     wrong
    mov     eax, {Call.CLOCK << Abi.NUMBER_SHIFT}
    syscall                             ; whoever comes back from the kernel has its breakpoints
    xor     eax, eax                    ; FaultReply.RETRY
    mov     ecx, {DATA:#x}
    mov     rdx, [rcx]
told:
    mov     edi, 7
    mov     eax, {Call.EXIT << Abi.NUMBER_SHIFT}
    syscall
wrong:
    ud2
"""


def test_the_kernel_goes_on_and_so_do_the_task_s_breakpoints() -> None:
    text = START + task(
        "doctor", "doctor.asm kpack:user/lib.asm", 200, console=endpoint("console"),
        page='{ frame = "page", rights = [] }', patient='{ space = "trickster", rights = [] }',
    )  # fmt: skip
    given = {"console": endpoint("console"), "doctor": endpoint("doctor", 1)}
    text += task("trickster", PROGRAM, 50, 'supervisor = "doctor"', **given)
    image = build(scripted(harness.system(text + last()), trickster=(TRICK,)))
    reports = list(harness.words(machine.boot(image), "told"))
    places = harness.labels(image, "trickster")
    first, second = ((vector, rip, address) for _, _, vector, _, rip, address, *_ in reports)
    assert first == (Vector.DB, places["told"], Dr6(b0=True))
    assert second[0] == 1 << 8, "its exit"
