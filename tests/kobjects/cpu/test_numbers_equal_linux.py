"""Numbers of vectors, registers and features against Linux's headers."""

from __future__ import annotations

import re
from enum import IntEnum

from kobjects.bitfield import BitField
from kobjects.cpu import cpuid
from kobjects.cpu.apic import DeliveryMode, LocalApic, LvtEntry, TimerDivide, TimerMode
from kobjects.cpu.control import Xcr0
from kobjects.cpu.debug import BreakLength, BreakOn
from kobjects.cpu.exceptions import PUSHES_ERROR_CODE, Vector
from kobjects.cpu.gates import GateType
from kobjects.cpu.legacy import LegacyCallType, LegacyGateType, LegacySystemType
from kobjects.cpu.msr import MemoryType, Msr
from kobjects.cpu.segments import DescriptorTable, Ring, Rpl, SegmentSelector, SystemType
from kobjects.word import Word
from tests.kobjects.oracle import evaluate, linux_defines, linux_headers, pairs


def numbers(kind: type[IntEnum], table: dict[str, str]) -> dict[str, int]:
    return {name: int(kind[name]) for name in table}


def prefixed(prefix: str, table: dict[str, str]) -> dict[str, str]:
    return {name: prefix + constant for name, constant in table.items()}


def linux(table: dict[str, str], *headers: str, prefix: str = "") -> dict[str, int]:
    return evaluate(prefixed(prefix, table), includes=headers, linux=True)


def test_vectors() -> None:
    same = [
        "DE",
        "DB",
        "NMI",
        "BP",
        "OF",
        "BR",
        "UD",
        "NM",
        "DF",
        "TS",
        "NP",
        "SS",
        "GP",
        "PF",
        "MF",
        "AC",
        "MC",
        "VE",
        "CP",
        "VC",
    ]
    table = {name: name for name in same} | {"XM": "XF"}
    assert numbers(Vector, table) == linux(table, "asm/trapnr.h", prefix="X86_TRAP_")
    assert set(Vector.__members__) - set(table) == {"HV", "SX"}, "AMD's, which Linux does not name"


def test_vectors_that_push_an_error_code_are_those_linux_declares_so() -> None:
    """idtentry.h: entries that take over the error code that the processor pushed."""
    text = (linux_headers() / "arch/x86/include/asm/idtentry.h").read_text()
    kinds = "DECLARE_IDTENTRY_(?:ERRORCODE|RAW_ERRORCODE|DF|VC)"
    declared = set(re.findall(rf"^{kinds}\(X86_TRAP_(\w+),", text, re.MULTILINE))
    assert {vector.name for vector in PUSHES_ERROR_CODE} == declared | {"SX"}


def test_model_specific_registers() -> None:
    table = pairs(
        """TSC=IA32_TSC APIC_BASE=IA32_APICBASE FEATURE_CONTROL=IA32_FEAT_CTL
        UCODE_REV=IA32_UCODE_REV FLUSH_CMD=IA32_FLUSH_CMD MCG_CAP=IA32_MCG_CAP
        MCG_STATUS=IA32_MCG_STATUS MCG_CTL=IA32_MCG_CTL MTRR_FIX_64K_00000=MTRRfix64K_00000
        MTRR_FIX_16K_80000=MTRRfix16K_80000 MTRR_FIX_16K_A0000=MTRRfix16K_A0000
        MTRR_FIX_4K_C0000=MTRRfix4K_C0000 MTRR_FIX_4K_F8000=MTRRfix4K_F8000
        PL0_SSP=IA32_PL0_SSP PL3_SSP=IA32_PL3_SSP INTERRUPT_SSP_TABLE=IA32_INT_SSP_TAB
        SYSCFG=AMD64_SYSCFG HWCR=K7_HWCR VM_CR=VM_CR VM_HSAVE_PA=VM_HSAVE_PA
        TSC_ADJUST=IA32_TSC_ADJUST
        SPEC_CTRL=IA32_SPEC_CTRL PRED_CMD=IA32_PRED_CMD MTRR_CAP=MTRRcap
        ARCH_CAPABILITIES=IA32_ARCH_CAPABILITIES SYSENTER_CS=IA32_SYSENTER_CS
        SYSENTER_ESP=IA32_SYSENTER_ESP SYSENTER_EIP=IA32_SYSENTER_EIP MISC_ENABLE=IA32_MISC_ENABLE
        DEBUGCTL=IA32_DEBUGCTLMSR PAT=IA32_CR_PAT MTRR_DEF_TYPE=MTRRdefType U_CET=IA32_U_CET
        S_CET=IA32_S_CET TSC_DEADLINE=IA32_TSC_DEADLINE XSS=IA32_XSS EFER=EFER STAR=STAR
        LSTAR=LSTAR CSTAR=CSTAR FMASK=SYSCALL_MASK FS_BASE=FS_BASE GS_BASE=GS_BASE
        KERNEL_GS_BASE=KERNEL_GS_BASE TSC_AUX=TSC_AUX"""
    )
    assert numbers(Msr, table) == linux(table, "asm/msr-index.h", prefix="MSR_")
    ranges = {"MTRR_PHYS_BASE_0", "MTRR_PHYS_MASK_0"}
    assert set(Msr.__members__) - set(table) == {"X2APIC"} | ranges
    table = {"MTRR_PHYS_BASE_0": "MTRRphysBase_MSR(0)", "MTRR_PHYS_MASK_0": "MTRRphysMask_MSR(0)"}
    assert numbers(Msr, table) == evaluate(table, includes=["asm/mtrr.h"])
    assert linux({"x2apic": "APIC_BASE_MSR"}, "asm/apicdef.h") == {"x2apic": Msr.X2APIC}


