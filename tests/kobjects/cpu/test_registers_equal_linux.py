"""Bits of registers against the constants of Linux's headers.

Every named bit is either in a table here or in NAMELESS, which says what Linux 6.1 has no constant
for. A table leads from our name to Linux's.
"""

from __future__ import annotations

import pytest

from kobjects.bitfield import BitField
from kobjects.cpu.control import Cr0, Cr3, Cr3Legacy, Cr3Pcid, Cr4, Cr8, Efer, Rflags, Xcr0
from kobjects.cpu.debug import Dr6, Dr7
from kobjects.cpu.exceptions import PageFaultError
from kobjects.cpu.msr import ApicBase, FeatureControl
from kobjects.cpu.paging import (
    PageDirectoryEntry,
    PageDirectoryEntry2M,
    PageDirectoryPointerEntry,
    PageDirectoryPointerEntry1G,
    PageMapLevel4Entry,
    PageMapLevel5Entry,
    PageTableEntry,
)
from kobjects.cpu.paging32 import PageDirectoryEntry4M, PageDirectoryEntry32, PageTableEntry32
from kobjects.cpu.paging_pae import (
    PageDirectoryEntry2MPae,
    PageDirectoryEntryPae,
    PageDirectoryPointerEntryPae,
    PageTableEntryPae,
)
from kobjects.devices import serial
from kobjects.firmware.elf import SectionFlags, SegmentFlags
from kobjects.word import Word
from tests.kobjects.oracle import evaluate, linux_defines, pairs

Table = dict[type[Word], dict[str, str]]


def prefixed(prefix: str, text: str) -> dict[str, str]:
    return {name: prefix + constant for name, constant in pairs(text).items()}


REGISTERS: Table = {
    Rflags: prefixed(
        "X86_EFLAGS_",
        """carry=CF one_1=FIXED parity=PF auxiliary_carry=AF zero=ZF sign=SF trap=TF interrupt=IF
        direction=DF overflow=OF iopl=IOPL nested_task=NT resume=RF virtual_8086=VM
        alignment_check=AC virtual_interrupt=VIF virtual_interrupt_pending=VIP id=ID""",
    ),
    Cr0: prefixed(
        "X86_CR0_",
        """protection_enable=PE monitor_coprocessor=MP emulation=EM task_switched=TS
        extension_type=ET numeric_error=NE write_protect=WP alignment_mask=AM
        not_write_through=NW cache_disable=CD paging=PG""",
    ),
    Cr3: prefixed("X86_CR3_", "write_through=PWT cache_disable=PCD"),
    Cr3Legacy: prefixed("X86_CR3_", "write_through=PWT cache_disable=PCD"),
    Cr8: {"priority": "X86_CR8_TPR"},
    Cr3Pcid: prefixed("X86_CR3_PCID_", "pcid=MASK keep_translations=NOFLUSH"),
    Cr4: prefixed(
        "X86_CR4_",
        """virtual_8086_extensions=VME protected_virtual_interrupts=PVI time_stamp_disable=TSD
        debugging_extensions=DE page_size_extensions=PSE physical_address_extension=PAE
        machine_check_enable=MCE page_global_enable=PGE performance_counters=PCE os_fxsr=OSFXSR
        os_xmm_exceptions=OSXMMEXCPT umip=UMIP la57=LA57 vmx=VMXE smx=SMXE fsgsbase=FSGSBASE
        pcid=PCIDE os_xsave=OSXSAVE smep=SMEP smap=SMAP protection_keys=PKE cet=CET""",
    ),
    Dr6: prefixed(
        "DR_",
        """b0=TRAP0 b1=TRAP1 b2=TRAP2 b3=TRAP3 not_bus_lock=BUS_LOCK single_step=STEP
        task_switch=SWITCH""",
    ),
    Dr7: prefixed(
        "DR_",
        """local_0=LOCAL_ENABLE global_0=GLOBAL_ENABLE local_1=LOCAL_ENABLE<<DR_ENABLE_SIZE
        global_3=GLOBAL_ENABLE<<3*DR_ENABLE_SIZE local_exact=LOCAL_SLOWDOWN
        global_exact=GLOBAL_SLOWDOWN on_0=RW_READ<<DR_CONTROL_SHIFT
        length_0=LEN_4<<DR_CONTROL_SHIFT on_2=RW_READ<<DR_CONTROL_SHIFT+2*DR_CONTROL_SIZE""",
    ),
}
DEVICES: Table = {
    serial.InterruptEnable: prefixed(
        "UART_IER_", "received=RDI transmitter_empty=THRI line_status=RLSI modem_status=MSI"
    ),
    serial.FifoControl: prefixed(
        "UART_FCR_",
        """enable=ENABLE_FIFO clear_receiver=CLEAR_RCVR clear_transmitter=CLEAR_XMIT
        dma_mode=DMA_SELECT trigger=TRIGGER_MASK""",
    ),
    serial.LineControl: prefixed(
        "UART_LCR_",
        """word_length=WLEN8 two_stop_bits=STOP parity=PARITY even_parity=EPAR stick_parity=SPAR
        set_break=SBC divisor_latch=DLAB""",
    ),
    serial.ModemControl: prefixed("UART_MCR_", "dtr=DTR rts=RTS out1=OUT1 out2=OUT2 loopback=LOOP"),
    serial.LineStatus: prefixed(
        "UART_LSR_",
        """data_ready=DR overrun=OE parity_error=PE framing_error=FE break_received=BI
        transmit_ready=THRE transmit_idle=TEMT fifo_error=FIFOE""",
    ),
}
ELF: Table = {
    SegmentFlags: prefixed("(u32)PF_", "execute=X write=W read=R os=MASKOS processor=MASKPROC"),
    SectionFlags: prefixed(
        "(u32)SHF_",
        """write=WRITE alloc=ALLOC execinstr=EXECINSTR merge=MERGE strings=STRINGS
        info_link=INFO_LINK link_order=LINK_ORDER os_nonconforming=OS_NONCONFORMING group=GROUP
        tls=TLS compressed=COMPRESSED os=MASKOS processor=MASKPROC""",
    ),
}
PROGRAMS = REGISTERS | DEVICES | ELF
"""Of the headers that programs have: Debian's linux-libc-dev and libc6-dev."""

