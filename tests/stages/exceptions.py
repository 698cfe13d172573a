"""Every way in which ring 3 can raise an exception, and what the kernel must report of each.

A case is text for the ward: what prepares it, then one instruction that faults, at the label
`case_N.fault`. It starts with an empty stack and clean flags. Where nothing is raised, a UD2 behind
it is, whose address no expectation has.

Where an emulator or AMD's processors differ from Intel's manual a case has both answers, each
exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kobjects.cpu.exceptions import PageFaultError, Vector
from kobjects.kernel.addresses import Kernel, Page, User
from stages.selectors import Selector

KERNEL_TEXT = Kernel.WINDOW + Kernel.PHYSICAL
NON_CANONICAL = 1 << 47
STACK = User.STACK_TOP - Page.SIZE
"""The lowest byte of a task's stack of one page."""
CLEAN = 0x202
"""Flags as a system call leaves them: interrupts on, and the bit that is always set."""
DIRTY = 1 << 18 | 1 << 14 | 1 << 10 | CLEAN
"""AC, NT and DF."""
ARITHMETIC_FLAGS = 0x8D5
NESTED = 1 << 14 | CLEAN
TRAP = 1 << 8 | CLEAN


@dataclass(frozen=True)
class Case:
    """One exception.

    code     the instruction that raises it
    before   what prepares it; may use any register, but rax and rdi are set behind it
    rip      where it is reported: a label of the ward, or an address; "" is the instruction
    address  what CR2 must hold, likewise; 0 for all but #PF
    rsp      the stack pointer reported; None: any
    flags    the flags reported, apart from those that arithmetic changes; None: any
    instead  (vector, error, address) that others give at the instruction itself
    """

    code: str
    vector: Vector
    error: int = 0
    before: str = ""
    rip: int | str = ""
    address: int | str = 0
    rsp: int | None = None
    flags: int | None = None
    instead: tuple[Vector, int, int] | None = None


def protection(*instructions: str, before: str = "", error: int = 0) -> list[Case]:
    """Instructions that are #GP."""
    return [Case(code, Vector.GP, error, before) for code in instructions]


def page_fault(
    code: str, error: PageFaultError, address: int | str, before: str = "", rip: int | str = ""
) -> Case:
    return Case(code, Vector.PF, int(error), before, rip, address)


def load(address: int) -> str:
    return f"mov rcx, {address:#x}"


READ = PageFaultError(user=True)
WRITE = PageFaultError(user=True, write=True)
FETCH = PageFaultError(user=True, instruction_fetch=True)
GUARDED_READ = PageFaultError(user=True, present=True)
GUARDED_WRITE = PageFaultError(user=True, present=True, write=True)
GUARDED_FETCH = PageFaultError(user=True, present=True, instruction_fetch=True)

