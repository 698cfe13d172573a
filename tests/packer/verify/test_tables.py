"""Gates, the TSS and its stacks: one field changed, and the check finds that."""

from __future__ import annotations

from typing import Any

import pytest

from kobjects.cpu.gates import GateDescriptor, GateType
from kobjects.cpu.paging import PageTableEntry
from kobjects.cpu.segments import Ring, SegmentDescriptor
from kobjects.cpu.tss import TaskStateSegment
from packer.checks import findings, gates, interrupt_stacks
from packer.subject import Subject
from stages.selectors import Selector
from stages.vectors import Ist
from tests.packer.verify.images import built, changed, demonstration, texts

GATE = GateDescriptor.sizeof()


def with_gate(vector: int, **fields: Any) -> Subject:
    subject = demonstration()
    gate = gates.table(subject)[vector].replace(**fields)
    return changed(subject, subject.symbols["idt"] + vector * GATE, bytes(gate.build()))


def with_tss(**fields: Any) -> Subject:
    subject = demonstration()
    tss, descriptor = (
        interrupt_stacks.task_state(subject),
        interrupt_stacks.task_descriptor(subject),
    )
    assert tss is not None
    assert descriptor is not None
    return changed(subject, descriptor.base, bytes(tss.replace(**fields).build()))


def with_stack(number: int, top: int) -> Subject:
    tss = interrupt_stacks.task_state(demonstration())
    assert tss is not None
    stacks = list(tss.ist)
    stacks[number - 1] = top
    return with_tss(ist=tuple(stacks))


def test_a_good_image_has_no_findings() -> None:
    assert findings(built()) == []


@pytest.mark.parametrize(
    ("vector", "fields", "text"),
    [
        (14, {"dpl": Ring.USER}, "idt[14].dpl: error[KP2341]: is 3; it has to be 0"),
        (3, {"dpl": Ring.KERNEL}, "idt[3].dpl: error[KP2341]: is 0; it has to be 3"),
        (2, {"ist": 0}, "idt[2].ist: error[KP2342]: is 0; it has to be 1 to 7"),
        (13, {"ist": 1}, "idt[13].ist: error[KP2342]: is 1; it has to be 0"),
        (32, {"type": GateType.TRAP}, "idt[32].type: error[KP2340]: is 0xf; it has to be 0xe"),
        (32, {"present": False}, "idt[32].present: error[KP2340]: is 0; it has to be 1"),
        (
            7,
            {"selector": Selector.KERNEL_DATA},
            "idt[7].selector: error[KP2343]: is 0x10: not a present 64-bit code segment of ring 0",
        ),
        (
            7,
            {"selector": 0x400},
            "idt[7].selector: error[KP2343]: is 0x400: no descriptor of ring 0 in the GDT, which "
            "has 64 bytes",
        ),
    ],
)
def test_a_gate_with_one_field_wrong(vector: int, fields: dict[str, Any], text: str) -> None:
    assert texts(gates.check(with_gate(vector, **fields)).problems) == [text]


def test_a_gate_into_an_instruction() -> None:
    offset = demonstration().symbols["trap_8"] + 1
    assert texts(gates.check(with_gate(8, offset=offset)).problems) == [
        f"idt[8].offset: error[KP2344]: is {offset:#x}: not the first byte of an instruction"
    ]


def test_a_gate_out_of_the_code() -> None:
    offset = demonstration().symbols["cpu"]
    assert texts(gates.check(with_gate(8, offset=offset)).problems) == [
        f"idt[8].offset: error[KP2344]: is {offset:#x}: outside of the kernel's code"
    ]


def test_a_gate_into_a_page_that_is_not_executable() -> None:
    """The page of the first gate's stub, by its entry in the kernel's page table."""
    subject = demonstration()
    stub = subject.symbols["trap_0"]
    entry = subject.symbols["window_pt"] + 8 * (stub >> 12 & 511)
    old = PageTableEntry.parse(subject.read(entry, 8))
    mutant = changed(subject, entry, bytes(old.replace(no_execute=True).build()))
    found = texts(gates.check(mutant).problems)
    assert found[0] == (
        f"idt[0].offset: error[KP2344]: is {stub:#x}: in no page that the kernel may execute, and "
        "only it"
    )