def test_local_apic_registers() -> None:
    table = pairs(
        """ID=ID VERSION=LVR TPR=TASKPRI APR=ARBPRI PPR=PROCPRI EOI=EOI LOGICAL_DESTINATION=LDR
        DESTINATION_FORMAT=DFR SPURIOUS=SPIV IN_SERVICE=ISR TRIGGER_MODE=TMR REQUESTED=IRR
        ERROR_STATUS=ESR LVT_CMCI=LVTCMCI ICR_LOW=ICR ICR_HIGH=ICR2 LVT_TIMER=LVTT
        LVT_THERMAL=LVTTHMR LVT_PERFORMANCE=LVTPC LVT_LINT0=LVT0 LVT_LINT1=LVT1 LVT_ERROR=LVTERR
        TIMER_INITIAL=TMICT TIMER_CURRENT=TMCCT TIMER_DIVIDE=TDCR"""
    )
    assert table.keys() == LocalApic.__members__.keys()
    assert numbers(LocalApic, table) == linux(table, "asm/apicdef.h", prefix="APIC_")


def test_local_vector_table() -> None:
    table = {
        "APIC_LVT_MASKED": LvtEntry(masked=True),
        "APIC_LVT_LEVEL_TRIGGER": LvtEntry(level_triggered=True),
        "APIC_LVT_REMOTE_IRR": LvtEntry(remote_irr=True),
        "APIC_INPUT_POLARITY": LvtEntry(active_low=True),
        "APIC_SEND_PENDING": LvtEntry(pending=True),
        "APIC_LVT_TIMER_PERIODIC": LvtEntry(timer_mode=TimerMode.PERIODIC),
        "APIC_LVT_TIMER_TSCDEADLINE": LvtEntry(timer_mode=TimerMode.TSC_DEADLINE),
        "APIC_DM_SMI": LvtEntry(delivery_mode=DeliveryMode.SMI),
        "APIC_DM_NMI": LvtEntry(delivery_mode=DeliveryMode.NMI),
        "APIC_DM_EXTINT": LvtEntry(delivery_mode=DeliveryMode.EXTINT),
        **{f"APIC_TDR_DIV_{n}": TimerDivide[f"BY_{n}"] for n in (1, 2, 4, 8, 16, 32, 64, 128)},
    }
    assert linux({name: name for name in table}, "asm/apicdef.h") == table


def test_selectors_and_privilege() -> None:
    text = linux_defines("arch/x86/include/asm/segment.h", "(?:USER_RPL|SEGMENT_)")
    found = evaluate(pairs("user=USER_RPL rpl=SEGMENT_RPL_MASK ldt=SEGMENT_LDT"), declarations=text)
    assert found["user"] == Rpl.USER
    assert found["user"] == Ring.USER
    assert found["rpl"] == SegmentSelector(rpl=Ring.USER)
    assert found["ldt"] == SegmentSelector(table=DescriptorTable.LDT)
    assert [*map(int, Rpl)] == [int(Ring.KERNEL), int(Ring.USER)] == [0, found["rpl"]]


def test_debug_breakpoints() -> None:
    table = pairs("EXECUTE=EXECUTE WRITE=WRITE READ_WRITE=READ")
    found = evaluate(prefixed("DR_RW_", table), includes=["asm/debugreg.h"])
    assert found == numbers(BreakOn, table)
    table = pairs("ONE=1 TWO=2 FOUR=4 EIGHT=8")
    found = evaluate(prefixed("DR_LEN_", table), includes=["asm/debugreg.h"])
    assert found == {name: length << 2 for name, length in numbers(BreakLength, table).items()}


def test_types_of_gates_and_system_descriptors() -> None:
    table = pairs("LDT=DESC_LDT AVAILABLE_TSS=DESC_TSS CALL_GATE=GATE_CALL")
    assert numbers(SystemType, table) == linux(table, "asm/desc_defs.h")
    table = pairs("INTERRUPT_GATE=GATE_INTERRUPT TRAP_GATE=GATE_TRAP")
    assert numbers(SystemType, table) == linux(table, "asm/desc_defs.h")
    table = pairs("INTERRUPT=GATE_INTERRUPT TRAP=GATE_TRAP")
    assert numbers(GateType, table) == linux(table, "asm/desc_defs.h")
    table = pairs(
        """LDT=DESC_LDT AVAILABLE_TSS_32=DESC_TSS TASK_GATE=GATE_TASK CALL_GATE_32=GATE_CALL
        INTERRUPT_GATE_32=GATE_INTERRUPT TRAP_GATE_32=GATE_TRAP"""
    )
    assert numbers(LegacySystemType, table) == linux(table, "asm/desc_defs.h")