ARITHMETIC = [
    Case("div rcx", Vector.DE, before="xor ecx, ecx"),
    Case("idiv ecx", Vector.DE, before="mov ecx, -1\nmov edx, 1 << 31"),
]
TRAPS = [
    Case(".byte 0xcc", Vector.BP, rip="after"),
    # INT1: not an instruction of QEMU 7.2.
    Case(".byte 0xf1", Vector.DB, rip="after", instead=(Vector.UD, 0, 0)),
]
UNDEFINED = [
    Case(code, Vector.UD)
    for code in (
        *("ud2", "clac", "stac", "monitor", "mwait", ".byte 0x0f, 0x01, 0xd8", "vmcall"),
        *(".byte 0xf0, 0x90", ".byte 0x06", ".byte 0xce"),  # LOCK NOP; PUSH ES, INTO of 32-bit code
        *("movaps xmm0, xmm1", "vzeroupper", "pxor xmm0, xmm0"),
    )
]
NO_COPROCESSOR = [Case(code, Vector.NM) for code in ("fninit", "fnop", "wait", "pxor mm0, mm0")]
PRIVILEGED = protection(
    *("cli", "sti", "hlt", "lgdt [rsp]", "lidt [rsp]", "lldt ax", "ltr ax", "lmsw ax", "clts"),
    *("mov cr0, rcx", "mov cr3, rcx", "mov cr4, rcx", "mov rcx, cr0", "mov rcx, cr3"),
    *("mov dr7, rcx", "mov dr0, rcx", "mov rcx, dr7", "mov cr8, rcx", "mov rcx, cr2"),
    *("rdmsr", "wrmsr", "rdpmc", "invlpg [rsp]", "invd", "wbinvd", "swapgs", "sysretq"),
    "xsetbv",
)
SYSENTER = [
    # SYSENTER and SYSEXIT: AMD's processors have neither in long mode.
    Case(code, Vector.GP, instead=(Vector.UD, 0, 0))
    for code in ("sysenter", ".byte 0x0f, 0x35")
]
PORTS = protection(
    *("in al, dx", "out dx, al", "in eax, dx", "out dx, ax", "insb", "outsb"),
    *("in al, 0x20", "out 0x80, al"),
    before="mov edx, 0x3f8",
)
UMIP = protection("sgdt [rsp - 16]", "sidt [rsp - 16]", "sldt cx", "str cx", "smsw cx")
SELECTORS = [
    *protection("mov ss, ecx", before="xor ecx, ecx"),
    *protection("mov ds, ecx", before=f"mov ecx, {Selector.TSS:#x}", error=Selector.TSS),
    # QEMU 7.2 reads the frame as the kernel would, which SMAP refuses: no way around it.
    Case(
        "retfq",
        Vector.GP,
        Selector.KERNEL_CODE,
        f"push {Selector.KERNEL_CODE}\npush 0",
        instead=(Vector.PF, 1, User.STACK_TOP - 2 * 8),
    ),
    Case(
        "iretq",
        Vector.GP,
        Selector.KERNEL_CODE,
        f"push {Selector.KERNEL_DATA}\npush 0\npush 2\npush {Selector.KERNEL_CODE}\npush 0",
        instead=(Vector.PF, 1, User.STACK_TOP - 5 * 8),
    ),
    *protection("iretq", before=f"push {NESTED:#x}\npopfq"),
]
ADDRESSES = [
    page_fault("mov cl, [rcx]", GUARDED_READ, KERNEL_TEXT, load(KERNEL_TEXT)),
    page_fault("mov [rcx], al", GUARDED_WRITE, KERNEL_TEXT, load(KERNEL_TEXT)),
    page_fault("jmp rcx", GUARDED_FETCH, KERNEL_TEXT, load(KERNEL_TEXT), KERNEL_TEXT),
    page_fault("mov cl, [rcx + 8]", GUARDED_READ, Kernel.DIRECT + 8, load(Kernel.DIRECT)),
    page_fault("mov [rcx + 8], al", GUARDED_WRITE, Kernel.DIRECT + 8, load(Kernel.DIRECT)),
    page_fault("mov cl, [rcx]", READ, Kernel.WINDOW, load(Kernel.WINDOW)),
    page_fault("mov cl, [rcx]", READ, 0, load(0)),
    page_fault("mov [rcx + 0x18], al", WRITE, 0x18, load(0)),
    page_fault("jmp rcx", FETCH, 0, load(0), 0),
    page_fault("push rax", WRITE, STACK - 8, f"mov rsp, {STACK:#x}"),
    page_fault("mov [rip + ward], al", GUARDED_WRITE, "ward"),
    page_fault("jmp rcx", GUARDED_FETCH, STACK + 64, load(STACK + 64), STACK + 64),
    page_fault("mov [rcx], al", GUARDED_WRITE, User.DEVICES, load(User.DEVICES)),
    page_fault("jmp rcx", GUARDED_FETCH, User.BUFFER, load(User.BUFFER), User.BUFFER),
    page_fault("mov cl, [rcx]", READ, User.LIMIT, load(User.LIMIT)),
    page_fault("mov rcx, [rcx]", READ, User.LIMIT + 0xFF8, load(User.LIMIT + 0xFF8)),
    page_fault("jmp rcx", FETCH, User.LIMIT, load(User.LIMIT), User.LIMIT),
    *protection("mov cl, [rcx]", "mov [rcx], al", before=load(NON_CANONICAL)),
    *protection("mov cl, [rcx]", "mov [rcx], al", before=load(Kernel.DIRECT - 1)),
    *protection("mov cl, [rcx]", before=load(1 << 63)),
    # QEMU has no #SS for addresses.
    Case(
        "push rax",
        Vector.SS,
        before=f"mov rsp, {NON_CANONICAL + 8:#x}",
        instead=(Vector.GP, 0, 0),
    ),
]
FLAGS = [
    # A fault is reported with the task's flags and gives them back; they stay the task's own.
    Case("ud2", Vector.UD, before=f"push {DIRTY:#x}\npopfq", flags=DIRTY),
    Case("ud2", Vector.UD, before="push 0x3202\npopfq\npushfq\npop rsp", rsp=CLEAN, flags=CLEAN),
    Case("ud2", Vector.UD, before="push 2\npopfq\npushfq\npop rsp", rsp=CLEAN, flags=CLEAN),
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
    ),
]


def call_with_flags(call: str) -> Case:
    """DF, AC and NT are set at a system call, and gone behind it."""
    before = f"{call}\npush {DIRTY:#x}\npopfq\nsyscall\npushfq\npop rsp"
    return Case("ud2", Vector.UD, before=before, rsp=CLEAN, flags=CLEAN)


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
CALLS_WITH_FLAGS = [call_with_flags(call) for call in CALLS.values()]


def interrupt(vector: int) -> Case:
    """INT n: only two of the 256 gates are the task's."""
    code = f".byte 0xcd, {vector}"
    if vector in (Vector.BP, Vector.OF):
        return Case(code, Vector(vector), rip="after")
    # QEMU 7.2 counts bytes of the IDT in 64-bit mode, and so has the vector one bit higher.
    return Case(code, Vector.GP, vector * 8 + 2, instead=(Vector.GP, vector * 16 + 2, 0))


INTERRUPTS = [interrupt(vector) for vector in range(256)]

CASES: Sequence[Case] = [
    *(*ARITHMETIC, *TRAPS, *UNDEFINED, *NO_COPROCESSOR, *PRIVILEGED, *SYSENTER),
    *(*PORTS, *UMIP, *SELECTORS, *ADDRESSES, *FLAGS, *CALLS_WITH_FLAGS, *INTERRUPTS),
]


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
