"""Structures from outside 64-bit mode, and the APICs', against the C structures of Linux."""

from __future__ import annotations

from typing import Any

import pytest

from kobjects.cpu.apic import DeliveryMode, LvtEntry, TimerMode
from kobjects.cpu.apic_page import LocalApicPage, vectors
from kobjects.cpu.ioapic import RedirectionEntry
from kobjects.cpu.legacy import (
    CallGate32,
    GateDescriptor32,
    LegacyGateType,
    LegacySystemType,
    SystemDescriptor32,
    TaskGate,
)
from kobjects.cpu.segments import Ring
from kobjects.cpu.tss import TaskStateSegment16, TaskStateSegment32
from tests.kobjects.oracle import evaluate, layout, linux_struct, pairs, run_c

PROCESSOR_H = "arch/x86/include/asm/processor.h"

TSS_32 = pairs(
    """link=back_link esp0=sp0 ss0=ss0 esp1=sp1 ss1=ss1 esp2=sp2 ss2=ss2 cr3=__cr3 eip=ip
    eflags=flags eax=ax ecx=cx edx=dx ebx=bx esp=sp ebp=bp esi=si edi=di es=es cs=cs ss=ss ds=ds
    fs=fs gs=gs ldt=ldt debug=trace iomap_base=io_bitmap_base"""
)


def test_32_bit_task_state_segment_has_the_layout_of_linux() -> None:
    """Of an i386 kernel, where long has 32 bits."""
    text = linux_struct(PROCESSOR_H, "x86_hw_tss").replace("unsigned long", "u32")
    found = evaluate(layout("x86_hw_tss", TSS_32), declarations=text)
    assert found["x86_hw_tss:"] == TaskStateSegment32.size
    for path in TSS_32:
        assert found[f"x86_hw_tss:{path}@"] == TaskStateSegment32.offset(path), path
    named = {name for name in TaskStateSegment32.fields if not name.startswith("reserved")}
    assert named == TSS_32.keys()


def test_16_bit_task_state_segment_is_the_manuals_figure() -> None:
    """SDM3, "16-Bit TSS Format": offsets 0, 2, … 42 from the link to the LDT's selector."""
    order = "link sp0 ss0 sp1 ss1 sp2 ss2 ip flags ax cx dx bx sp bp si di es cs ss ds ldt"
    assert " ".join(TaskStateSegment16.fields) == order
    assert [TaskStateSegment16.offset(name) for name in order.split()] == [*range(0, 44, 2)]


DESCRIPTORS = """
#include <string.h>
#undef CONFIG_X86_64
#define u8 uint8_t
#include <asm/desc_defs.h>
int main() {
    struct gate_struct gate = {.offset_low = 0x5678, .segment = 0x60, .offset_middle = 0xc1234,
        .bits = {.type = GATE_TRAP, .dpl = 3, .p = 1}};
    fwrite(&gate, 8, 1, stdout);
    struct gate_struct task = {.segment = 0xf8, .bits = {.type = GATE_TASK, .p = 1}};
    fwrite(&task, 8, 1, stdout);
    struct ldttss_desc tss = {.limit0 = 0x206b, .base0 = 0x3344, .type = DESC_TSS, .p = 1,
        .base1 = 0x22, .base2 = 0xc1, .dpl = 0, .g = 0, .limit1 = 0xa};
    fwrite(&tss, 8, 1, stdout);
}
"""


def test_descriptors_equal_those_of_a_32_bit_linux() -> None:
    output = run_c(
        "#include <stdint.h>\n#include <stdio.h>\n"
        "typedef uint16_t u16; typedef uint32_t u32; typedef uint64_t u64;" + DESCRIPTORS,
        linux=True,
    )
    gate = GateDescriptor32(
        offset=0x12345678, selector=0x60, type=LegacyGateType.TRAP_32, dpl=Ring.USER, present=True
    )
    task = TaskGate(selector=0xF8, present=True)
    tss = SystemDescriptor32(
        limit=0xA206B, base=0xC1223344, type=LegacySystemType.AVAILABLE_TSS_32, present=True
    )
    assert output == gate.build() + task.build() + tss.build()


def test_a_call_gate_is_the_manuals_example_of_bits() -> None:
    """SDM3, "Call-Gate Descriptor": offset in both ends, count in bits 4:0 of the second half."""
    gate = CallGate32(offset=0xAABBCCDD, selector=0x18, parameters=3, dpl=Ring.USER, present=True)
    assert int(gate) >> 32 == 0xAABB << 16 | 0xEC << 8 | 3
    assert int(gate) & 0xFFFFFFFF == 0x18 << 16 | 0xCCDD


