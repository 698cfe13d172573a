"""CPUID: which leaf to ask, and the feature bits of its answers.

A class is named after the leaf and the register: `Leaf1Edx`. Field names are the manuals' names in
lower case. A bit without a name here is reserved, or of no use to a kernel's start.
"""

from __future__ import annotations

from enum import IntEnum

from kobjects.source import APM3, SDM2
from kobjects.word import Word, bit, bits, reserved

CPUID = "CPUID—CPU Identification"
EXTENDED_FEATURES = "Extended Processor and Processor Feature Identifiers"
POWER = "Processor Power Management and RAS Capabilities"
CAPACITY = "Processor Capacity Parameters and Extended Feature Identification"
"""The sections that describe the leaves."""


class CpuidLeaf(IntEnum):
    """Values of EAX. The answers to MAXIMUM and EXTENDED_MAXIMUM are the highest that there are."""

    MAXIMUM = 0
    FEATURES = 1
    EXTENDED_FEATURES = 7
    """Of subleaf ECX = 0."""
    XSAVE = 0xD
    """Subleaf 0: components and sizes; 1: instructions; n: place of component n."""
    TSC = 0x15
    """The TSC's rate is EBX/EAX times the crystal's, which is ECX Hz."""
    FREQUENCY = 0x16
    """EAX: base frequency in MHz."""
    HYPERVISOR = 0x40000000
    EXTENDED_MAXIMUM = 0x80000000
    LONG_MODE = 0x80000001
    POWER = 0x80000007
    ADDRESS_SIZES = 0x80000008
    """EAX: MAXPHYADDR in bits 7:0, linear address bits in 15:8."""


class Leaf1Edx(Word, bits=32, source=SDM2(CPUID)):
    """Features in EDX of leaf 1."""

    fpu: bool = bit(0, "x87")
    vme: bool = bit(1, "virtual-8086 extensions, CR4.VME")
    de: bool = bit(2, "debugging extensions, CR4.DE")
    pse: bool = bit(3, "4 MiB pages")
    tsc: bool = bit(4, "RDTSC")
    msr: bool = bit(5, "RDMSR, WRMSR")
    pae: bool = bit(6, "physical-address extension")
    mce: bool = bit(7, "machine-check exception")
    cx8: bool = bit(8, "CMPXCHG8B")
    apic: bool = bit(9, "a local APIC, and it is on")
    reserved_10: int = reserved("10", must=None)
    sep: bool = bit(11, "SYSENTER, SYSEXIT")
    mtrr: bool = bit(12, "memory type range registers")
    pge: bool = bit(13, "global pages, CR4.PGE")
    mca: bool = bit(14, "machine-check architecture")
    cmov: bool = bit(15, "conditional moves")
    pat: bool = bit(16, "page attribute table")
    pse36: bool = bit(17, "4 MiB pages above 4 GiB")
    psn: bool = bit(18, "processor serial number")
    clfsh: bool = bit(19, "CLFLUSH")
    reserved_20: int = reserved("20", must=None)
    ds: bool = bit(21, "debug store")
    acpi: bool = bit(22, "thermal monitor MSRs")
    mmx: bool = bit(23, "MMX")
    fxsr: bool = bit(24, "FXSAVE, FXRSTOR")
    sse: bool = bit(25, "SSE")
    sse2: bool = bit(26, "SSE2")
    ss: bool = bit(27, "self snoop")
    htt: bool = bit(28, "the package may have more than one logical processor")
    tm: bool = bit(29, "thermal monitor")
    ia64: bool = bit(30, "reserved since Itanium")
    pbe: bool = bit(31, "pending break enable")


