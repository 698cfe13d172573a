"""A running Debian Linux 6.1: its address space, its descriptor tables, and finding them again.

Truth is what QEMU said of the same moment; see conftest.
"""

from __future__ import annotations

import itertools
import mmap
import random
import struct
from pathlib import Path

import pytest

from kobjects.cpu.exceptions import Vector
from kobjects.cpu.gates import GateDescriptor
from kobjects.cpu.segments import SegmentDescriptor, SystemDescriptor, SystemType
from kobjects.memory.descriptors import Tables, read_tables
from kobjects.memory.dump import open_dump
from kobjects.memory.mappings import Trouble
from kobjects.memory.modes import LEVEL_4
from kobjects.memory.physical import MemoryImage
from kobjects.memory.search import find_spaces
from kobjects.memory.space import AddressSpace
from tests.kobjects.memory import qemu
from tests.kobjects.memory.conftest import Linux

pytest.importorskip("numpy")


@pytest.fixture(scope="module")
def space(linux: Linux) -> AddressSpace:
    return AddressSpace(MemoryImage.raw(linux.memory), linux.state.cr3, linux.state.mode)


@pytest.fixture(scope="module")
def tables(linux: Linux, space: AddressSpace) -> Tables:
    return read_tables(space, linux.state)


def test_the_walk_is_info_tlb(linux: Linux, space: AddressSpace) -> None:
    walk = space.walk()
    assert linux.state.mode is LEVEL_4
    assert qemu.tlb(walk) == linux.tlb
    assert len(walk) == 8424
    assert walk.findings == ()
    assert walk.pages_by_size() == {4096: 8285, 2 << 20: 139}


def test_a_mapped_file_and_segments_give_the_same_walk(
    linux: Linux, space: AddressSpace, tmp_path: Path
) -> None:
    """A LiME file whose ranges are cut at odd pages, and a file that is mapped."""
    path = tmp_path / "dump"
    path.write_bytes(linux.memory)
    assert qemu.tlb(AddressSpace(open_dump(path).memory, space.cr3).walk()) == linux.tlb
    cuts = [0, 0x9F000, 0x100000, 0x2A05000, 0xB416000, 0xB417000, len(linux.memory)]
    path = tmp_path / "dump.lime"
    with path.open("wb") as stream:
        for start, end in itertools.pairwise(cuts):
            stream.write(struct.pack("<IIQQQ", 0x4C694D45, 1, start, end - 1, 0))
            stream.write(linux.memory[start:end])
    dump = open_dump(path)
    assert (dump.format, dump.findings) == ("LiME", ())
    assert [*dump.memory.ranges] == [(0, len(linux.memory))]
    assert qemu.tlb(AddressSpace(dump.memory, space.cr3).walk()) == linux.tlb
    assert isinstance(dump.memory.segments[0].data.obj, mmap.mmap)


def test_every_page_translates_to_where_the_walk_has_it(space: AddressSpace) -> None:
    for page in [*space.walk()][::7]:
        found = space.translate(page.linear + page.size - 1)
        assert found.physical == page.physical + page.size - 1
        assert (found.rights, found.steps[-1].entry) == (page.rights, page.entry)


def test_rights_are_those_of_all_levels(space: AddressSpace) -> None:
    """Linux sets U and W in all tables and limits at the leaf; NX of the direct map is above it."""
    walk = space.walk()
    assert not (walk.user & (walk.linear >> 63 != 0)).any()
    leaf_executes = walk.entry >> 63 == 0
    assert (walk.executable <= leaf_executes).all()
    rw_x = walk.writable & walk.executable
    assert not rw_x.any(), "Linux keeps W^X once it runs"


def test_columns_are_those_of_the_entries(linux: Linux, space: AddressSpace) -> None:
    walk = space.walk()
    for name, letter in (("dirty", "D"), ("accessed", "A"), ("global_", "G"), ("user", "U")):
        assert walk.flag(name).tolist() == [letter in line.split()[2] for line in linux.tlb], name
    page = walk[4000]
    assert 4000 in walk.maps_physical(page.physical + 5).tolist()
    assert walk.find(page.linear + page.size - 1) == page
    assert walk.find(0x8000) is None


