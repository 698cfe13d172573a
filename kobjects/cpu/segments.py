"""Segments as 64-bit mode sees them: selectors, descriptors, and the images of GDTR and IDTR."""

from __future__ import annotations

from enum import IntEnum

from kobjects.errors import Finding
from kobjects.record import Record, u16, u32, u64
from kobjects.source import SDM3
from kobjects.word import Word, bit, bits, reserved


class Ring(IntEnum):
    """A privilege level: CPL, DPL, RPL and IOPL are all of this kind. 0 may do the most."""

    KERNEL = 0
    RING_1 = 1
    RING_2 = 2
    USER = 3


class Rpl(IntEnum):
    """The two requested privilege levels that 64-bit kernels use: the low bits of a selector."""

    KERNEL = 0
    USER = 3


class DescriptorTable(IntEnum):
    """The table that a selector's index counts in."""

    GDT = 0
    LDT = 1


class SystemType(IntEnum):
    """The type of a system descriptor or gate in 64-bit mode; the other values are reserved."""

    LDT = 2
    AVAILABLE_TSS = 9
    BUSY_TSS = 11
    CALL_GATE = 12
    INTERRUPT_GATE = 14
    TRAP_GATE = 15


class SegmentSelector(Word, bits=16, source=SDM3("Segment Selectors")):
    """What a segment register holds: which descriptor, and the privilege asked for."""

    rpl: Ring = bits("1:0", "requested privilege level; in CS and SS it is the current one")
    table: DescriptorTable = bits("2", "table indicator: global or local table")
    index: int = bits("15:3", "number of the 8-byte descriptor; 0 in the GDT is the null selector")


class SegmentDescriptor(Word, bits=64, source=SDM3("Segment Descriptors")):
    """A code or data segment.

    64-bit mode ignores base and limit but for FS and GS, and takes of a data segment only
    `present`, `dpl` and `writable`. An all-zero word is the null descriptor: it has `not_system`
    clear, so spell it `SegmentDescriptor(not_system=False)`.
    """

    limit: int = bits("51:48,15:0", "offset of the last byte, or of the last 4 KiB if granularity")
    base: int = bits("63:56,39:16", "linear address of the first byte")
    accessed: bool = bit(40, "set by the processor when a segment register loads it")
    writable: bool = bit(41, "data: may be written; code: may also be read")
    conforming: bool = bit(42, "code: runs at the caller's privilege; data: expands downwards")
    executable: bool = bit(43, "code segment; clear: data segment")
    not_system: bool = bit(44, "S: code or data; clear: a system descriptor", default=True)
    dpl: Ring = bits("46:45", "least privileged ring that may load it")
    present: bool = bit(47, "clear: loading it raises #NP")
    available: bool = bit(52, "for software")
    long: bool = bit(53, "code runs in 64-bit mode; default_size must then be clear")
    default_size: bool = bit(54, "D/B: operands and addresses, or the stack, are 32 bits wide")
    granularity: bool = bit(55, "limit counts 4 KiB units")

    def check(self) -> list[Finding]:
        """Also the combination that 64-bit code segments may not have."""
        found = super().check()
        if self.executable and self.long and self.default_size:
            found.append(Finding("default_size", 1, "must be clear in a 64-bit code segment"))
        return found


class SystemDescriptor(
    Word,
    bits=128,
    source=SDM3("TSS Descriptor in 64-bit mode"),
):
    """A TSS or LDT in the GDT of a 64-bit system: it takes the place of two descriptors."""

    limit: int = bits("51:48,15:0", "offset of the last byte, or of the last 4 KiB if granularity")
    base: int = bits("95:64,63:56,39:16", "linear address of the first byte; must be canonical")
    type: SystemType = bits("43:40", "LTR takes an available TSS and writes busy into memory")
    not_system: bool = bit(44, "S: clear for system descriptors", must=False)
    dpl: Ring = bits("46:45", "of no effect for a TSS or LDT in 64-bit mode")
    present: bool = bit(47, "clear: loading it raises #NP")
    available: bool = bit(52, "for software")
    zero_53: int = reserved("54:53", must=0)
    granularity: bool = bit(55, "limit counts 4 KiB units")
    reserved_96: int = reserved("103:96", must=None)
    zero_104: int = reserved("108:104", must=0)
    reserved_109: int = reserved("127:109", must=None)

    def check(self) -> list[Finding]:
        """Nothing of an all-zero descriptor: it is two null descriptors."""
        return super().check() if self else []


class DescriptorTablePointer(
    Record,
    size=10,
    source=SDM3("Memory-Management Registers"),
):
    """What LGDT, LIDT, SGDT and SIDT read and write in 64-bit mode."""

    limit: int = u16("offset of the table's last byte: its size in bytes less one")
    base: int = u64("linear address of the table", at=2)


class DescriptorTablePointer32(
    Record,
    size=6,
    source=SDM3("Memory-Management Registers"),
):
    """What LGDT and LIDT read outside 64-bit mode; 16-bit operands use only 24 bits of the base."""

    limit: int = u16("offset of the table's last byte: its size in bytes less one")
    base: int = u32("linear address of the table", at=2)