class Leaf1Ecx(Word, bits=32, source=SDM2(CPUID)):
    """Features in ECX of leaf 1."""

    sse3: bool = bit(0, "SSE3")
    pclmulqdq: bool = bit(1, "carry-less multiplication")
    dtes64: bool = bit(2, "64-bit debug store")
    monitor: bool = bit(3, "MONITOR, MWAIT")
    ds_cpl: bool = bit(4, "debug store by privilege level")
    vmx: bool = bit(5, "virtual machine extensions")
    smx: bool = bit(6, "safer mode extensions")
    eist: bool = bit(7, "SpeedStep")
    tm2: bool = bit(8, "thermal monitor 2")
    ssse3: bool = bit(9, "SSSE3")
    cnxt_id: bool = bit(10, "L1 context ID")
    sdbg: bool = bit(11, "silicon debug")
    fma: bool = bit(12, "fused multiply-add")
    cmpxchg16b: bool = bit(13, "CMPXCHG16B")
    xtpr: bool = bit(14, "task priority messages can be disabled")
    pdcm: bool = bit(15, "performance capabilities MSR")
    reserved_16: int = reserved("16", must=None)
    pcid: bool = bit(17, "process-context identifiers")
    dca: bool = bit(18, "direct cache access")
    sse4_1: bool = bit(19, "SSE4.1")
    sse4_2: bool = bit(20, "SSE4.2")
    x2apic: bool = bit(21, "x2APIC")
    movbe: bool = bit(22, "MOVBE")
    popcnt: bool = bit(23, "POPCNT")
    tsc_deadline: bool = bit(24, "the local APIC's timer can wait for a TSC value")
    aes: bool = bit(25, "AES instructions")
    xsave: bool = bit(26, "XSAVE, XRSTOR, XGETBV, XSETBV")
    osxsave: bool = bit(27, "CR4.OSXSAVE is set")
    avx: bool = bit(28, "AVX")
    f16c: bool = bit(29, "16-bit floating-point conversions")
    rdrand: bool = bit(30, "RDRAND")
    hypervisor: bool = bit(31, "a hypervisor says so; processors return 0")


class Leaf7Ebx(Word, bits=32, source=SDM2(CPUID)):
    """Features in EBX of leaf 7, subleaf 0."""

    fsgsbase: bool = bit(0, "RDFSBASE and its three companions, CR4.FSGSBASE")
    tsc_adjust: bool = bit(1, "TSC_ADJUST MSR")
    sgx: bool = bit(2, "software guard extensions")
    bmi1: bool = bit(3, "bit manipulation, first group")
    hle: bool = bit(4, "hardware lock elision")
    avx2: bool = bit(5, "AVX2")
    fdp_excptn_only: bool = bit(6, "x87 data pointer updated only on errors")
    smep: bool = bit(7, "supervisor-mode execution prevention")
    bmi2: bool = bit(8, "bit manipulation, second group")
    erms: bool = bit(9, "fast REP MOVSB and STOSB")
    invpcid: bool = bit(10, "INVPCID")
    rtm: bool = bit(11, "restricted transactional memory")
    rdt_m: bool = bit(12, "resource monitoring")
    no_fcs_fds: bool = bit(13, "x87 CS and DS read 0")
    mpx: bool = bit(14, "memory protection extensions")
    rdt_a: bool = bit(15, "resource allocation")
    avx512f: bool = bit(16, "AVX-512 foundation")
    avx512dq: bool = bit(17, "AVX-512 doublewords and quadwords")
    rdseed: bool = bit(18, "RDSEED")
    adx: bool = bit(19, "ADCX, ADOX")
    smap: bool = bit(20, "supervisor-mode access prevention")
    avx512_ifma: bool = bit(21, "AVX-512 integer fused multiply-add")
    reserved_22: int = reserved("22", must=None)
    clflushopt: bool = bit(23, "CLFLUSHOPT")
    clwb: bool = bit(24, "CLWB")
    intel_pt: bool = bit(25, "processor trace")
    avx512pf: bool = bit(26, "AVX-512 prefetch")
    avx512er: bool = bit(27, "AVX-512 exponential and reciprocal")
    avx512cd: bool = bit(28, "AVX-512 conflict detection")
    sha: bool = bit(29, "SHA instructions")
    avx512bw: bool = bit(30, "AVX-512 bytes and words")
    avx512vl: bool = bit(31, "AVX-512 at 128 and 256 bits")