def test_redirection_entry_equals_linux() -> None:
    text = linux_struct("arch/x86/include/asm/io_apic.h", "IO_APIC_route_entry")
    program = """
    #include <stdint.h>
    #include <stdio.h>
    typedef uint32_t u32; typedef uint64_t u64;
    %s
    int main() {
        struct IO_APIC_route_entry e = {.vector = 0x31, .delivery_mode = 1, .active_low = 1,
            .is_level = 1, .masked = 1, .destid_0_7 = 0xa5};
        fwrite(&e, sizeof e, 1, stdout);
        struct IO_APIC_route_entry f = {.dest_mode_logical = 1, .delivery_status = 1, .irr = 1};
        fwrite(&f, sizeof f, 1, stdout);
    }"""
    first = RedirectionEntry(
        vector=0x31, delivery_mode=DeliveryMode.LOWEST_PRIORITY, active_low=True,
        level_triggered=True, masked=True, destination=0xA5,
    )  # fmt: skip
    second = RedirectionEntry(logical=True, pending=True, remote_irr=True)
    assert run_c(program % text) == first.build() + second.build()


PAGE = pairs(
    """id=id version=version tpr=tpr apr=apr ppr=ppr eoi=eoi logical_destination=ldr
    destination_format=dfr spurious=svr in_service=isr trigger_mode=tmr requested=irr
    error_status=esr icr_low=icr1 icr_high=icr2 lvt_timer=lvt_timer lvt_thermal=lvt_thermal
    lvt_performance=lvt_pc lvt_lint0=lvt_lint0 lvt_lint1=lvt_lint1 lvt_error=lvt_error
    timer_initial=timer_icr timer_current=timer_ccr timer_divide=timer_dcr"""
)


def test_local_apic_page_has_the_layout_of_linux() -> None:
    found = evaluate(layout("local_apic", PAGE), includes=["asm/apicdef.h"], linux=True)
    for path in PAGE:
        assert found[f"local_apic:{path}@"] == LocalApicPage.offset(path), path
    named = {name for name in LocalApicPage.fields if not name.startswith("reserved")}
    assert named - PAGE.keys() == {"remote_read", "lvt_cmci"}, "Linux leaves these unnamed"
    others = {"remote_read": "APIC_RRR", "lvt_cmci": "APIC_LVTCMCI"}
    offsets = {name: LocalApicPage.offset(name) for name in others}
    assert offsets == evaluate(others, includes=["asm/apicdef.h"], linux=True)


def test_local_apic_page_is_read_as_linux_fills_it() -> None:
    program = """
    #include <stdint.h>
    #include <stdio.h>
    typedef uint32_t u32;
    #include <asm/apicdef.h>
    int main() {
        static struct local_apic a;
        a.lvt_timer.vector = 0xec; a.lvt_timer.timer_mode = 1; a.lvt_lint0.mask = 1;
        a.lvt_lint0.delivery_mode = 7; a.isr[1].bitfield = 1 << 19; a.tpr.priority = 0x20;
        a.svr.apic_enabled = 1; a.svr.spurious_vector = 0xff;
        a.esr.error_bits.illegal_register_address = 1;
        a.timer_dcr.divisor = APIC_TDR_DIV_16; a.dfr.model = 0xf; a.ldr.logical_dest = 4;
        fwrite(&a, sizeof a, 1, stdout);
    }"""
    data = run_c(program, linux=True)
    page = LocalApicPage.parse(data.ljust(4096, b"\0"))
    assert page.lvt_timer == LvtEntry(vector=0xEC, timer_mode=TimerMode.PERIODIC)
    assert page.lvt_lint0 == LvtEntry(delivery_mode=DeliveryMode.EXTINT, masked=True)
    assert vectors(page.in_service) == [32 + 19]
    assert page.tpr.priority_class == 2
    assert (page.spurious.enabled, page.spurious.vector) == (True, 0xFF)
    assert page.error_status.illegal_register
    assert page.timer_divide.divide == 3, "2 to the power of one more"
    assert (page.destination_format.model, page.logical_destination.id) == (15, 4)


@pytest.mark.parametrize("schema", [SystemDescriptor32, GateDescriptor32, TaskGate, CallGate32])
def test_a_null_descriptor_breaks_no_rule(schema: Any) -> None:
    assert schema.from_int(0).check() == []
    assert [found.path for found in schema.from_int(1 << 44).check()][-1:] != []
