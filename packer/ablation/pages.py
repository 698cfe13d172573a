"""Page-table entries: what each right that they withhold holds off.

A guard is one flag of all entries of a table that map one region: `user` and `writable` where they
are clear, `no_execute` and the two of device memory where they are set. `present` are the unmapped
pages beside what is mapped: there the neighbour's mapping goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import TypeAlias

from kobjects.cpu.paging import PAGE_SIZE, Entry, PageEntry, PageTableEntry, TableEntry
from packer.ablation.guard import Edit, Guard
from packer.ablation.regions import Held, held, role
from packer.image import Image

WITHHELD = {
    "writable": False,
    "user": False,
    "no_execute": True,
    "cache_disable": True,
    "write_through": True,
}
"""Flag -> the value by which it withholds something."""

Found: TypeAlias = dict[str, list[Edit]]


def guards(image: Image) -> Iterator[Guard]:
    """Of all tables of the image. What is done for one task is done for all: `pt.TASK`."""
    found: Found = {}
    for name, leaves in groupby(held(image), key=lambda one: one.region):
        entries = [one for one in leaves if isinstance(one.value, Entry)]
        table = f"page:{role(image, name)}"
        for one in entries:
            _flags(image, table, one, found)
        _absent(image, table, entries, found)
    for name, edits in found.items():
        yield Guard(name, f"{len(edits)} entries", tuple(edits))


def _flags(image: Image, table: str, one: Held, found: Found) -> None:
    entry = one.value
    if not isinstance(entry, TableEntry | PageEntry) or not entry.present:
        return
    for flag, withheld in WITHHELD.items():
        if getattr(entry, flag) is withheld:
            edit = Edit(one.region, one.offset, entry.replace(**{flag: not withheld}).build())
            name = f"{table}:{_mapped(image, entry)}:{flag}"
            found.setdefault(name, []).append(edit)


def _absent(image: Image, table: str, entries: Sequence[Held], found: Found) -> None:
    """The entries of unmapped pages below what is mapped, and above it where nothing follows."""
    for one, above in pairwise(entries):
        if _is_absent(one) and _is_mapped(above):
            _go_on(image, f"{table}:below", one, above, -PAGE_SIZE, found)
    for below, one, above in zip(entries, entries[1:], entries[2:], strict=False):
        if _is_absent(one) and _is_mapped(below) and not _is_mapped(above):
            _go_on(image, f"{table}:above", one, below, PAGE_SIZE, found)


def _go_on(image: Image, start: str, one: Held, there: Held, step: int, found: Found) -> None:
    entry = there.value
    assert isinstance(entry, PageTableEntry)
    edit = Edit(one.region, one.offset, entry.replace(address=entry.address + step).build())
    found.setdefault(f"{start} {_mapped(image, entry)}:present", []).append(edit)


def _is_absent(one: Held) -> bool:
    return isinstance(one.value, PageTableEntry) and not one.value.present


def _is_mapped(one: Held) -> bool:
    return isinstance(one.value, PageTableEntry) and one.value.present


def _mapped(image: Image, entry: TableEntry | PageEntry) -> str:
    """What lies at the entry's address: a region or unit of the image, or just memory."""
    address = getattr(entry, "address")  # noqa: B009  (each kind of entry has its own field)
    for place in image.layout.placements:
        first = place.physical & -PAGE_SIZE
        if first <= address < place.physical + place.size:
            return role(image, place.name)
    return "memory"
