"""What an instruction of a task can do wrong, and the exception that the processor raises for it.

A case is text for the ward: what prepares it, then one instruction that faults. Vectors and error
codes are the manuals' (SDM 3, "Exception and Interrupt Reference"), not the kernel's. Where an
emulator or AMD's processors differ from Intel's manual a case has both answers, each exact.

Not here, because QEMU 7.2 does not fault: LOCK XADD between registers, EMMS without a coprocessor.
"""

from __future__ import annotations

from dataclasses import dataclass

from kobjects.cpu.debug import Dr6
from kobjects.cpu.exceptions import PageFaultError, Vector
from kobjects.kernel.addresses import Kernel, Page, User
from stages.selectors import Selector
from stages.vectors import DebugExit

KERNEL_TEXT = Kernel.WINDOW + Kernel.PHYSICAL
NON_CANONICAL = 1 << 47
STACK = User.STACK_TOP - Page.SIZE
"""The lowest byte of a task's stack of one page."""
LAST = (1 << 64) - 1


@dataclass(frozen=True)
class Case:
    """One exception.

    code     the instruction that raises it
    before   what prepares it; may use any register, but rax and rdi are set behind it
    rip      where it is reported: a label of the ward, or an address; "" is the instruction
    address  what CR2 must hold, likewise, or DR6 for #DB; else 0
    rsp      the stack pointer reported; None: any
    flags    the flags reported, apart from those that arithmetic changes; None: any
    instead  (vector, error, address) that others give at the instruction itself
    name     for the test, where the instruction does not say it
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
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.code


def octets(text: str) -> str:
    """An instruction that the dialect does not have."""
    return ".byte " + ", ".join(f"0x{byte:02x}" for byte in bytes.fromhex(text))


def protection(*instructions: str, before: str = "", error: int = 0, name: str = "") -> list[Case]:
    """Instructions that are #GP."""
    return [Case(code, Vector.GP, error, before, name=name) for code in instructions]


def undefined(name: str, text: str) -> Case:
    """An instruction, by its bytes, that is none in 64-bit mode, in ring 3, or as we set it up."""
    return Case(octets(text), Vector.UD, name=name)


def page_fault(
    name: str, code: str, error: PageFaultError, address: int | str, before: str = "",
    rip: int | str = "",
) -> Case:  # fmt: skip
    return Case(code, Vector.PF, int(error), before, rip, address, name=name)


def load(address: int) -> str:
    return f"mov rcx, {address:#x}"


def access(name: str, code: str, error: PageFaultError, address: int) -> Case:
    """An access through rcx to the very address."""
    return page_fault(name, code, error, address, load(address))


def jump(name: str, error: PageFaultError, address: int) -> Case:
    """A jump to where nothing may be fetched: reported there."""
    return page_fault(name, "jmp rcx", error, address, load(address), address)


def selector(name: str, value: int, code: str = "mov ds, ecx") -> Case:
    """A selector that ring 3 may not load: the error code is the selector without its RPL."""
    return Case(code, Vector.GP, value & ~3, f"mov ecx, {value:#x}", name=name)


READ = PageFaultError(user=True)
WRITE = PageFaultError(user=True, write=True)
FETCH = PageFaultError(user=True, instruction_fetch=True)
GUARDED_READ = PageFaultError(user=True, present=True)
GUARDED_WRITE = PageFaultError(user=True, present=True, write=True)
GUARDED_FETCH = PageFaultError(user=True, present=True, instruction_fetch=True)