class Leaf7Ecx(Word, bits=32, source=SDM2(CPUID)):
    """Features in ECX of leaf 7, subleaf 0, that concern system software."""

    reserved_0: int = reserved("1:0", must=None)
    umip: bool = bit(2, "user-mode instruction prevention, CR4.UMIP")
    pku: bool = bit(3, "protection keys for user pages, CR4.PKE")
    ospke: bool = bit(4, "CR4.PKE is set")
    waitpkg: bool = bit(5, "UMONITOR, UMWAIT, TPAUSE")
    reserved_6: int = reserved("6", must=None)
    cet_ss: bool = bit(7, "shadow stacks")
    reserved_8: int = reserved("15:8", must=None)
    la57: bool = bit(16, "5-level paging, CR4.LA57")
    reserved_17: int = reserved("21:17", must=None)
    rdpid: bool = bit(22, "RDPID")
    key_locker: bool = bit(23, "key locker, CR4.KL")
    bus_lock_detect: bool = bit(24, "bus-lock debug exceptions")
    reserved_25: int = reserved("30:25", must=None)
    pks: bool = bit(31, "protection keys for supervisor pages, CR4.PKS")


class Leaf7Edx(Word, bits=32, source=SDM2(CPUID)):
    """Features in EDX of leaf 7, subleaf 0, that concern system software."""

    reserved_0: int = reserved("3:0", must=None)
    fsrm: bool = bit(4, "fast short REP MOVSB")
    uintr: bool = bit(5, "user interrupts, CR4.UINTR")
    reserved_6: int = reserved("9:6", must=None)
    md_clear: bool = bit(10, "VERW clears processor buffers")
    reserved_11: int = reserved("13:11", must=None)
    serialize: bool = bit(14, "SERIALIZE")
    hybrid: bool = bit(15, "processors of several types in one package")
    reserved_16: int = reserved("19:16", must=None)
    cet_ibt: bool = bit(20, "indirect branch tracking")
    reserved_21: int = reserved("25:21", must=None)
    ibrs_ibpb: bool = bit(26, "SPEC_CTRL and PRED_CMD MSRs: restriction and barrier of branches")
    stibp: bool = bit(27, "single-thread indirect branch predictors")
    l1d_flush: bool = bit(28, "FLUSH_CMD MSR")
    arch_capabilities: bool = bit(29, "ARCH_CAPABILITIES MSR: which attacks do not concern it")
    core_capabilities: bool = bit(30, "CORE_CAPABILITIES MSR")
    ssbd: bool = bit(31, "speculative store bypass can be disabled")


class Leaf0dEax(Word, bits=32, source=SDM2(CPUID)):
    """The low half of the components that XCR0 may have, in EAX of leaf 0Dh, subleaf 0."""

    x87: bool = bit(0, "x87 state")
    sse: bool = bit(1, "XMM registers and MXCSR")
    avx: bool = bit(2, "upper halves of YMM0-15")
    bndregs: bool = bit(3, "MPX bounds")
    bndcsr: bool = bit(4, "MPX configuration and status")
    opmask: bool = bit(5, "AVX-512 masks")
    zmm_hi256: bool = bit(6, "upper halves of ZMM0-15")
    hi16_zmm: bool = bit(7, "ZMM16-31")
    reserved_8: int = reserved("8", must=None)
    pkru: bool = bit(9, "rights of user protection keys")
    reserved_10: int = reserved("16:10", must=None)
    tilecfg: bool = bit(17, "AMX configuration")
    tiledata: bool = bit(18, "AMX tiles")
    reserved_19: int = reserved("31:19", must=None)