def test_types_of_16_bits_are_those_of_32_without_bit_3() -> None:
    """SDM3, "System-Segment and Gate-Descriptor Types"."""
    for wide in (kind for kind in LegacySystemType if kind.name.endswith("_32")):
        assert LegacySystemType[wide.name[:-2] + "16"] == wide - 8
    kinds = {kind.value: kind.name for kind in LegacySystemType}
    for gate in LegacyGateType:
        assert kinds[gate].replace("_GATE", "") == gate.name
    for call in LegacyCallType:
        assert kinds[call].replace("_GATE", "") == call.name


def test_memory_types() -> None:
    table = pairs("UNCACHEABLE=UNCACHABLE WRITE_COMBINING=WRCOMB WRITE_THROUGH=WRTHROUGH "
                  "WRITE_PROTECTED=WRPROT WRITE_BACK=WRBACK")  # fmt: skip
    found = evaluate(prefixed("MTRR_TYPE_", table), includes=["asm/mtrr.h"])
    assert found == numbers(MemoryType, table)


FEATURE_WORDS: dict[type[Word], int] = {
    cpuid.Leaf1Edx: 0,
    cpuid.Leaf80000001Edx: 1,
    cpuid.Leaf1Ecx: 4,
    cpuid.Leaf80000001Ecx: 6,
    cpuid.Leaf7Ebx: 9,
    cpuid.Leaf7Ecx: 16,
    cpuid.Leaf7Edx: 18,
}
"""Which word of Linux's feature array each register is (arch/x86/include/asm/cpufeature.h)."""

LINUX_CALLS_IT = pairs(
    """psn=PN clfsh=CLFLUSH ss=SELFSNOOP htt=HT tm=ACC sse=XMM sse2=XMM2 sse3=XMM3 monitor=MWAIT
    ds_cpl=DSCPL eist=EST cnxt_id=CID cmpxchg16b=CX16 sse4_1=XMM4_1 sse4_2=XMM4_2
    tsc_deadline=TSC_DEADLINE_TIMER rdt_m=CQM no_fcs_fds=ZERO_FCS_FDS sha=SHA_NI
    avx512_ifma=AVX512IFMA hybrid=HYBRID_CPU cet_ibt=IBT ibrs_ibpb=SPEC_CTRL stibp=INTEL_STIBP
    l1d_flush=FLUSH_L1D core_capabilities=CORE_CAPABILITIES ssbd=SPEC_CTRL_SSBD mmx_ext=MMXEXT
    ffxsr=FXSR_OPT page1gb=GBPAGES long_mode=LM amd_3dnow_ext=3DNOWEXT amd_3dnow=3DNOW
    lahf=LAHF_LM prefetchw=3DNOWPREFETCH topology=TOPOEXT perf_core=PERFCTR_CORE"""
)

UNNAMED_FEATURES = {"key_locker", "pks", "cet_ss", "uintr"}
"""Linux 6.1 has no constant for these."""


def test_features_have_the_bits_of_linux() -> None:
    wanted, table = {}, {}
    for word, number in FEATURE_WORDS.items():
        for name, field in word.fields.items():
            if field.reserved or name in UNNAMED_FEATURES:
                continue
            assert isinstance(field, BitField)
            key = f"{word.__name__}.{name}"
            wanted[key] = 32 * number + field.mask.bit_length() - 1
            table[key] = LINUX_CALLS_IT.get(name, name.upper())
    features = linux_defines("arch/x86/include/asm/cpufeatures.h", "X86_FEATURE_")
    assert wanted == evaluate(prefixed("X86_FEATURE_", table), declarations=features)


def test_components_that_cpuid_lists_are_those_of_xcr0() -> None:
    """Whose bits are held to Linux's constants in test_registers_equal_linux."""
    names = [name for name, field in cpuid.Leaf0dEax.fields.items() if not field.reserved]
    assert names == [name for name, field in Xcr0.fields.items() if not field.reserved]
    for name in names:
        assert int(cpuid.Leaf0dEax(**{name: True})) == Xcr0(**{name: True})


def test_xsave_instructions() -> None:
    features = linux_defines("arch/x86/include/asm/cpufeatures.h", "X86_FEATURE_")
    table = pairs("xsaveopt=XSAVEOPT xsavec=XSAVEC xgetbv_1=XGETBV1 xsaves=XSAVES xfd=XFD")
    found = evaluate(
        {name: f"1 << X86_FEATURE_{feature} % 32" for name, feature in table.items()},
        declarations=features,
    )
    for name, value in found.items():
        assert cpuid.Leaf0dSub1Eax(**{name: True}) == value, name
