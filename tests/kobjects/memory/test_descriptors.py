"""What descriptor tables lead to, in both modes, and what is said where they lead nowhere.

Bits of descriptors are held to Linux and gcc in tests/kobjects/cpu; whole tables of machines that
ran are read in test_a_real_linux, test_our_kernel and test_ovmf.
"""

from __future__ import annotations

from typing import Any

from kobjects.cpu.gates import CallGate, GateDescriptor
from kobjects.cpu.legacy import (
    CallGate32,
    GateDescriptor32,
    LegacySystemType,
    SystemDescriptor32,
    TaskGate,
)
from kobjects.cpu.paging import PageDirectoryEntry2M, PageDirectoryPointerEntry, PageMapLevel4Entry
from kobjects.cpu.segments import (
    Ring,
    SegmentDescriptor,
    SegmentSelector,
    SystemDescriptor,
    SystemType,
)
from kobjects.cpu.tss import TaskStateSegment, TaskStateSegment32
from kobjects.memory.descriptors import Tables, read_descriptors, read_tables
from kobjects.memory.modes import OFF
from kobjects.memory.physical import MemoryImage
from kobjects.memory.space import AddressSpace
from kobjects.memory.state import CpuState, SegmentRegister, TableRegister

NULL = SegmentDescriptor(not_system=False)
CODE = SegmentDescriptor(executable=True, writable=True, long=True, present=True)
CODE_32 = SegmentDescriptor(
    base=0x100, limit=0xFFFFF, executable=True, default_size=True, present=True, granularity=True
)
DATA = SegmentDescriptor(writable=True, present=True)
GDT, IDT, TSS = 0x4000, 0x5000, 0x6000
HANDLER = 0x7000


def memory(gdt: bytes, idt: bytes, tss: bytes) -> bytes:
    """Three tables that map the first 2 MiB to themselves and the next 2 MiB not executable, and
    what is to be read.
    """
    tops = [
        PageMapLevel4Entry(present=True, writable=True, user=True, address=0x1000),
        PageDirectoryPointerEntry(present=True, writable=True, address=0x2000),
    ]
    pages = PageDirectoryEntry2M[2].build(
        (
            PageDirectoryEntry2M(present=True, writable=True, large=True),
            PageDirectoryEntry2M(present=True, no_execute=True, address=0x200000),
        )
    )
    parts = [*(top.build() for top in tops), pages, b"", gdt, idt, tss]
    return b"".join(part.ljust(4096, b"\0") for part in parts)


def read(gdt: list[object], idt: list[object], tss: bytes, *, long_mode: bool = True) -> Tables:
    built = [b"".join(bytes(one) for one in part) for part in (gdt, idt)]  # type: ignore[call-overload]
    image = MemoryImage.raw(memory(built[0], built[1], tss))
    space = AddressSpace(image, 0) if long_mode else AddressSpace(image, 0, OFF)
    register = SegmentRegister(SegmentSelector.from_int(0x18), TSS, len(tss) - 1, 0)
    state = CpuState(
        0, 0, 0, 0, long_mode, TableRegister(GDT, len(built[0]) - 1),
        TableRegister(IDT, len(built[1]) - 1), {"tr": register},
    )  # fmt: skip
    return read_tables(space, state)


def gate(**fields: Any) -> GateDescriptor:
    return GateDescriptor(**({"offset": HANDLER, "selector": 8, "present": True} | fields))


def test_a_64_bit_gdt_gives_system_descriptors_two_places() -> None:
    tss = SystemDescriptor(base=TSS, limit=103, type=SystemType.BUSY_TSS, present=True)
    call = CallGate(offset=HANDLER, selector=8, dpl=Ring.USER, present=True)
    tables = read([NULL, CODE, DATA, tss, call], [], TaskStateSegment().build())
    kinds = {at: type(one) for at, one in tables.gdt.descriptors.items()}
    assert kinds == {
        0x08: SegmentDescriptor, 0x10: SegmentDescriptor, 0x18: SystemDescriptor, 0x28: CallGate,
    }  # fmt: skip
    assert tables.gdt.resolve(0x2B) == call, "a selector's low bits are no index"
    assert tables.gdt.resolve(0) is None
    assert tables.gdt.resolve(0x20) is None
    assert [*tables.findings] == []


