"""Paging modes as data: which table leads to which, through which entry types of `kobjects.cpu`.

All masks that a walk needs come from the schemas: where an address lies, which bits are reserved,
where the rights are. Nothing about an entry is said twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kobjects.cpu.control import Cr0, Cr3, Cr3Legacy, Cr3Pae, Cr4
from kobjects.cpu.paging import (
    PageDirectoryEntry,
    PageDirectoryEntry2M,
    PageDirectoryPointerEntry,
    PageDirectoryPointerEntry1G,
    PageMapLevel4Entry,
    PageMapLevel5Entry,
    PageTableEntry,
)
from kobjects.cpu.paging32 import PageDirectoryEntry4M, PageDirectoryEntry32, PageTableEntry32
from kobjects.cpu.paging_pae import (
    PageDirectoryEntry2MPae,
    PageDirectoryEntryPae,
    PageDirectoryPointerEntryPae,
    PageTableEntryPae,
)
from kobjects.word import Word

PRESENT = PageTableEntry.fields["present"].mask
WRITABLE = PageTableEntry.fields["writable"].mask
USER = PageTableEntry.fields["user"].mask
NO_EXECUTE = PageTableEntry.fields["no_execute"].mask
LARGE = PageDirectoryEntry2M.fields["large"].mask
"""Bits that lie at the same place in every entry that has them; `Level` asserts it."""

RIGHTS = WRITABLE | USER | NO_EXECUTE
"""What limits an access, at every level that has it."""


@dataclass(frozen=True)
class Level:
    """One kind of table.

    name   of the table, as in paths: `pml4[3].pdpt[510]`
    shift  lowest bit of a linear address that numbers its entries; an entry maps 1 << shift bytes
    bits   how many bits do: it has 1 << bits entries
    table  the entry that refers to a table; None: there are none below
    page   the entry that maps a page; None: this level maps none
    """

    name: str
    shift: int
    bits: int
    table: type[Word] | None
    page: type[Word] | None

    def __post_init__(self) -> None:
        for word in filter(None, (self.table, self.page)):
            for name, mask in _SHARED.items():
                field = word.fields.get(name)
                assert field is None or field.mask == mask, (word, name)

    @cached_property
    def size(self) -> int:
        """Bytes that one entry maps."""
        return 1 << self.shift

    @property
    def entries(self) -> int:
        """How many a table has."""
        return 1 << self.bits

    def word(self, entry: int) -> Word:
        """An entry in its own type."""
        return self.kind(entry).from_int(entry)

    def kind(self, entry: int) -> type[Word]:
        """The type of an entry, by bit 7 where that decides."""
        if self.table is None or (self.page is not None and entry & LARGE):
            assert self.page is not None, self.name
            return self.page
        return self.table

    def split(self, entries: Any) -> tuple[Any, Any]:
        """Which of many present entries map pages, and which refer to tables: what indexes a numpy
        array of them; None for none.
        """
        import numpy as np

        if self.table is None:
            return slice(None), None
        if self.page is None:
            return None, slice(None)
        large = entries & entries.dtype.type(LARGE) != 0
        return np.flatnonzero(large), np.flatnonzero(~large)

    def rights(self, entry: int) -> int:
        """What the entry grants: WRITABLE and USER as they are, NO_EXECUTE inverted."""
        return entry & RIGHTS ^ NO_EXECUTE if self.limits else RIGHTS

    @cached_property
    def limits(self) -> bool:
        """Whether its entries limit rights: those of PAE's first table do not."""
        kind = self.table or self.page
        return kind is not None and "writable" in kind.fields


_SHARED = {
    "present": PRESENT, "writable": WRITABLE, "user": USER, "no_execute": NO_EXECUTE,
    "large": LARGE,
}  # fmt: skip


@dataclass(frozen=True)
class Mode:
    """A paging mode.

    levels     from the table that CR3 points to down; none: paging is off
    width      bytes of an entry
    linear     bits of a linear address
    extended   the bits above repeat the highest one: 64-bit mode
    cr3        the type of CR3
    """

    name: str
    levels: tuple[Level, ...]
    width: int
    linear: int
    extended: bool
    cr3: type[Word]

    def root(self, cr3: int) -> int:
        """Physical address of the first table, for a value of CR3."""
        wide = cr3 & (1 << 8 * self.cr3.size) - 1
        return self.cr3.from_int(wide).asdict()["address"] if self.levels else 0

    def canonical(self, linear: int) -> bool:
        """Whether this can be a linear address in this mode."""
        if not self.extended:
            return 0 <= linear >> self.linear == 0
        return linear >> self.linear - 1 in (0, (1 << 65 - self.linear) - 1)

    def path(self, linear: int, depth: int) -> str:
        """The entries down to one level, such as `pml4[511].pdpt[510]`."""
        steps = self.levels[: depth + 1]
        return ".".join(f"{s.name}[{linear >> s.shift & s.entries - 1}]" for s in steps)


_PD64 = Level("pd", 21, 9, PageDirectoryEntry, PageDirectoryEntry2M)
_PDPT64 = Level("pdpt", 30, 9, PageDirectoryPointerEntry, PageDirectoryPointerEntry1G)
_PT64 = Level("pt", 12, 9, None, PageTableEntry)
_PML4 = Level("pml4", 39, 9, PageMapLevel4Entry, None)
_PML5 = Level("pml5", 48, 9, PageMapLevel5Entry, None)
_PT32 = Level("pt", 12, 10, None, PageTableEntry32)

LEVEL_4 = Mode("4-level", (_PML4, _PDPT64, _PD64, _PT64), 8, 48, True, Cr3)
LEVEL_5 = Mode("5-level", (_PML5, _PML4, _PDPT64, _PD64, _PT64), 8, 57, True, Cr3)
PAE = Mode(
    "PAE",
    (
        Level("pdpt", 30, 2, PageDirectoryPointerEntryPae, None),
        Level("pd", 21, 9, PageDirectoryEntryPae, PageDirectoryEntry2MPae),
        Level("pt", 12, 9, None, PageTableEntryPae),
    ),
    8,
    32,
    False,
    Cr3Pae,
)
PSE = Mode(
    "32-bit",
    (Level("pd", 22, 10, PageDirectoryEntry32, PageDirectoryEntry4M), _PT32),
    4,
    32,
    False,
    Cr3Legacy,
)
NO_PSE = Mode(
    "32-bit without PSE",
    (Level("pd", 22, 10, PageDirectoryEntry32, None), _PT32),
    4,
    32,
    False,
    Cr3Legacy,
)
OFF = Mode("off", (), 4, 32, False, Cr3Legacy)

MODES = {mode.name: mode for mode in (LEVEL_4, LEVEL_5, PAE, PSE, NO_PSE, OFF)}


def mode_of(cr0: int, cr4: int, *, long_mode: bool) -> Mode:
    """The mode that these registers make, with EFER.LMA. Source: SDM3, "Four Paging Modes"."""
    extensions = _cr4(cr4)
    if not Cr0.from_int(cr0 & 0xFFFFFFFF).paging:
        return OFF
    if not extensions.physical_address_extension:
        return PSE if extensions.page_size_extensions else NO_PSE
    if not long_mode:
        return PAE
    return LEVEL_5 if extensions.la57 else LEVEL_4


def _cr4(cr4: int) -> Any:
    return Cr4.from_int(cr4 & (1 << 64) - 1)
