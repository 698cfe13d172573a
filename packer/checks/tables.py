"""Page tables as they lie in a finished image, read back through their schemas.

What is checked is the bytes that a processor would walk, not what some stage meant to write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kobjects.cpu.paging import (
    PAGE_DIRECTORY,
    PAGE_DIRECTORY_POINTER,
    PAGE_SIZE,
    PageDirectoryEntry,
    PageDirectoryEntry2M,
    PageDirectoryPointerEntry,
    PageDirectoryPointerEntry1G,
    PageMapLevel4Entry,
    PageTableEntry,
)
from packer.image import Image
from packer.subject import Subject

Entry = (
    PageMapLevel4Entry
    | PageDirectoryPointerEntry
    | PageDirectoryPointerEntry1G
    | PageDirectoryEntry
    | PageDirectoryEntry2M
    | PageTableEntry
)

PAGES = (PageDirectoryPointerEntry1G, PageDirectoryEntry2M, PageTableEntry)
"""The entries that end a walk."""

ENTRIES = 512
LEVELS = (
    PageMapLevel4Entry[ENTRIES],
    PAGE_DIRECTORY_POINTER[ENTRIES],
    PAGE_DIRECTORY[ENTRIES],
    PageTableEntry[ENTRIES],
)
SPANS = (1 << 39, 1 << 30, 1 << 21, 1 << 12)
"""Bytes that one entry of each level maps."""

KERNEL_TABLES = "kernel_pml4"
TASK_TABLES = "pml4."
"""What stages call the regions that CR3 points to: the task's name follows."""

UPPER_HALF = 0xFFFF_8000_0000_0000
"""Where the kernel's half of the linear addresses begins."""


class Mapped(NamedTuple):
    """Linear addresses that one entry maps, with the rights that all levels above leave it."""

    linear: int
    physical: int
    size: int
    writable: bool
    user: bool
    executable: bool

    def __str__(self) -> str:
        return f"[{self.linear:#x}, {self.linear + self.size:#x})"


class AddressSpace:
    """The address space whose PML4 is the region of this name.

    Walking raises LookupError for a table that lies in no region of the image.
    """

    def __init__(self, image: Image | Subject, region: str) -> None:
        self.subject = Subject.of(image) if isinstance(image, Image) else image
        self.region = region
        self._root = Mapped(0, self.subject.physical(region), 1 << 48, True, True, True)

    def walk(self, first: int = 0, seen: set[tuple[int, int]] | None = None) -> Iterator[Mapped]:
        """Every page that it maps, in the order of its entries, from PML4 entry `first` on.

        Address spaces share the kernel's half: PML4 entries in `seen` (number and value) are left
        out, the others are added to it.
        """
        seen = set() if seen is None else seen
        for index, entry in enumerate(self._table(self._root, 0)):
            if index >= first and (index, int(entry)) not in seen:
                seen.add((index, int(entry)))
                yield from self._through(self._root, 0, index, entry)

    def translate(self, linear: int) -> Mapped | None:
        """The page that holds a canonical linear address; None if nothing maps it."""
        reached = self._root
        for depth, span in enumerate(SPANS):
            index = linear // span % ENTRIES
            table = self._table(reached, depth)
            if not table or not table[index].present:
                return None
            reached = _step(reached, depth, index, table[index])
            if isinstance(table[index], PAGES):
                break
        return reached

    def _through(self, above: Mapped, depth: int, index: int, entry: Entry) -> Iterator[Mapped]:
        """The pages that one entry leads to."""
        if not entry.present:
            return
        reached = _step(above, depth, index, entry)
        if isinstance(entry, PAGES):
            yield reached
            return
        for below, inner in enumerate(self._table(reached, depth + 1)):
            if inner:
                yield from self._through(reached, depth + 1, below, inner)

    def _table(self, above: Mapped, depth: int) -> Sequence[Entry]:
        """The entries of a table; a reserved one is zero until someone runs, and so empty."""
        physical, subject = above.physical, self.subject
        for place in subject.placements:
            if place.physical <= physical and physical + PAGE_SIZE <= place.physical + place.size:
                start = physical - subject.window.start
                data = subject.load[start : start + PAGE_SIZE]
                return LEVELS[depth].parse(data) if place.loaded else ()
        raise LookupError(f"a table at physical {physical:#x}, which is in no region")


def address_spaces(subject: Subject) -> Iterator[tuple[AddressSpace, int]]:
    """Every task's, and the kernel's before there are tasks; with the first entry that counts.

    The lower half of the kernel's maps the boot code to itself, and the kernel's first instructions
    clear it; it does not count.
    """
    for place in subject.placements:
        if place.name == KERNEL_TABLES:
            yield AddressSpace(subject, place.name), ENTRIES // 2
        elif place.name.startswith(TASK_TABLES):
            yield AddressSpace(subject, place.name), 0


def _step(above: Mapped, depth: int, index: int, entry: Entry) -> Mapped:
    """What an entry leads to."""
    linear = above.linear + index * SPANS[depth]
    if depth == 0 and index >= ENTRIES // 2:
        linear += UPPER_HALF - (1 << 47)
    return Mapped(
        linear,
        entry.address,
        SPANS[depth],
        above.writable and entry.writable,
        above.user and entry.user,
        above.executable and not entry.no_execute,
    )