TABLE = pairs(
    """present=PRESENT writable=RW user=USER write_through=PWT cache_disable=PCD
    accessed=ACCESSED available=SOFTW1,SOFTW2,SOFTW3 no_execute=NX"""
)
PAGE = TABLE | pairs(
    "dirty=DIRTY global_=GLOBAL protection_key=PKEY_BIT0,PKEY_BIT1,PKEY_BIT2,PKEY_BIT3"
)
LEGACY_TABLE = pairs(
    """present=PRESENT writable=RW user=USER write_through=PWT cache_disable=PCD
    accessed=ACCESSED large=PSE"""
)
LEGACY_PAGE = pairs(
    """present=PRESENT writable=RW user=USER write_through=PWT cache_disable=PCD
    accessed=ACCESSED dirty=DIRTY global_=GLOBAL available=SOFTW1,SOFTW2,SOFTW3"""
)
"""Outside long mode. Linux has no names for the fourth available bit of a table's entry."""
LARGE_PAGE = PAGE | pairs("large=PSE pat=PAT_LARGE")
ENTRIES: Table = {
    PageMapLevel4Entry: TABLE,
    PageDirectoryPointerEntry: TABLE | pairs("large=PSE"),
    PageDirectoryEntry: TABLE | pairs("large=PSE"),
    PageDirectoryPointerEntry1G: LARGE_PAGE,
    PageDirectoryEntry2M: LARGE_PAGE,
    PageTableEntry: PAGE | pairs("pat=PAT"),
    PageMapLevel5Entry: TABLE,
    PageDirectoryPointerEntryPae: pairs(
        "present=PRESENT write_through=PWT cache_disable=PCD available=SOFTW1,SOFTW2,SOFTW3"
    ),
    PageDirectoryEntryPae: LEGACY_TABLE | pairs("no_execute=NX"),
    PageDirectoryEntry2MPae: LEGACY_PAGE | pairs("no_execute=NX large=PSE pat=PAT_LARGE"),
    PageTableEntryPae: LEGACY_PAGE | pairs("no_execute=NX pat=PAT"),
    PageDirectoryEntry32: LEGACY_TABLE,
    PageDirectoryEntry4M: LEGACY_PAGE | pairs("large=PSE pat=PAT_LARGE"),
    PageTableEntry32: LEGACY_PAGE | pairs("pat=PAT"),
}


def entry_bits(names: str) -> str:
    return "|".join(f"1ull<<_PAGE_BIT_{name}" for name in names.split(","))


