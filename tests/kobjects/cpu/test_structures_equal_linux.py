"""Descriptors, gates, the TSS and the FXSAVE area against the C structures of Linux's headers."""

from __future__ import annotations

from typing import Any

import pytest

from kobjects.cpu.gates import GateDescriptor, GateType
from kobjects.cpu.segments import (
    DescriptorTablePointer,
    Ring,
    SegmentDescriptor,
    SystemDescriptor,
    SystemType,
)
from kobjects.cpu.tss import TaskStateSegment
from kobjects.cpu.xsave import MXCSR_RESET, FxsaveArea, Mxcsr, XsaveArea
from tests.kobjects.oracle import evaluate, layout, linux_struct, pairs, run_c

CODE = {"executable": True, "writable": True, "accessed": True, "granularity": True}
DATA = {"writable": True, "accessed": True, "granularity": True, "default_size": True}

# gdt_page in arch/x86/kernel/cpu/common.c, which spells them GDT_ENTRY_INIT(flags, 0, 0xfffff).
LINUX_DESCRIPTORS: list[tuple[dict[str, Any], int]] = [
    (CODE | {"default_size": True}, 0x00CF9B000000FFFF),
    (CODE | {"long": True}, 0x00AF9B000000FFFF),
    (DATA, 0x00CF93000000FFFF),
    (CODE | {"default_size": True, "dpl": Ring.USER}, 0x00CFFB000000FFFF),
    (DATA | {"dpl": Ring.USER}, 0x00CFF3000000FFFF),
    (CODE | {"long": True, "dpl": Ring.USER}, 0x00AFFB000000FFFF),
]


@pytest.mark.parametrize(("fields", "raw"), LINUX_DESCRIPTORS)
def test_segment_descriptor_equals_linux(fields: dict[str, Any], raw: int) -> None:
    assert SegmentDescriptor(present=True, limit=0xFFFFF, **fields) == raw


@pytest.mark.parametrize(("fields", "raw"), LINUX_DESCRIPTORS)
def test_linux_descriptors_break_no_rule(fields: dict[str, Any], raw: int) -> None:
    assert SegmentDescriptor.from_int(raw).check() == []


def test_code_that_is_64_bit_and_32_bit_at_once_is_found() -> None:
    both = SegmentDescriptor(executable=True, long=True, default_size=True)
    assert [str(finding) for finding in both.check()] == [
        "default_size: 0x1, but must be clear in a 64-bit code segment"
    ]


DESCRIPTORS = """
#include <string.h>
#include <asm/desc_defs.h>
#include <stdio.h>
int main() {
    struct desc_struct code = {.limit0 = 0x5678, .limit1 = 0x9, .base0 = 0x3344, .base1 = 0x22,
        .base2 = 0x11, .type = 0xb, .s = 1, .dpl = 3, .p = 1, .avl = 1, .l = 1, .d = 0, .g = 1};
    fwrite(&code, sizeof code, 1, stdout);
    struct ldttss_desc tss = {.limit0 = 0x4087, .base0 = 0x3000, .type = DESC_TSS, .p = 1,
        .base2 = 0xfe, .base1 = 0xdc, .base3 = 0xfffffe00, .dpl = 2, .g = 1, .limit1 = 0xa};
    fwrite(&tss, sizeof tss, 1, stdout);
    struct gate_struct gate = {.offset_low = 0x0a00, .segment = 0x10, .offset_middle = 0x8980,
        .offset_high = 0xffffffff, .bits = {.ist = 3, .type = GATE_TRAP, .dpl = 3, .p = 1}};
    fwrite(&gate, sizeof gate, 1, stdout);
}
"""


def test_descriptors_and_gates_equal_linux_structures() -> None:
    program = "typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32;"
    output = run_c(f"#define CONFIG_X86_64 1\n{program}\n{DESCRIPTORS}", linux=True)
    code = SegmentDescriptor(
        limit=0x95678, base=0x11223344, accessed=True, writable=True, executable=True,
        dpl=Ring.USER, present=True, available=True, long=True, granularity=True,
    )  # fmt: skip
    tss = SystemDescriptor(
        limit=0xA4087, base=0xFFFFFE00FEDC3000, type=SystemType.AVAILABLE_TSS, dpl=Ring.RING_2,
        present=True, granularity=True,
    )  # fmt: skip
    gate = GateDescriptor(
        offset=0xFFFFFFFF89800A00, selector=0x10, ist=3, type=GateType.TRAP, dpl=Ring.USER,
        present=True,
    )  # fmt: skip
    assert output == code.build() + tss.build() + gate.build()


TSS = pairs(
    "rsp0=sp0 rsp1=sp1 rsp2=sp2 ist=ist ist[0]=ist[0] ist[6]=ist[6] iomap_base=io_bitmap_base"
)
FXSAVE = pairs(
    """fcw=cwd fsw=swd fop=fop fip=rip fdp=rdp mxcsr=mxcsr mxcsr_mask=mxcsr_mask st=st_space
    xmm=xmm_space st[1]=st_space[4] xmm[15]=xmm_space[60] available=sw_reserved"""
)


def test_task_state_segment_has_the_layout_of_linux() -> None:
    text = linux_struct("arch/x86/include/asm/processor.h", "x86_hw_tss", nth=1)
    found = evaluate(layout("x86_hw_tss", TSS), declarations=text)
    assert found["x86_hw_tss:"] == TaskStateSegment.size
    for path in TSS:
        assert found[f"x86_hw_tss:{path}@"] == TaskStateSegment.offset(path), path


def test_fxsave_area_has_the_layout_of_linux() -> None:
    text = linux_struct("arch/x86/include/asm/fpu/types.h", "fxregs_state")
    found = evaluate(layout("fxregs_state", FXSAVE), declarations=text)
    assert found["fxregs_state:"] == FxsaveArea.size
    for path in FXSAVE:
        assert found[f"fxregs_state:{path}@"] == FxsaveArea.offset(path), path


def test_xsave_area_has_the_layout_of_linux() -> None:
    types = "arch/x86/include/asm/fpu/types.h"
    text = linux_struct(types, "fxregs_state") + linux_struct(types, "xstate_header")
    text += "struct area { struct fxregs_state legacy; struct xstate_header header; };"
    members = pairs("legacy=legacy header=header")
    members |= {"header.xstate_bv": "header.xfeatures", "header.xcomp_bv": "header.xcomp_bv"}
    found = evaluate(layout("area", members), declarations=text)
    assert found["area:"] == XsaveArea.size
    for path in members:
        assert found[f"area:{path}@"] == XsaveArea.offset(path), path


def test_table_pointer_is_ten_bytes_without_padding() -> None:
    found = evaluate(
        layout("desc_ptr", {"limit": "size", "base": "address"}),
        declarations=linux_struct("arch/x86/include/asm/desc_defs.h", "desc_ptr"),
    )
    assert found["desc_ptr:"] == DescriptorTablePointer.size == 10
    assert found["desc_ptr:base@"] == DescriptorTablePointer.offset("base") == 2


def test_reset_values_of_the_vector_control_register() -> None:
    masked = Mxcsr(
        mask_invalid=True, mask_denormal=True, mask_divide_by_zero=True, mask_overflow=True,
        mask_underflow=True, mask_precision=True,
    )  # fmt: skip
    (linux,) = evaluate({"x": "MXCSR_DEFAULT"}, includes=["asm/fpu/types.h"], linux=True).values()
    assert masked == MXCSR_RESET == linux
