"""Model-specific registers: numbers for RDMSR and WRMSR, and the words that some of them hold."""

from __future__ import annotations

from enum import IntEnum

from kobjects.source import APM2, SDM3
from kobjects.word import Word, bit, bits, reserved


class Msr(IntEnum):
    """Numbers of the registers that a 64-bit kernel has reason to touch."""

    TSC = 0x10
    APIC_BASE = 0x1B
    TSC_ADJUST = 0x3B
    SPEC_CTRL = 0x48
    PRED_CMD = 0x49
    MTRR_CAP = 0xFE
    ARCH_CAPABILITIES = 0x10A
    SYSENTER_CS = 0x174
    SYSENTER_ESP = 0x175
    SYSENTER_EIP = 0x176
    MISC_ENABLE = 0x1A0
    DEBUGCTL = 0x1D9
    PAT = 0x277
    MTRR_DEF_TYPE = 0x2FF
    U_CET = 0x6A0
    S_CET = 0x6A2
    TSC_DEADLINE = 0x6E0
    X2APIC = 0x800
    """The first of the x2APIC's registers: 0x800 + (offset in the xAPIC page) / 16."""
    XSS = 0xDA0
    EFER = 0xC0000080
    STAR = 0xC0000081
    LSTAR = 0xC0000082
    CSTAR = 0xC0000083
    FMASK = 0xC0000084
    FS_BASE = 0xC0000100
    GS_BASE = 0xC0000101
    KERNEL_GS_BASE = 0xC0000102
    TSC_AUX = 0xC0000103


class Star(Word, bits=64, source=APM2("SYSCALL and SYSRET")):
    """The selectors that SYSCALL and SYSRET load, without looking at any descriptor.

    SYSCALL: CS = syscall_selector, SS = syscall_selector + 8. SYSRET to 64-bit code: SS =
    sysret_selector + 8, CS = sysret_selector + 16; to 32-bit code: CS = sysret_selector.
    """

    eip: int = bits("31:0", "target of SYSCALL in legacy mode")
    syscall_selector: int = bits("47:32", "selector of the ring 0 code segment")
    sysret_selector: int = bits("63:48", "selector before ring 3's data segment; its RPL is 3")


class ApicBase(Word, bits=64, source=SDM3("Local APIC Status and Location")):
    """Where the local APIC is, and whether it is on."""

    reserved_0: int = reserved("7:0", must=None)
    bootstrap: bool = bit(8, "BSP: the processor that started first")
    reserved_9: int = reserved("9", must=None)
    x2apic: bool = bit(10, "the registers are MSRs; needs enable")
    enable: bool = bit(11, "clear: the processor has no local APIC until reset")
    address: int = bits("51:12", "physical address of the register page", unit=4096)
    zero_52: int = reserved("63:52", must=0)


class MemoryType(IntEnum):
    """How memory is cached. 2 and 3 are reserved."""

    UNCACHEABLE = 0
    WRITE_COMBINING = 1
    WRITE_THROUGH = 4
    WRITE_PROTECTED = 5
    WRITE_BACK = 6
    UNCACHED_MINUS = 7
    """As uncacheable, but an MTRR may make it write-combining."""


class Pat(Word, bits=64, source=SDM3("Page Attribute Table (PAT)")):
    """Eight memory types; a page's pat, cache_disable and write_through bits number one of them."""

    pa0: MemoryType = bits("2:0", "default of pages with the three bits clear")
    zero_3: int = reserved("7:3", must=0)
    pa1: MemoryType = bits("10:8")
    zero_11: int = reserved("15:11", must=0)
    pa2: MemoryType = bits("18:16")
    zero_19: int = reserved("23:19", must=0)
    pa3: MemoryType = bits("26:24")
    zero_27: int = reserved("31:27", must=0)
    pa4: MemoryType = bits("34:32")
    zero_35: int = reserved("39:35", must=0)
    pa5: MemoryType = bits("42:40")
    zero_43: int = reserved("47:43", must=0)
    pa6: MemoryType = bits("50:48")
    zero_51: int = reserved("55:51", must=0)
    pa7: MemoryType = bits("58:56")
    zero_59: int = reserved("63:59", must=0)