def test_a_code_segment_that_is_not_long() -> None:
    subject = demonstration()
    place = subject.symbols["gdt"] + Selector.KERNEL_CODE
    old = SegmentDescriptor.parse(subject.read(place, 8))
    found = gates.check(changed(subject, place, bytes(old.replace(long=False).build()))).problems
    assert len(found) == 256
    assert {one.code for one in found} == {"KP2343"}


def test_two_vectors_on_one_stack() -> None:
    top = demonstration().symbols["nmi_stack"] + 4096
    mutant = with_stack(Ist.DOUBLE_FAULT, top)
    first, second = sorted((Ist.DOUBLE_FAULT, Ist.NMI))
    assert texts(interrupt_stacks.check(mutant).problems) == [
        f"tss.ist[{second - 1}]: error[KP2347]: is the end of nmi_stack, and so is "
        f"tss.ist[{first - 1}]"
    ]


def test_a_stack_pointer_inside_its_stack() -> None:
    top = demonstration().symbols["nmi_stack"] + 0x800
    assert texts(interrupt_stacks.check(with_stack(Ist.NMI, top)).problems) == [
        f"tss.ist[{Ist.NMI - 1}]: error[KP2346]: is {top:#x}, inside nmi_stack; a stack's end, a "
        "multiple of 16, is wanted"
    ]


def test_a_stack_that_there_is_not() -> None:
    assert texts(interrupt_stacks.check(with_stack(Ist.NMI, 0)).problems) == [
        f"tss.ist[{Ist.NMI - 1}]: error[KP2346]: is 0, and idt[2].ist is {int(Ist.NMI)}"
    ]


def test_a_stack_without_a_guard() -> None:
    subject = demonstration()
    below = subject.symbols["debug_stack"] - 4096
    entry = subject.symbols["window_pt"] + 8 * (below >> 12 & 511)
    page = PageTableEntry(present=True, writable=True, no_execute=True, address=0x30_0000)
    found = texts(interrupt_stacks.check(changed(subject, entry, bytes(page.build()))).problems)
    (text,) = found
    assert text.startswith(f"tss.ist[{Ist.DEBUG - 1}]: error[KP2348]: is ")
    assert "of debug_stack, and the page below that is mapped" in text


def test_a_stack_that_cannot_be_written() -> None:
    subject = demonstration()
    entry = subject.symbols["window_pt"] + 8 * (subject.symbols["debug_stack"] >> 12 & 511)
    old = PageTableEntry.parse(subject.read(entry, 8))
    mutant = changed(subject, entry, bytes(old.replace(writable=False).build()))
    (text,) = texts(interrupt_stacks.check(mutant).problems)
    assert f"whose page {subject.symbols['debug_stack']:#x} the kernel cannot write" in text


def test_an_io_map_over_the_tss_itself() -> None:
    assert texts(interrupt_stacks.check(with_tss(iomap_base=0x20)).problems) == [
        "tss.iomap_base: error[KP2349]: is 0x20, within the TSS's own 0x68 bytes"
    ]


def test_a_task_whose_stack_is_nowhere() -> None:
    (text,) = texts(interrupt_stacks.check(with_tss(rsp0=0x1000)).problems[:1])
    assert text.startswith("tss.rsp0: error[KP2346]: is 0x1000, and the kernel cannot write 0xfff")


def test_a_tss_that_is_no_tss() -> None:
    subject = demonstration()
    place = subject.symbols["gdt"] + Selector.TSS
    descriptor = interrupt_stacks.task_descriptor(subject)
    assert descriptor is not None
    mutant = changed(subject, place, bytes(descriptor.replace(present=False).build()))
    assert texts(interrupt_stacks.check(mutant).problems) == [
        "gdt.tss: error[KP2345]: is of type 0x9, present 0"
    ]
    assert TaskStateSegment.size == 104  # SDM 3, Figure 8-11
