"""RFLAGS, the control registers, and EFER: the processor's modes."""

from __future__ import annotations

from kobjects.cpu.segments import Ring
from kobjects.source import APM2, SDM1, SDM3
from kobjects.word import Word, bit, bits, reserved


class Rflags(Word, bits=64, source=SDM1("EFLAGS Register")):
    """The flags register. In an exception's frame it is what IRETQ will restore."""

    carry: bool = bit(0, "CF")
    one_1: int = reserved("1", must=1)
    parity: bool = bit(2, "PF: the low byte of the result has an even number of ones")
    zero_3: int = reserved("3", must=0)
    auxiliary_carry: bool = bit(4, "AF: carry out of the low four bits")
    zero_5: int = reserved("5", must=0)
    zero: bool = bit(6, "ZF: the result was 0")
    sign: bool = bit(7, "SF: the result's highest bit")
    trap: bool = bit(8, "TF: #DB after every instruction")
    interrupt: bool = bit(9, "IF: maskable interrupts are taken")
    direction: bool = bit(10, "DF: string instructions count down")
    overflow: bool = bit(11, "OF: the signed result did not fit")
    iopl: Ring = bits("13:12", "least privileged ring that may use every port, CLI and STI")
    nested_task: bool = bit(14, "NT: IRET in 64-bit mode raises #GP")
    zero_15: int = reserved("15", must=0)
    resume: bool = bit(16, "RF: no instruction breakpoint at the next instruction")
    virtual_8086: bool = bit(17, "VM: virtual-8086 mode; not in long mode")
    alignment_check: bool = bit(18, "AC: in ring 3 with CR0.AM, #AC; in ring 0, suspends SMAP")
    virtual_interrupt: bool = bit(19, "VIF")
    virtual_interrupt_pending: bool = bit(20, "VIP")
    id: bool = bit(21, "ID: the processor has CPUID if this bit can be changed")
    zero_22: int = reserved("63:22", must=0)


class Cr0(Word, bits=64, source=SDM3("Control Registers")):
    """Operating modes. Writing a one to bits 63:32 raises #GP."""

    protection_enable: bool = bit(0, "PE: protected mode")
    monitor_coprocessor: bool = bit(1, "MP: WAIT obeys task_switched")
    emulation: bool = bit(2, "EM: x87 raises #NM, SSE raises #UD")
    task_switched: bool = bit(3, "TS: the next x87 or SSE instruction raises #NM")
    extension_type: bool = bit(4, "ET: hard-wired to 1")
    numeric_error: bool = bit(5, "NE: x87 errors raise #MF rather than an external interrupt")
    reserved_6: int = reserved("15:6", must=None)
    write_protect: bool = bit(16, "WP: ring 0 too may not write read-only pages")
    reserved_17: int = reserved("17", must=None)
    alignment_mask: bool = bit(18, "AM: RFLAGS.AC has its effect in ring 3")
    reserved_19: int = reserved("28:19", must=None)
    not_write_through: bool = bit(29, "NW: set only together with cache_disable")
    cache_disable: bool = bit(30, "CD")
    paging: bool = bit(31, "PG: needs protection_enable; enters long mode if EFER.LME is set")
    zero_32: int = reserved("63:32", must=0)


class Cr3(Word, bits=64, source=SDM3("4-Level Paging and 5-Level Paging")):
    """Where the paging structures start, while CR4.PCIDE is 0."""

    ignored_0: int = reserved("2:0", must=None)
    write_through: bool = bit(3, "PWT: memory type of accesses to the top table")
    cache_disable: bool = bit(4, "PCD: memory type of accesses to the top table")
    ignored_5: int = reserved("11:5", must=None)
    address: int = bits("51:12", "physical address of the top table; MAXPHYADDR up: 0", unit=4096)
    zero_52: int = reserved("60:52", must=0)
    lam_u57: bool = bit(61, "linear-address masking: user pointers have 6 bits of metadata")
    lam_u48: bool = bit(62, "linear-address masking: user pointers have 15 bits of metadata")
    zero_63: int = reserved("63", must=0)


class Cr3Pcid(Word, bits=64, source=SDM3("4-Level Paging and 5-Level Paging")):
    """CR3 while CR4.PCIDE is 1."""

    pcid: int = bits("11:0", "process-context identifier: tags the translations in the TLB")
    address: int = bits("51:12", "physical address of the top table; MAXPHYADDR up: 0", unit=4096)
    zero_52: int = reserved("60:52", must=0)
    lam_u57: bool = bit(61, "linear-address masking: user pointers have 6 bits of metadata")
    lam_u48: bool = bit(62, "linear-address masking: user pointers have 15 bits of metadata")
    keep_translations: bool = bit(63, "in MOV to CR3: do not flush this PCID; always reads 0")


class Cr3Legacy(Word, bits=32, source=SDM3("32-Bit Paging")):
    """Where the paging structures start under 32-bit paging: CR4.PAE is 0."""

    ignored_0: int = reserved("2:0", must=None)
    write_through: bool = bit(3, "PWT: memory type of accesses to the page directory")
    cache_disable: bool = bit(4, "PCD: memory type of accesses to the page directory")
    ignored_5: int = reserved("11:5", must=None)
    address: int = bits("31:12", "physical address of the page directory", unit=4096)


class Cr3Pae(Word, bits=32, source=SDM3("PAE Paging")):
    """Where the paging structures start under PAE paging: CR4.PAE is 1, EFER.LMA 0.

    MOV to CR3 loads the four entries into registers; changes in memory have no effect until then.
    """

    ignored_0: int = reserved("4:0", must=None)
    address: int = bits(
        "31:5", "physical address of the page-directory-pointer table, 32 bytes", unit=32
    )


