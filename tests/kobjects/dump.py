"""A machine's memory beside what QEMU says of the same moment, read through the schemas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kobjects.cpu.control import Cr3
from kobjects.cpu.paging import (
    PAGE_DIRECTORY,
    PAGE_DIRECTORY_POINTER,
    LinearAddress,
    PageDirectoryEntry2M,
    PageDirectoryPointerEntry1G,
    PageMapLevel4Entry,
    PageTableEntry,
)

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
