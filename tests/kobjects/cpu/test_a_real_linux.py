"""The tables of a running Debian Linux 6.1, read from its physical memory by the schemas.

Truth is what QEMU said of the same moment: `info registers` and `info tlb`. The memory image is too
large for the repository; the folder with it is $KOBJECTS_DATA, or `../shared/data` beside the
checkout. Tests skip without it, and without zstd.
"""

from __future__ import annotations

import lzma
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kobjects.cpu.control import Cr0, Cr3, Cr4, Efer
from kobjects.cpu.exceptions import Vector
from kobjects.cpu.gates import GateDescriptor, GateType
from kobjects.cpu.paging import (
    PAGE_DIRECTORY,
    PAGE_DIRECTORY_POINTER,
    LinearAddress,
    PageDirectoryEntry2M,
    PageDirectoryPointerEntry1G,
    PageMapLevel4Entry,
    PageTableEntry,
)
from kobjects.cpu.segments import Ring, SegmentDescriptor, SystemDescriptor, SystemType
from kobjects.cpu.tss import TaskStateSegment

Leaf = PageTableEntry | PageDirectoryEntry2M | PageDirectoryPointerEntry1G

LEAF_SIZES = {
    PageTableEntry: 1 << 12,
    PageDirectoryEntry2M: 1 << 21,
    PageDirectoryPointerEntry1G: 1 << 30,
}


@dataclass(frozen=True)
class Dump:
    memory: bytes
    registers: str
    tlb: list[str]

    def register(self, name: str) -> int:
        """A register that `info registers` prints as NAME=hex."""
        found = re.search(rf"\b{name}=([0-9a-f]+)", self.registers)
        assert found, name
        return int(found[1], 16)

    def segment(self, name: str) -> tuple[int, ...]:
        """Selector, base, limit and cached attributes of a segment register."""
        found = re.search(
            rf"^{name} *=((?:[0-9a-f]+ ){{3}}[0-9a-f]+)", self.registers, re.MULTILINE
        )
        assert found, name
        return tuple(int(part, 16) for part in found[1].split())

    def table(self, name: str) -> tuple[int, int]:
        """Base and limit of GDT or IDT."""
        found = re.search(rf"^{name}= +([0-9a-f]+) ([0-9a-f]+)", self.registers, re.MULTILINE)
        assert found, name
        return int(found[1], 16), int(found[2], 16)

    def leaves(self) -> Iterator[tuple[int, Leaf]]:
        """Every page that the tables below CR3 map, with its linear address, in order."""
        top = Cr3.from_int(self.register("CR3")).address
        for i, upper in present(PageMapLevel4Entry[512].parse(self.memory[top:])):
            for j, middle in present(PAGE_DIRECTORY_POINTER[512].parse(self.at(upper.address))):
                place = LinearAddress(pml4=i, pdpt=j, sign_extension=0xFFFF * (i >> 8))
                if isinstance(middle, PageDirectoryPointerEntry1G):
                    yield place, middle
                    continue
                yield from self.below(place, middle.address)

    def below(self, place: LinearAddress, directory: int) -> Iterator[tuple[int, Leaf]]:
        for k, entry in present(PAGE_DIRECTORY[512].parse(self.at(directory))):
            if isinstance(entry, PageDirectoryEntry2M):
                yield place.replace(pd=k), entry
                continue
            for m, page in present(PageTableEntry[512].parse(self.at(entry.address))):
                yield place.replace(pd=k, pt=m), page

    def at(self, physical: int) -> bytes:
        return self.memory[physical : physical + 4096]

    def read(self, linear: int, size: int) -> bytes:
        """Bytes of one page, by linear address."""
        for start, leaf in self.leaves():
            if start <= linear < start + LEAF_SIZES[type(leaf)]:
                physical = leaf.address + linear - start
                return self.memory[physical : physical + size]
        raise AssertionError(f"{linear:#x} is not mapped")


def present(entries: tuple[Any, ...]) -> Iterator[tuple[int, Any]]:
    return ((index, entry) for index, entry in enumerate(entries) if entry.present)


@pytest.fixture(scope="module")
def dump(root: Path) -> Dump:
    folder = Path(os.environ.get("KOBJECTS_DATA", root.parent / "shared" / "data"))
    image = folder / "linux-6.1-256M.raw.zst"
    zstd = shutil.which("zstd")
    if not image.is_file() or zstd is None:
        pytest.skip(f"no {image.name} in $KOBJECTS_DATA, or no zstd: apt-get install zstd")
    memory = subprocess.run([zstd, "-dcq", str(image)], capture_output=True, check=True).stdout
    registers = (folder / "linux-6.1-256M.regs.txt").read_text()
    tlb = lzma.decompress((folder / "linux-6.1-256M.tlb.txt.xz").read_bytes()).decode()
    return Dump(memory, registers, tlb.splitlines())