class Cr4(Word, bits=64, source=SDM3("Control Registers")):
    """Extensions in use. Setting one that CPUID lacks raises #GP."""

    virtual_8086_extensions: bool = bit(0, "VME")
    protected_virtual_interrupts: bool = bit(1, "PVI")
    time_stamp_disable: bool = bit(2, "TSD: RDTSC only in ring 0")
    debugging_extensions: bool = bit(3, "DE: DR4 and DR5 raise #UD, I/O breakpoints work")
    page_size_extensions: bool = bit(4, "PSE: 4 MiB pages under 32-bit paging")
    physical_address_extension: bool = bit(5, "PAE: 64-bit entries; needed for long mode")
    machine_check_enable: bool = bit(6, "MCE: #MC is delivered; clear: it shuts the processor down")
    page_global_enable: bool = bit(7, "PGE: translations of global pages survive loads of CR3")
    performance_counters: bool = bit(8, "PCE: RDPMC in every ring")
    os_fxsr: bool = bit(9, "OSFXSR: SSE instructions may be used")
    os_xmm_exceptions: bool = bit(10, "OSXMMEXCPT: unmasked SSE errors raise #XM, not #UD")
    umip: bool = bit(11, "SGDT, SIDT, SLDT, SMSW and STR only in ring 0")
    la57: bool = bit(12, "5-level paging")
    vmx: bool = bit(13, "VMXE")
    smx: bool = bit(14, "SMXE")
    zero_15: int = reserved("15", must=0)
    fsgsbase: bool = bit(16, "RDFSBASE, WRFSBASE, RDGSBASE and WRGSBASE in every ring")
    pcid: bool = bit(17, "PCIDE: process-context identifiers")
    os_xsave: bool = bit(18, "OSXSAVE: XSAVE, XGETBV and XCR0")
    key_locker: bool = bit(19, "KL")
    smep: bool = bit(20, "ring 0 may not execute user pages")
    smap: bool = bit(21, "ring 0 may not access user pages while RFLAGS.AC is clear")
    protection_keys: bool = bit(22, "PKE: protection keys of user pages")
    cet: bool = bit(23, "control-flow enforcement")
    supervisor_protection_keys: bool = bit(24, "PKS: protection keys of supervisor pages")
    user_interrupts: bool = bit(25, "UINTR")
    zero_26: int = reserved("26", must=0)
    lass: bool = bit(27, "linear-address-space separation")
    lam_supervisor: bool = bit(28, "LAM_SUP: supervisor pointers may carry metadata")
    zero_29: int = reserved("31:29", must=0)
    fred: bool = bit(32, "flexible return and event delivery")
    zero_33: int = reserved("63:33", must=0)


class Cr8(Word, bits=64, source=SDM3("Task Priority in IA-32e Mode")):
    """The task-priority class: interrupts of vectors up to 16 * priority + 15 have to wait."""

    priority: int = bits("3:0", "TPL: bits 7:4 of the local APIC's task-priority register")
    zero_4: int = reserved("63:4", must=0)


class Efer(Word, bits=64, source=APM2("Extended Feature Enable Register (EFER)")):
    """The extended-feature enable register, an MSR."""

    syscall_enable: bool = bit(0, "SCE: SYSCALL and SYSRET")
    zero_1: int = reserved("7:1", must=0)
    long_mode_enable: bool = bit(8, "LME: enabling paging activates long mode")
    zero_9: int = reserved("9", must=0)
    long_mode_active: bool = bit(10, "LMA: set by the processor")
    no_execute_enable: bool = bit(11, "NXE: bit 63 of paging entries forbids execution")
    svm: bool = bit(12, "SVME (AMD)")
    long_mode_segment_limit: bool = bit(13, "LMSLE (AMD)")
    fast_fxsave: bool = bit(14, "FFXSR (AMD)")
    translation_cache: bool = bit(15, "TCE (AMD): INVLPG keeps unrelated upper-level entries")
    zero_16: int = reserved("16", must=0)
    mcommit: bool = bit(17, "MCOMMIT (AMD)")
    interruptible_wbinvd: bool = bit(18, "INTWB (AMD)")
    zero_19: int = reserved("19", must=0)
    upper_address_ignore: bool = bit(20, "UAIE (AMD): bits 63:57 of pointers are ignored")
    automatic_ibrs: bool = bit(21, "AIBRSE (AMD)")
    zero_22: int = reserved("63:22", must=0)


class Xcr0(Word, bits=64, source=SDM1("Enabling the XSAVE Feature Set and XSAVE-Enabled Features")):
    """The state components that XSAVE manages; CPUID leaf 0Dh lists in EDX:EAX which may be set."""

    x87: bool = bit(0, "must be 1")
    sse: bool = bit(1, "XMM registers and MXCSR")
    avx: bool = bit(2, "upper halves of YMM0-15; needs sse")
    bndregs: bool = bit(3, "MPX bounds")
    bndcsr: bool = bit(4, "MPX configuration and status")
    opmask: bool = bit(5, "AVX-512 masks; the three AVX-512 components go together")
    zmm_hi256: bool = bit(6, "upper halves of ZMM0-15")
    hi16_zmm: bool = bit(7, "ZMM16-31")
    zero_8: int = reserved("8", must=0)
    pkru: bool = bit(9, "rights of user protection keys")
    zero_10: int = reserved("16:10", must=0)
    tilecfg: bool = bit(17, "AMX configuration; goes with tiledata")
    tiledata: bool = bit(18, "AMX tiles")
    zero_19: int = reserved("63:19", must=0)