ENTRY_BITS: Table = {
    word: {name: entry_bits(text) for name, text in names.items()}
    for word, names in ENTRIES.items()
}
KERNEL: Table = ENTRY_BITS | {
    Efer: prefixed(
        "EFER_",
        """syscall_enable=SCE long_mode_enable=LME long_mode_active=LMA no_execute_enable=NX
        svm=SVME long_mode_segment_limit=LMSLE fast_fxsave=FFXSR automatic_ibrs=AUTOIBRS""",
    ),
    ApicBase: pairs(
        """bootstrap=MSR_IA32_APICBASE_BSP x2apic=X2APIC_ENABLE
        enable=MSR_IA32_APICBASE_ENABLE"""
    ),
    FeatureControl: prefixed(
        "FEAT_CTL_",
        """locked=LOCKED vmx_inside_smx=VMX_ENABLED_INSIDE_SMX
        vmx_outside_smx=VMX_ENABLED_OUTSIDE_SMX sgx_launch_control=SGX_LC_ENABLED
        sgx_enable=SGX_ENABLED lmce=LMCE_ENABLED""",
    ),
    PageFaultError: prefixed(
        "X86_PF_",
        """present=PROT write=WRITE user=USER reserved_bit=RSVD instruction_fetch=INSTR
        protection_key=PK sgx=SGX""",
    ),
    Xcr0: prefixed(
        "XFEATURE_MASK_",
        """x87=FP sse=SSE avx=YMM bndregs=BNDREGS bndcsr=BNDCSR opmask=OPMASK
        zmm_hi256=ZMM_Hi256 hi16_zmm=Hi16_ZMM pkru=PKRU tilecfg=XTILE_CFG tiledata=XTILE_DATA""",
    ),
}
"""Of the headers that only the kernel has."""

NAMELESS: dict[type[Word], str] = dict.fromkeys(ENTRIES, "address available_high") | {
    PageDirectoryPointerEntryPae: "address",
    PageDirectoryEntryPae: "address available",
    PageDirectoryEntry2MPae: "address",
    PageTableEntryPae: "address",
    PageDirectoryEntry32: "address available",
    PageDirectoryEntry4M: "address",
    PageTableEntry32: "address",
    Cr3: "address lam_u57 lam_u48",
    Cr3Legacy: "address",
    FeatureControl: "senter_local senter_global",
    Cr3Pcid: "address lam_u57 lam_u48",
    Cr4: "key_locker supervisor_protection_keys user_interrupts lass lam_supervisor fred",
    Dr6: "access_detected not_rtm",
    Dr7: """global_1 local_2 global_2 local_3 rtm general_detect on_1 length_1 length_2 on_3
    length_3""",
    Efer: "translation_cache mcommit interruptible_wbinvd upper_address_ignore",
    ApicBase: "address",
    PageFaultError: "shadow_stack hlat rmp",
}
"""Fields that Linux 6.1 has no constant for. `test_sweep` holds most of them to C bit-fields."""


def mask(word: type[Word], name: str) -> int:
    field = word.fields[name]
    assert isinstance(field, BitField)
    return field.mask


def flat(table: Table) -> dict[str, str]:
    return {f"{w.__name__}.{name}": c for w, names in table.items() for name, c in names.items()}


def ours(table: Table) -> dict[str, int]:
    return {f"{w.__name__}.{name}": mask(w, name) for w, names in table.items() for name in names}


def test_bits_equal_the_headers_that_programs_have() -> None:
    headers = ("asm/processor-flags.h", "asm/debugreg.h", "linux/serial_reg.h", "elf.h")
    assert ours(PROGRAMS) == evaluate(flat(PROGRAMS), includes=headers)


def test_bits_equal_the_kernels_own_headers() -> None:
    headers = ("asm/msr-index.h", "asm/apicdef.h", "asm/trap_pf.h", "asm/fpu/types.h")
    page_bits = linux_defines("arch/x86/include/asm/pgtable_types.h", "_PAGE_BIT_")
    constants = evaluate(flat(KERNEL), includes=headers, declarations=page_bits, linux=True)
    assert ours(KERNEL) == constants


@pytest.mark.parametrize("word", [*PROGRAMS, *KERNEL], ids=lambda word: word.__name__)
def test_every_named_bit_was_compared_or_is_known_not_to_be(word: type[Word]) -> None:
    compared = (PROGRAMS | KERNEL)[word]
    named = {name for name, field in word.fields.items() if not field.reserved}
    assert named - set(compared) == set(NAMELESS.get(word, "").split())


def test_the_debug_status_register_is_what_linux_expects_of_its_reserved_bits() -> None:
    (reset,) = evaluate({"reset": "DR6_RESERVED"}, includes=["asm/debugreg.h"]).values()
    assert Dr6() == reset
