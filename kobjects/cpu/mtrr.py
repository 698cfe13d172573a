"""Memory type range registers: how physical memory is cached, before page tables have their say."""

from __future__ import annotations

from kobjects.cpu.msr import MemoryType
from kobjects.source import SDM3
from kobjects.word import Word, bit, bits, reserved


class MtrrCapabilities(Word, bits=64, source=SDM3("MTRR Feature Identification")):
    """MTRR_CAP: what the processor has. Read-only."""

    variable_ranges: int = bits("7:0", "VCNT: pairs of base and mask registers")
    fixed_ranges: bool = bit(8, "FIX: the fixed-range registers are there")
    reserved_9: int = reserved("9", must=None)
    write_combining: bool = bit(10, "WC is supported")
    smrr: bool = bit(11, "system-management range registers are there")
    reserved_12: int = reserved("63:12", must=None)


class MtrrDefaultType(Word, bits=64, source=SDM3("IA32_MTRR_DEF_TYPE MSR")):
    """MTRR_DEF_TYPE: the type of memory that no range covers, and the switches."""

    type: MemoryType = bits("7:0", "of memory outside all ranges")
    zero_8: int = reserved("9:8", must=0)
    fixed_enable: bool = bit(10, "FE: fixed ranges count, and before variable ones")
    enable: bool = bit(11, "E: clear: all memory is uncacheable")
    zero_12: int = reserved("63:12", must=0)


class MtrrPhysicalBase(Word, bits=64, source=SDM3("Variable Range MTRRs")):
    """MTRR_PHYS_BASE_n: where a variable range begins, and its type."""

    type: MemoryType = bits("7:0", "of the range")
    zero_8: int = reserved("11:8", must=0)
    address: int = bits("51:12", "physical; MAXPHYADDR up: 0", unit=4096)
    zero_52: int = reserved("63:52", must=0)


class MtrrPhysicalMask(Word, bits=64, source=SDM3("Variable Range MTRRs")):
    """MTRR_PHYS_MASK_n: an address is in the range if (address & mask) == (base & mask)."""

    zero_0: int = reserved("10:0", must=0)
    valid: bool = bit(11, "V: the range counts")
    mask: int = bits("51:12", "bits of the address that matter; MAXPHYADDR up: 0", unit=4096)
    zero_52: int = reserved("63:52", must=0)


class MtrrFixed(Word, bits=64, source=SDM3("Fixed Range MTRRs")):
    """A fixed-range register: the types of eight neighbouring ranges of equal size below 1 MiB."""

    type_0: MemoryType = bits("7:0", "of the range at the lowest address")
    type_1: MemoryType = bits("15:8")
    type_2: MemoryType = bits("23:16")
    type_3: MemoryType = bits("31:24")
    type_4: MemoryType = bits("39:32")
    type_5: MemoryType = bits("47:40")
    type_6: MemoryType = bits("55:48")
    type_7: MemoryType = bits("63:56", "of the range at the highest address")
