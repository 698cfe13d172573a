"""Exceptions: their vectors, and the error codes that some of them push."""

from __future__ import annotations

from enum import IntEnum

from kobjects.cpu.segments import DescriptorTable
from kobjects.source import SDM3
from kobjects.word import Word, bit, bits, reserved


class Vector(IntEnum):
    """The exceptions, by their mnemonics in the manuals ("Exception and Interrupt Vectors").

    9 belonged to the 80387; it, 15, 22 to 27 and 31 have no mnemonic and no user. HV, VC and SX
    are AMD's.
    """

    DE = 0
    """Divide error."""
    DB = 1
    """Debug: single step, breakpoint registers, task switch."""
    NMI = 2
    """Non-maskable interrupt."""
    BP = 3
    """Breakpoint: INT3."""
    OF = 4
    """Overflow: INTO."""
    BR = 5
    """BOUND range exceeded."""
    UD = 6
    """Undefined opcode."""
    NM = 7
    """No math coprocessor: an x87, MMX or SSE instruction while CR0.TS or CR0.EM is set."""
    DF = 8
    """Double fault: an exception while delivering another one."""
    TS = 10
    """Invalid TSS."""
    NP = 11
    """Segment not present."""
    SS = 12
    """Stack-segment fault; in 64-bit mode a non-canonical stack address."""
    GP = 13
    """General protection."""
    PF = 14
    """Page fault; the address is in CR2."""
    MF = 16
    """x87 floating-point error."""
    AC = 17
    """Alignment check."""
    MC = 18
    """Machine check."""
    XM = 19
    """SIMD floating-point exception."""
    VE = 20
    """Virtualization exception."""
    CP = 21
    """Control protection: shadow stack or indirect branch."""
    HV = 28
    """Hypervisor injection (AMD)."""
    VC = 29
    """VMM communication (AMD)."""
    SX = 30
    """Security exception (AMD)."""


PUSHES_ERROR_CODE = frozenset(
    {
        Vector.DF,
        Vector.TS,
        Vector.NP,
        Vector.SS,
        Vector.GP,
        Vector.PF,
        Vector.AC,
        Vector.CP,
        Vector.VC,
        Vector.SX,
    }
)
"""The exceptions that push an error code below RIP; every other entry pushes none."""


class PageFaultError(Word, bits=32, source=SDM3("Page-Fault Exceptions")):
    """The error code of #PF: what the access was, and why it was refused."""

    present: bool = bit(0, "the page was present and protection refused; clear: no translation")
    write: bool = bit(1, "the access was a write")
    user: bool = bit(2, "the access came from ring 3")
    reserved_bit: bool = bit(3, "an entry had a reserved bit set")
    instruction_fetch: bool = bit(4, "the access was an instruction fetch")
    protection_key: bool = bit(5, "the page's protection key refused")
    shadow_stack: bool = bit(6, "the access was to a shadow stack")
    hlat: bool = bit(7, "the fault came up during hypervisor-managed translation")
    zero_8: int = reserved("14:8", must=0)
    sgx: bool = bit(15, "SGX access control refused")
    zero_16: int = reserved("30:16", must=0)
    rmp: bool = bit(31, "the reverse map table refused (AMD SEV-SNP)")


class SelectorError(Word, bits=32, source=SDM3("Error Code")):
    """The error code of #TS, #NP, #SS and #GP: the descriptor at fault; 0 where none was."""

    external: bool = bit(0, "came up while delivering an event from outside the program")
    idt: bool = bit(1, "index is a vector: it names a gate in the IDT")
    table: DescriptorTable = bits("2", "global or local table; only meaningful if idt is clear")
    index: int = bits("15:3", "number of the descriptor or gate")
    zero_16: int = reserved("31:16", must=0)


class ControlProtectionCause(IntEnum):
    """The instruction that #CP refused, and why."""

    NEAR_RET = 1
    """RET: return address differs from the shadow stack's."""
    FAR_RET = 2
    """Far RET or IRET: return address or CS differs from the shadow stack's."""
    ENDBRANCH = 3
    """An indirect branch led to something else than ENDBR."""
    RSTORSSP = 4
    """The token of a shadow stack is not what it should be."""
    SETSSBSY = 5
    """The token of a supervisor shadow stack is not what it should be."""


class ControlProtectionError(Word, bits=32, source=SDM3("Control Protection Exception (#CP)")):
    """The error code of #CP."""

    cause: ControlProtectionCause = bits("14:0", "CPEC")
    enclave: bool = bit(15, "ENCL: while an enclave ran")
    zero_16: int = reserved("31:16", must=0)