class Leaf0dSub1Eax(Word, bits=32, source=SDM2(CPUID)):
    """Relatives of XSAVE, in EAX of leaf 0Dh, subleaf 1."""

    xsaveopt: bool = bit(0, "XSAVEOPT: does not write what has not changed")
    xsavec: bool = bit(1, "XSAVEC: compacted areas")
    xgetbv_1: bool = bit(2, "XGETBV with ECX = 1: components in use")
    xsaves: bool = bit(3, "XSAVES, XRSTORS and the XSS MSR")
    xfd: bool = bit(4, "extended feature disable")
    reserved_5: int = reserved("31:5", must=None)


class Leaf80000001Edx(Word, bits=32, source=APM3(EXTENDED_FEATURES)):
    """Features in EDX of leaf 80000001h; AMD repeats leaf 1's bits in those reserved here."""

    reserved_0: int = reserved("10:0", must=None)
    syscall: bool = bit(11, "SYSCALL and SYSRET; Intel: only in 64-bit mode")
    reserved_12: int = reserved("19:12", must=None)
    nx: bool = bit(20, "no-execute pages, EFER.NXE")
    reserved_21: int = reserved("21", must=None)
    mmx_ext: bool = bit(22, "AMD's extensions to MMX")
    reserved_23: int = reserved("24:23", must=None)
    ffxsr: bool = bit(25, "EFER.FFXSR")
    page1gb: bool = bit(26, "1 GiB pages")
    rdtscp: bool = bit(27, "RDTSCP and the TSC_AUX MSR")
    reserved_28: int = reserved("28", must=None)
    long_mode: bool = bit(29, "LM: long mode")
    amd_3dnow_ext: bool = bit(30, "AMD's extensions to 3DNow!")
    amd_3dnow: bool = bit(31, "3DNow!")


class Leaf80000001Ecx(Word, bits=32, source=APM3(EXTENDED_FEATURES)):
    """Features in ECX of leaf 80000001h that concern system software."""

    lahf: bool = bit(0, "LAHF and SAHF in 64-bit mode")
    cmp_legacy: bool = bit(1, "the logical processors of leaf 1 are cores")
    svm: bool = bit(2, "secure virtual machine")
    extapic: bool = bit(3, "extended APIC space")
    cr8_legacy: bool = bit(4, "LOCK MOV CR0 means MOV CR8")
    abm: bool = bit(5, "LZCNT")
    sse4a: bool = bit(6, "SSE4A")
    misalignsse: bool = bit(7, "misaligned SSE mode")
    prefetchw: bool = bit(8, "PREFETCHW")
    osvw: bool = bit(9, "OS-visible workarounds")
    ibs: bool = bit(10, "instruction-based sampling")
    xop: bool = bit(11, "XOP")
    skinit: bool = bit(12, "SKINIT, STGI")
    wdt: bool = bit(13, "watchdog timer")
    reserved_14: int = reserved("14", must=None)
    lwp: bool = bit(15, "lightweight profiling")
    fma4: bool = bit(16, "four-operand fused multiply-add")
    tce: bool = bit(17, "translation cache extension, EFER.TCE")
    reserved_18: int = reserved("21:18", must=None)
    topology: bool = bit(22, "leaf 8000001Dh and its neighbour")
    perf_core: bool = bit(23, "core performance counters")
    reserved_24: int = reserved("31:24", must=None)


class Leaf80000007Edx(Word, bits=32, source=APM3(POWER)):
    """Features in EDX of leaf 80000007h."""

    reserved_0: int = reserved("7:0", must=None)
    invariant_tsc: bool = bit(8, "the TSC runs at one rate in every power state")
    reserved_9: int = reserved("31:9", must=None)


class AddressSizes(Word, bits=32, source=APM3(CAPACITY)):
    """EAX of leaf 80000008h."""

    physical: int = bits("7:0", "MAXPHYADDR: bits of a physical address")
    linear: int = bits("15:8", "bits of a linear address")
    guest_physical: int = bits("23:16", "bits of a guest-physical address; 0: as physical (AMD)")
    reserved_24: int = reserved("31:24", must=None)