def test_a_smeared_dump_keeps_what_its_tables_still_say(linux: Linux, space: AddressSpace) -> None:
    """Thirty tables are overwritten while it is taken: no more is lost than was below them."""
    dice = random.Random("smear")
    whole = {line.split()[0]: line for line in qemu.tlb(space.walk())}
    steps = {step for page in space.walk() for step in space.translate(page.linear).steps[1:]}
    tables = sorted({step.address & ~0xFFF for step in steps})
    victims = dice.sample(tables, 30)
    smeared = bytearray(linux.memory)
    for victim in victims:
        smeared[victim : victim + 4096] = dice.randbytes(4096)
    broken = AddressSpace(MemoryImage.raw(smeared), space.cr3)
    found = {line.split()[0]: line for line in qemu.tlb(broken.walk(1 << 20))}
    for text, line in whole.items():
        way = space.translate(int(text[:-1], 16)).steps
        if not any(step.address & ~0xFFF in victims for step in way):
            assert found[text] == line
    assert broken.walk(1 << 20).counts[Trouble.RESERVED] > 100


def test_the_candidates_contain_the_one_that_was_in_use(linux: Linux) -> None:
    found = find_spaces(MemoryImage.raw(linux.memory)).candidates
    assert linux.state.cr3 in {candidate.cr3 for candidate in found}
    for candidate in found:
        translated = candidate.space.translate(candidate.itself)
        assert translated.physical == candidate.cr3
        assert candidate.wrong == 0


def test_the_gdt_has_what_linux_puts_there(linux: Linux, tables: Tables) -> None:
    """arch/x86/include/asm/segment.h: KERNEL_CS at 10h, user segments from 20h, the TSS at 40h."""
    gdt = tables.gdt
    assert gdt.findings == ()
    code = gdt.resolve(linux.state.segments["cs"].selector)
    assert isinstance(code, SegmentDescriptor)
    assert code.long
    assert int(code) >> 32 & 0xF0FF00 == linux.state.segments["cs"].attributes & 0xF0FF00
    tss = gdt.resolve(0x40)
    assert isinstance(tss, SystemDescriptor)
    assert tss.type is SystemType.BUSY_TSS
    assert (tss.base, tss.limit) == (
        linux.state.segments["tr"].base, linux.state.segments["tr"].limit
    )  # fmt: skip
    assert 0x48 not in gdt.descriptors, "the upper half of the TSS is no descriptor"


def test_the_task_has_its_stacks(linux: Linux, tables: Tables) -> None:
    task = tables.task
    assert task is not None
    assert task.base == linux.state.segments["tr"].base
    mapped = {name for name, target in task.stacks.items() if target}
    assert {"rsp0", "ist[0]", "ist[1]", "ist[2]", "ist[3]"} <= mapped
    assert [finding.path for finding in task.findings] == ["tss.ist[4]"], "only used under SEV"


def test_every_handler_is_in_the_kernels_code(tables: Tables) -> None:
    handlers = tables.handlers
    assert len(handlers) == 256
    for handler in handlers:
        assert isinstance(handler.gate, GateDescriptor)
        assert isinstance(handler.segment, SegmentDescriptor)
        assert handler.linear == handler.gate.offset
    assert {handler.vector for handler in handlers if handler.stack} == {
        Vector.DB, Vector.NMI, Vector.DF, Vector.VC,
    }  # fmt: skip
    # Exceptions that Linux had no use for: their first handlers were freed after the boot.
    wrong = {handler.vector for handler in handlers if handler.findings}
    assert wrong
    assert max(wrong) < 32
    usable = [h for h in handlers if h.vector >= 32]
    assert all(h.target is not None and h.target.executable and not h.target.user for h in usable)