def tlb_line(linear: int, leaf: Leaf) -> str:
    """As QEMU prints a leaf. Its P is bit 7, whatever that means at this level."""
    bit_7 = leaf.pat if isinstance(leaf, PageTableEntry) else leaf.large
    flags = zip(
        "XGPDACTUW",
        (
            leaf.no_execute, leaf.global_, bit_7, leaf.dirty, leaf.accessed, leaf.cache_disable,
            leaf.write_through, leaf.user, leaf.writable,
        ),
        strict=True,
    )  # fmt: skip
    letters = "".join(letter if flag else "-" for letter, flag in flags)
    return f"{linear:016x}: {leaf.address:016x} {letters}"


def test_page_tables_lead_where_qemu_says(dump: Dump) -> None:
    assert [tlb_line(linear, leaf) for linear, leaf in dump.leaves()] == dump.tlb
    assert len(dump.tlb) == 8424


def test_linux_breaks_no_rule_of_an_entry(dump: Dump) -> None:
    assert [leaf for _, leaf in dump.leaves() if leaf.check()] == []


def test_code_and_stack_descriptors_in_memory_are_those_the_processor_cached(dump: Dump) -> None:
    base, limit = dump.table("GDT")
    gdt = SegmentDescriptor[(limit + 1) // 8].parse(dump.read(base, limit + 1))
    for name in ("CS", "SS"):
        selector, _, _, attributes = dump.segment(name)
        descriptor = gdt[selector >> 3]
        assert descriptor >> 32 & 0xF0FF00 == attributes & 0xF0FF00
        assert descriptor.present
        assert descriptor.dpl is Ring.KERNEL
    assert gdt[dump.segment("CS")[0] >> 3].long
    assert gdt[0] == SegmentDescriptor(not_system=False)


def test_task_register_points_to_a_busy_tss(dump: Dump) -> None:
    base, _ = dump.table("GDT")
    selector, tss_base, tss_limit, _ = dump.segment("TR")
    tss = SystemDescriptor.parse(dump.read(base + selector, 16))
    assert (tss.base, tss.limit) == (tss_base, tss_limit)
    assert tss.type is SystemType.BUSY_TSS, "LTR set the busy bit in memory"
    assert tss.check() == []


def test_stacks_of_the_tss_are_mapped(dump: Dump) -> None:
    _, base, limit, _ = dump.segment("TR")
    tss = TaskStateSegment.parse(dump.read(base, 104))
    mapped = {start & ~0xFFF for start, leaf in dump.leaves() if leaf.writable}
    for stack in (tss.rsp0, *tss.ist[:4]):
        assert (stack - 8) & ~0xFFF in mapped
    assert [index for index, stack in enumerate(tss.ist) if stack] == [0, 1, 2, 3, 4]
    assert (tss.ist[4] - 8) & ~0xFFF not in mapped, "#VC's stack is only mapped under SEV"
    assert tss.iomap_base > limit, "no task had asked for ports"


def test_interrupt_descriptor_table(dump: Dump) -> None:
    base, limit = dump.table("IDT")
    gates = GateDescriptor[(limit + 1) // 16].parse(dump.read(base, limit + 1))
    assert len(gates) == 256
    assert [gate for gate in gates if gate.check()] == []
    assert all(gate.present and gate.type is GateType.INTERRUPT for gate in gates)
    assert {gate.selector for gate in gates} == {dump.segment("CS")[0]}
    stacks = {Vector(number): gates[number].ist for number in range(32) if gates[number].ist}
    assert stacks == {Vector.DF: 1, Vector.NMI: 2, Vector.DB: 3, Vector.VC: 5}
    user = {number for number, gate in enumerate(gates) if gate.dpl is Ring.USER}
    assert user == {Vector.BP, Vector.OF, 0x80}


def test_gates_lead_to_code(dump: Dump) -> None:
    base, limit = dump.table("IDT")
    gates = GateDescriptor[(limit + 1) // 16].parse(dump.read(base, limit + 1))
    code = {
        page
        for start, leaf in dump.leaves()
        if not leaf.no_execute
        for page in range(start, start + LEAF_SIZES[type(leaf)], 4096)
    }
    elsewhere = [n for n, gate in enumerate(gates) if gate.offset & ~0xFFF not in code]
    assert Vector.MC in elsewhere
    assert max(elsewhere) < 32
    # Exceptions that Linux had no use for: still the boot's handlers of 9 bytes each, freed since.
    assert len({gates[number].offset - 9 * number for number in elsewhere}) == 1


def test_control_registers_say_what_a_64_bit_linux_needs(dump: Dump) -> None:
    cr0, cr4 = Cr0.from_int(dump.register("CR0")), Cr4.from_int(dump.register("CR4"))
    efer = Efer.from_int(dump.register("EFER"))
    assert cr0.paging
    assert cr0.protection_enable
    assert cr0.write_protect
    assert cr4.physical_address_extension
    assert cr4.smep
    assert cr4.smap
    assert cr4.umip
    assert efer.long_mode_active
    assert efer.no_execute_enable
    assert efer.syscall_enable
    assert cr0.check() == cr4.check() == efer.check() == []
