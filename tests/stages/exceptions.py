"""The ward's program: every fault of `faults.py`, flags, single steps and INT n, one after another.

A case starts with an empty stack and clean flags and faults at the label `case_N.fault`. Where
nothing is raised, a UD2 behind it is, whose address no expectation has.
"""

from __future__ import annotations

from collections.abc import Sequence

from kobjects.cpu.exceptions import Vector
from kobjects.kernel.addresses import User
from tests.stages.faults import FAULTS, Case

CLEAN = 0x202
"""Flags as a system call leaves them: interrupts on, and the bit that is always set."""
DIRTY = 1 << 18 | 1 << 14 | 1 << 10 | CLEAN
"""AC, NT and DF."""
ARITHMETIC_FLAGS = 0x8D5
TRAP = 1 << 8 | CLEAN

FLAGS = [
    # A fault is reported with the task's flags and gives them back; they stay the task's own.
    Case("ud2", Vector.UD, before=f"push {DIRTY:#x}\npopfq", flags=DIRTY, name="flags"),
    Case("ud2", Vector.UD, before="push 0x3202\npopfq\npushfq\npop rsp", rsp=CLEAN, flags=CLEAN,
         name="popf of IOPL 3 is ignored"),
    Case("ud2", Vector.UD, before="push 2\npopfq\npushfq\npop rsp", rsp=CLEAN, flags=CLEAN,
         name="popf of IF 0 is ignored"),
    Case(
        "ud2",
        Vector.UD,
        before=f"""push {DIRTY:#x}
    popfq
    call    wait_for_witness
    pushfq
    and     word ptr [rsp], {0xFFFF & ~ARITHMETIC_FLAGS:#x}
    pop     rsp""",
        rsp=DIRTY,
        flags=DIRTY,
        name="flags outlive an interrupt",
    ),
]  # fmt: skip


def call_with_flags(name: str, call: str) -> Case:
    """DF, AC and NT are set at a system call, and gone behind it."""
    before = f"{call}\npush {DIRTY:#x}\npopfq\nsyscall\npushfq\npop rsp"
    name = f"{name} with flags"
    return Case("ud2", Vector.UD, before=before, rsp=CLEAN, flags=CLEAN, name=name)


CALLS = {
    "null": "mov eax, Call.NULL << 8",
    "null with words": "mov eax, Call.NULL << 8 | 1",
    "yield": "mov eax, Call.YIELD << 8",
    "unknown": "mov eax, 0xff << 8",
    "no handle": "xor eax, eax\nxor edi, edi",
    "call": "mov eax, 10\nmov edi, cap.judge",
    "long call": f"mov eax, 120\nmov edi, cap.judge\nmov qword ptr [{User.BUFFER:#x} + 119 * 8], 7",
    "no caller": "mov eax, Call.REPLY_RECV << 8",
    "unmap nothing": "mov eax, Call.UNMAP << 8\nxor edi, edi",
}
CALLS_WITH_FLAGS = [call_with_flags(name, call) for name, call in CALLS.items()]


def interrupt(vector: int) -> Case:
    """INT n: only two of the 256 gates are the task's."""
    code, name = f".byte 0xcd, {vector}", f"int {vector}"
    if vector in (Vector.BP, Vector.OF):
        return Case(code, Vector(vector), rip="after", name=name)
    # QEMU 7.2 counts bytes of the IDT in 64-bit mode, and so has the vector one bit higher.
    emulated = (Vector.GP, vector * 16 + 2, 0)
    return Case(code, Vector.GP, vector * 8 + 2, instead=emulated, name=name)


INTERRUPTS = [interrupt(vector) for vector in range(256)]

CASES: Sequence[Case] = [*FAULTS, *FLAGS, *CALLS_WITH_FLAGS, *INTERRUPTS]


STEPPED_CALLS = ("null", "yield", "unknown", "no handle", "no caller")


def program() -> str:
    """All cases, then the single steps, then the end."""
    cases = [text_of(number, case) for number, case in enumerate(CASES)]
    steps = [step_text(number, CALLS[call]) for number, call in enumerate(STEPPED_CALLS)]
    return "\n".join([*cases, f"case_{len(CASES)}:", *steps, END])


def text_of(number: int, case: Case) -> str:
    """A case whose fault lets the ward go on at the next one."""
    return f"""
case_{number}:
    mov     esp, User.STACK_TOP
    push    2
    popfq
    {case.before}
    mov     eax, {number}
    lea     rdi, [rip + case_{number + 1}]
.fault:
    {case.code}
.after:
    mov     eax, {number}
    ud2
"""


def step_text(number: int, call: str) -> str:
    """Single steps with DF set up to a system call, then a UD2 that reports the flags in rsp.

    Each step is a trap that the judge answers with RETRY, as rdi is 0.
    """
    return f"""
step_{number}:
    mov     esp, User.STACK_TOP
    {call}
    xor     edi, edi
    push    {TRAP | DIRTY:#x}
    popfq
    nop
.first:
    nop
.second:
    syscall
    pushfq
    pop     rsp
    lea     rdi, [rip + .next]
.fault:
    ud2
.next:
"""


END = """
    mov     eax, Call.EXIT << Abi.NUMBER_SHIFT
    xor     edi, edi
    syscall
"""