def test_a_32_bit_gdt_has_every_type_in_one_place() -> None:
    tss = SystemDescriptor32(base=TSS, limit=103, type=LegacySystemType.BUSY_TSS_32, present=True)
    call = CallGate32(offset=HANDLER, selector=8, parameters=2, present=True)
    task = TaskGate(selector=0x18, present=True)
    ldt = SystemDescriptor32(base=0x3000, limit=15, type=LegacySystemType.LDT, present=True)
    parts: list[object] = [NULL, CODE_32, DATA, tss, call, task, ldt]
    tables = read(parts, [], TaskStateSegment32().build(), long_mode=False)
    assert [tables.gdt.resolve(8 * number) for number in range(1, 7)] == parts[1:]


def test_handlers_are_resolved_through_segment_and_pages() -> None:
    stacks = (TSS + 0x800, 0, 0, 0, 0, 0, 0)
    tss = TaskStateSegment(rsp0=TSS + 0x400, ist=stacks)
    tables = read([NULL, CODE], [gate(), gate(ist=1), GateDescriptor()], tss.build())
    first, second, absent = tables.handlers
    assert first.segment == CODE
    assert first.linear == HANDLER
    assert first.target is not None
    assert (first.target.physical, first.target.executable) == (HANDLER, True)
    assert (first.stack, second.stack) == (None, TSS + 0x800)
    assert (absent.target, absent.findings) == (None, ())
    assert tables.task is not None
    assert {name: target and target.physical for name, target in tables.task.stacks.items()} == {
        "rsp0": TSS + 0x3FF, "ist[0]": TSS + 0x7FF,
    }  # fmt: skip
    assert [*tables.findings] == []


def test_a_32_bit_handler_lies_in_its_segment() -> None:
    task = TaskGate(selector=0x18, present=True)
    idt: list[object] = [GateDescriptor32(offset=0x7F00, selector=8, present=True), task]
    tss = SystemDescriptor32(base=TSS, limit=103, type=LegacySystemType.BUSY_TSS_32, present=True)
    tables = read(
        [NULL, CODE_32, DATA, tss], idt, TaskStateSegment32(esp0=0x8000).build(), long_mode=False
    )
    plain, switch = tables.handlers
    assert plain.linear == 0x8000, "the segment's base is 100h"
    assert isinstance(switch.gate, TaskGate)
    assert (switch.linear, switch.segment) == (None, tss)
    assert tables.task is not None
    assert tables.task.stacks.keys() == {"esp0"}


def test_what_leads_nowhere_is_told() -> None:
    idt: list[object] = [
        gate(selector=0x30),
        gate(selector=0x10),
        gate(offset=0x200000),
        gate(offset=0xFFFF800000000000),
        gate(ist=2),
        gate(zero_35=1),
    ]
    tss = TaskStateSegment(rsp0=0x200100, rsp1=0x700000).build()[:103]
    tables = read([NULL, CODE, DATA], idt, tss)
    assert [str(finding) for finding in tables.findings] == [
        "tr.limit: 0x66, but must be at least 103",
        "tss.rsp0: 0x200100, but the stack's page can't be written",
        "tss.rsp1: 0x700000, but the stack is not mapped",
        "idt[0].selector: 0x30, but the GDT has no such descriptor",
        "idt[1].selector: 0x10, but must name a 64-bit code segment",
        "idt[2].offset: 0x200000, but the handler's page is -r--",
        "idt[3].offset: 0xffff800000000000, but the handler is not mapped",
        "idt[4].ist: 0x2, but tss.ist[1] is 0",
        "idt[5].zero_35: 0x1, but must be 0",
    ]


def test_a_table_that_is_not_mapped_is_one_finding() -> None:
    space = AddressSpace(MemoryImage.raw(memory(b"", b"", b"")), 0)
    table = read_descriptors(space, TableRegister(0x400000, 0x7F))
    assert table.descriptors == {}
    assert [str(one) for one in table.findings] == [
        "gdt: 0x400000, but must be readable: pml4[0].pdpt[0].pd[2]: 0x400000 is not mapped: the "
        "entry is 0x0 (at offset 0x2010)"
    ]


def test_the_io_map_follows_the_tss() -> None:
    tss = TaskStateSegment(iomap_base=104).build() + b"\xff\x00\xff"
    task = read([NULL, CODE], [], tss).task
    assert task is not None
    assert task.iomap == b"\xff\x00\xff"
