"""Model-specific registers: numbers for RDMSR and WRMSR, and the words that some of them hold."""

from __future__ import annotations

from enum import IntEnum

from kobjects.errors import Finding
from kobjects.source import APM2, SDM3, SDM4
from kobjects.word import Word, bit, bits, reserved


class Msr(IntEnum):
    """Numbers of the registers that a 64-bit kernel has reason to touch."""

    TSC = 0x10
    APIC_BASE = 0x1B
    FEATURE_CONTROL = 0x3A
    TSC_ADJUST = 0x3B
    SPEC_CTRL = 0x48
    PRED_CMD = 0x49
    UCODE_REV = 0x8B
    MTRR_CAP = 0xFE
    ARCH_CAPABILITIES = 0x10A
    FLUSH_CMD = 0x10B
    SYSENTER_CS = 0x174
    SYSENTER_ESP = 0x175
    SYSENTER_EIP = 0x176
    MCG_CAP = 0x179
    MCG_STATUS = 0x17A
    MCG_CTL = 0x17B
    MISC_ENABLE = 0x1A0
    DEBUGCTL = 0x1D9
    MTRR_PHYS_BASE_0 = 0x200
    """The first of the variable ranges; that of range n is 2n further on."""
    MTRR_PHYS_MASK_0 = 0x201
    MTRR_FIX_64K_00000 = 0x250
    MTRR_FIX_16K_80000 = 0x258
    MTRR_FIX_16K_A0000 = 0x259
    MTRR_FIX_4K_C0000 = 0x268
    """The first of the eight that cover 32 KiB each; the last is that of F8000h."""
    MTRR_FIX_4K_F8000 = 0x26F
    PAT = 0x277
    MTRR_DEF_TYPE = 0x2FF
    U_CET = 0x6A0
    S_CET = 0x6A2
    PL0_SSP = 0x6A4
    PL3_SSP = 0x6A7
    INTERRUPT_SSP_TABLE = 0x6A8
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
    SYSCFG = 0xC0010010
    HWCR = 0xC0010015
    VM_CR = 0xC0010114
    VM_HSAVE_PA = 0xC0010117


class Star(Word, bits=64, source=APM2("SYSCALL and SYSRET")):
    """The selectors that SYSCALL and SYSRET load, without looking at any descriptor.

    SYSCALL: CS = syscall_selector, SS = syscall_selector + 8. SYSRET to 64-bit code: SS =
    sysret_selector + 8, CS = sysret_selector + 16; to 32-bit code: CS = sysret_selector.
    """

    eip: int = bits("31:0", "target of SYSCALL in legacy mode")
    syscall_selector: int = bits("47:32", "selector of the ring 0 code segment")
    sysret_selector: int = bits("63:48", "selector before ring 3's data segment; its RPL is 3")


class LinearBase(Word, bits=64, source=SDM3("Canonical Addressing")):
    """What FS_BASE, GS_BASE, KERNEL_GS_BASE, LSTAR, CSTAR and the SYSENTER registers hold.

    WRMSR raises #GP for an address that is not canonical: one of 48 bits, unless there is 5-level
    paging. FMASK holds `Rflags`: SYSCALL clears the flags that are set there.
    """

    address: int = bits("63:0", "linear address")

    def check(self) -> list[Finding]:
        """Also whether it is canonical with 57 bits, the most that a processor has."""
        found = super().check()
        if self >> 56 not in (0, 0xFF):
            found.append(Finding("address", self.address, "must be canonical: bits 63:56 equal"))
        return found


class FeatureControl(Word, bits=64, source=SDM4("Architectural MSRs")):
    """What firmware allows; once locked, writes raise #GP until reset. Intel's."""

    locked: bool = bit(0, "the other bits can no longer be changed; without it VMXON raises #GP")
    vmx_inside_smx: bool = bit(1, "VMXON in SMX operation")
    vmx_outside_smx: bool = bit(2, "VMXON outside SMX operation: what hypervisors need")
    reserved_3: int = reserved("7:3", must=0)
    senter_local: int = bits("14:8", "functions of GETSEC[SENTER] that are allowed")
    senter_global: bool = bit(15, "GETSEC[SENTER]")
    reserved_16: int = reserved("16", must=0)
    sgx_launch_control: bool = bit(17, "the launch enclave's key hash can be written at run time")
    sgx_enable: bool = bit(18, "SGX")
    reserved_19: int = reserved("19", must=0)
    lmce: bool = bit(20, "machine checks may be delivered to one processor alone")
    reserved_21: int = reserved("63:21", must=0)


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