ARITHMETIC = [
    Case("div rcx", Vector.DE, before="xor ecx, ecx", name="divide by zero"),
    Case("div ecx", Vector.DE, before="mov ecx, 1\nmov edx, 1", name="quotient too large"),
    Case("idiv ecx", Vector.DE, before="mov ecx, -1\nmov edx, 1 << 31", name="signed quotient"),
]
TRAPS = [
    Case(".byte 0xcc", Vector.BP, rip="after", name="int3"),
    # Not an instruction of QEMU 7.2. No condition is in DR6.
    Case(
        ".byte 0xf1",
        Vector.DB,
        rip="after",
        address=int(Dr6()),
        instead=(Vector.UD, 0, 0),
        name="int1",
    ),
]
UNDEFINED = [
    *(Case(code, Vector.UD) for code in ("ud2", "clac", "stac", "monitor", "mwait", "vmcall")),
    undefined("ud0", "0fff00"),
    undefined("lock nop", "f090"),
    undefined("push es of 32-bit code", "06"),
    undefined("daa of 32-bit code", "27"),
    undefined("into of 32-bit code", "ce"),
    undefined("far jump of 32-bit code", "ea000000000800"),
    undefined("mov to cs", "8ec9"),
    undefined("rdfsbase without FSGSBASE", "f3480faec0"),
    undefined("wrgsbase without FSGSBASE", "f3480faed8"),
    undefined("rdpkru without PKE", "0f01ee"),
    undefined("vmrun", "0f01d8"),
    undefined("vmload", "0f01da"),
    undefined("stgi", "0f01dc"),
    undefined("clgi", "0f01dd"),
    undefined("skinit", "0f01de"),
    undefined("invlpga", "0f01df"),
    undefined("rsm", "0faa"),
]
NO_COPROCESSOR = [
    Case(code, Vector.NM)
    for code in (
        *("fninit", "fnop", "fld1", "wait", "pxor mm0, mm0", "movaps xmm0, xmm1"),
        *("pxor xmm0, xmm0", "ldmxcsr [rsp]", "stmxcsr [rsp]", "movd eax, xmm0", "vzeroupper"),
        *("vmovdqa ymm0, ymm1", "fxsave64 [rsp]", "fxrstor64 [rsp]"),
    )
]
"""For a thread that has no vector registers. QEMU 7.2 lets EMMS and XSAVE through."""
PRIVILEGED = protection(
    *("cli", "sti", "hlt", "lgdt [rsp]", "lidt [rsp]", "lldt ax", "ltr ax", "lmsw ax", "clts"),
    *("mov cr0, rcx", "mov cr3, rcx", "mov cr4, rcx", "mov rcx, cr0", "mov rcx, cr3"),
    *("mov dr7, rcx", "mov dr0, rcx", "mov rcx, dr7", "mov cr8, rcx", "mov rcx, cr2"),
    *("mov rcx, cr4", "rdmsr", "wrmsr", "rdpmc", "invlpg [rsp]", "invd", "wbinvd", "swapgs"),
    *("sysretq", "xsetbv"),
) + protection(octets("0f07"), name="sysret to 32-bit code")
SYSENTER = [
    # AMD's processors have neither in long mode.
    Case("sysenter", Vector.GP, instead=(Vector.UD, 0, 0)),
    Case(octets("0f35"), Vector.GP, instead=(Vector.UD, 0, 0), name="sysexit"),
]
PORTS = [
    *protection(
        *("in al, dx", "out dx, al", "in eax, dx", "out dx, ax", "insb", "outsb"),
        *("in al, 0x20", "out 0x80, al"),
        before="mov edx, 0x3f8",
    ),
    *protection("out dx, al", before=f"mov edx, {DebugExit.PORT:#x}", name="out to debug exit"),
    *protection("in al, dx", before="mov edx, 0xffff", name="in from the last port"),
]
UMIP = protection("sgdt [rsp - 16]", "sidt [rsp - 16]", "sldt cx", "str cx", "smsw cx")
SELECTORS = [
    selector("kernel data in ds", Selector.KERNEL_DATA),
    selector("kernel data with RPL 3 in es", Selector.KERNEL_DATA | 3, "mov es, ecx"),
    selector("kernel data in fs", Selector.KERNEL_DATA, "mov fs, ecx"),
    selector("kernel data in ss", Selector.KERNEL_DATA, "mov ss, ecx"),
    selector("kernel code in ds", Selector.KERNEL_CODE),
    selector("empty descriptor in ds", Selector.USER_BASE | 3),
    selector("TSS in ds", Selector.TSS),
    selector("past the GDT", 0x43),
    selector("in an LDT that is not", 0x07),
    *protection("mov ss, ecx", before="xor ecx, ecx", name="null in ss"),
    # jmp qword far [rsp - 16], where the selector lies at rsp - 8
    *protection(
        octets("48ff6c24f0"),
        before=f"mov word ptr [rsp - 8], {Selector.KERNEL_CODE:#x}",
        error=Selector.KERNEL_CODE,
        name="far jump to ring 0",
    ),
    *protection(
        octets("48ff6c24f0"),
        before=f"mov word ptr [rsp - 8], {Selector.TSS | 3:#x}",
        error=Selector.TSS,
        name="far jump to the TSS",
    ),
    # QEMU 7.2 reads the frame as the kernel would, which SMAP refuses: no way around it.
    Case(
        "retfq",
        Vector.GP,
        Selector.KERNEL_CODE,
        f"push {Selector.KERNEL_CODE}\npush 0",
        instead=(Vector.PF, 1, User.STACK_TOP - 2 * 8),
        name="far return to ring 0",
    ),
    Case(
        "iretq",
        Vector.GP,
        Selector.KERNEL_CODE,
        f"push {Selector.KERNEL_DATA}\npush 0\npush 2\npush {Selector.KERNEL_CODE}\npush 0",
        instead=(Vector.PF, 1, User.STACK_TOP - 5 * 8),
        name="iret to ring 0",
    ),
    *protection("iretq", before="push 0x4202\npopfq", name="iret with NT"),
]
ADDRESSES = [
    access("read kernel text", "mov cl, [rcx]", GUARDED_READ, KERNEL_TEXT),
    access("write kernel text", "mov [rcx], al", GUARDED_WRITE, KERNEL_TEXT),
    jump("run kernel text", GUARDED_FETCH, KERNEL_TEXT),
    access("read direct map", "mov cl, [rcx]", GUARDED_READ, Kernel.DIRECT + 8),
    access("write direct map", "mov [rcx], al", GUARDED_WRITE, Kernel.DIRECT + 8),
    jump("run direct map", GUARDED_FETCH, Kernel.DIRECT + Kernel.PHYSICAL),
    access("read below the image", "mov cl, [rcx]", READ, Kernel.WINDOW),
    access("read the last byte", "mov cl, [rcx]", READ, LAST),
    access("read null", "mov cl, [rcx]", READ, 0),
    page_fault("write null's field", "mov [rcx + 0x18], al", WRITE, 0x18, load(0)),
    access("read null's last page", "mov cl, [rcx]", READ, User.MINIMUM - 1),
    jump("run null", FETCH, 0),
    page_fault("push below the stack", "push rax", WRITE, STACK - 8, f"mov rsp, {STACK:#x}"),
    page_fault("call below the stack", "call rax", WRITE, STACK - 8, f"mov rsp, {STACK:#x}"),
    access("write below the stack", "mov [rcx], al", WRITE, STACK - 1),
    access("read above the stack", "mov cl, [rcx]", READ, User.STACK_TOP),
    page_fault("read across two pages", "mov rcx, [rcx]", READ, User.STACK_TOP,
               load(User.STACK_TOP - 1)),
    page_fault("write own text", "mov [rip + ward], al", GUARDED_WRITE, "ward"),
    page_fault("locked write to own text", "lock inc byte ptr [rip + ward]", GUARDED_WRITE, "ward"),
    jump("run own stack", GUARDED_FETCH, STACK + 64),
    jump("run message buffer", GUARDED_FETCH, User.BUFFER),
    access("write a page mapped read-only", "mov [rcx], al", GUARDED_WRITE, User.DEVICES),
    access("read the last page of all", "mov cl, [rcx]", READ, User.LIMIT),
    access("read its last word", "mov rcx, [rcx]", READ, User.LIMIT + 0xFF8),
    jump("run the last page of all", FETCH, User.LIMIT),
    *protection("mov cl, [rcx]", "mov [rcx], al", before=load(NON_CANONICAL)),
    *protection("mov cl, [rcx]", "mov [rcx], al", before=load(Kernel.DIRECT - 1)),
    *protection("mov cl, [rcx]", before=load(1 << 63)),
    # Intel's processors fault at the jump, AMD's where it leads.
    Case("jmp rcx", Vector.GP, before=load(NON_CANONICAL), rip=NON_CANONICAL,
         instead=(Vector.GP, 0, 0), name="jump to a non-canonical address"),
    # QEMU has no #SS for addresses.
    Case("push rax", Vector.SS, before=f"mov rsp, {NON_CANONICAL + 8:#x}",
         instead=(Vector.GP, 0, 0), name="push to a non-canonical address"),
]  # fmt: skip

FAULTS = [
    *(*ARITHMETIC, *TRAPS, *UNDEFINED, *NO_COPROCESSOR, *PRIVILEGED, *SYSENTER),
    *(*PORTS, *UMIP, *SELECTORS, *ADDRESSES),
]
