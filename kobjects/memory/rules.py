"""What an entry of a page table must obey, as numbers, taken from its schema."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from kobjects.bitfield import BitField
from kobjects.cpu.paging import PageTableEntry
from kobjects.cpu.paging_pae import PageDirectoryPointerEntryPae
from kobjects.memory.modes import NO_EXECUTE
from kobjects.word import Word

TOLERATED: dict[type[Word], int] = {
    PageDirectoryPointerEntryPae: PageTableEntry.fields["accessed"].mask,
}
"""Reserved bits that are no reason to refuse an entry: QEMU's own processor (TCG) sets the accessed
bit in PAE's first table, as no other does.
"""


class Rules(NamedTuple):
    """What an entry of one type must obey, as numbers.

    reserved  bits that must be clear
    address   where the address is, if in one piece; 0: it is in several
    """

    word: type[Word]
    reserved: int
    address: int

    def addresses(self, entries: Any) -> Any:
        """The address of each, as uint64."""
        import numpy as np

        if self.address:
            return entries & np.uint64(self.address)
        narrow = np.ascontiguousarray(entries, f"<u{self.word.size}")
        return self.word.columns(narrow)["address"].astype(np.uint64)


@lru_cache(maxsize=256)
def rules_of(word: type[Word], physical_bits: int, no_execute: bool) -> Rules:
    """The rules of an entry type on a processor with this MAXPHYADDR and this EFER.NXE."""
    where = address_field(word)
    whole = where.mask if where.shift == where.scale else 0
    reserved = reserved_mask(word, physical_bits=physical_bits, no_execute=no_execute)
    return Rules(word, reserved, whole)


def address_field(word: type[Word]) -> BitField:
    """Where an entry has its address."""
    return word.fields["address"]


def reserved_mask(word: type[Word], *, physical_bits: int = 52, no_execute: bool = True) -> int:
    """The bits that are zero in every entry of this type that the processor accepts.

    physical_bits  MAXPHYADDR: address bits from there on are reserved
    no_execute     EFER.NXE; if clear, bit 63 is reserved too
    """
    mask = 0
    for field in word.fields.values():
        if field.reserved and field.must == 0:
            mask |= field.mask
    if not no_execute and "no_execute" in word.fields:
        mask |= NO_EXECUTE
    field = address_field(word)
    beyond = field.maximum >> physical_bits << physical_bits
    return (mask | field.placer()(beyond)) & ~TOLERATED.get(word, 0)
