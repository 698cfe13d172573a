"""Finding address spaces in physical memory of which nothing else is known.

The rule. A page of the image is a candidate for a first table if

1. it has a present entry, and every present entry obeys the format: no reserved bit is set, and the
   table or page that it refers to is in the image;
2. so it is with every table of the second level;
3. the address space that it makes maps the page itself: a kernel must be able to edit its tables.

Candidates are ordered by what a walk has against them (tables missing, reserved bits), then by how
many of their entries other candidates have in the same place (the kernel's half is in every
process), then by how many pages they map. The user's half of a kernel that unmaps itself (KPTI) is
not found: it breaks rule 3.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kobjects.memory.mappings import Mappings, Trouble
from kobjects.memory.modes import LARGE, LEVEL_4, LEVEL_5, PAE, PRESENT, PSE, Mode
from kobjects.memory.physical import PhysicalMemory
from kobjects.memory.rules import rules_of
from kobjects.memory.space import AddressSpace

CHUNK = 1 << 24
"""Bytes of memory that are looked at at once."""

SEARCHED = (LEVEL_4, LEVEL_5, PAE, PSE)
"""Modes in the order in which they are tried; the first that has a candidate counts."""

LIMIT = 1 << 20
"""Pages that the walk of one candidate lists."""

BUDGET = 1 << 23
"""Pages that the walks of all candidates list; memory made for it could have a million of them."""


@dataclass(frozen=True)
class Candidate:
    """A page that may be a first table.

    cr3     its physical address
    itself  a linear address that maps it
    pages   how many pages it maps, up to `LIMIT`
    wrong   entries of its tables that can't be used
    shared  entries of the first table that other candidates have too, once for each of them
    """

    cr3: int
    space: AddressSpace
    itself: int
    pages: int
    wrong: int
    shared: int = 0


@dataclass(frozen=True)
class Search:
    """What a search came to.

    candidates  the likeliest first
    unjudged    pages that obey rules 1 and 2, for which the budget was not enough
    """

    candidates: list[Candidate]
    unjudged: int


def find_spaces(
    memory: PhysicalMemory, modes: Sequence[Mode] = SEARCHED, *, physical_bits: int = 52
) -> Search:
    """All candidates of the first mode that has any. Needs numpy."""
    unjudged = 0
    for mode in modes:
        found: list[Candidate] = []
        budget, unjudged = BUDGET, 0
        for cr3 in first_tables(memory, mode, physical_bits):
            if budget <= 0:
                unjudged += 1
                continue
            mappings, candidate = _judged(memory, mode, cr3, physical_bits)
            budget -= len(mappings)
            if candidate:
                found.append(candidate)
        if found:
            found = _compared(memory, mode, found)
            found.sort(key=lambda one: (one.wrong, -one.shared, -one.pages, one.cr3))
            return Search(found, unjudged)
    return Search([], unjudged)


def _compared(memory: PhysicalMemory, mode: Mode, found: list[Candidate]) -> list[Candidate]:
    """The candidates with what they share. Accessed bits of the same entry may differ."""
    entries = [_first_entries(memory, mode, one.cr3) for one in found]
    owners = Counter(entry for mine in entries for entry in mine)
    shared = [sum(owners[entry] - 1 for entry in mine) for mine in entries]
    return [replace(one, shared=count) for one, count in zip(found, shared, strict=True)]


def _first_entries(memory: PhysicalMemory, mode: Mode, cr3: int) -> set[tuple[int, int]]:
    """Number and address of each present entry of a first table."""
    level = mode.levels[0]
    table = memory.read(cr3, level.entries * mode.width)
    raw = [entry for (entry,) in struct.iter_unpack("<Q" if mode.width == 8 else "<I", table)]
    return {
        (number, int(level.word(entry).asdict()["address"]))
        for number, entry in enumerate(raw)
        if entry & PRESENT
    }


def first_tables(memory: PhysicalMemory, mode: Mode, physical_bits: int = 52) -> Iterator[int]:
    """The addresses that obey rules 1 and 2, in order."""
    import numpy as np

    size = mode.levels[0].entries * mode.width
    for known in memory.ranges:
        first = -(-known.start // size) * size
        for start in range(first, known.end - size + 1, CHUNK):
            end = min(start + CHUNK, (known.end - first) // size * size + first)
            places = np.arange(start, end, size, dtype=np.uint64)
            good = places[_sound(memory, mode, 0, places, physical_bits)]
            for address in good.tolist():
                below = _tables_below(memory, mode, address, physical_bits)
                if (
                    not len(below)
                    or _sound(memory, mode, 1, below, physical_bits, empty=True).all()
                ):
                    yield address


def _sound(
    memory: PhysicalMemory, mode: Mode, depth: int, places: Any, bits: int, *, empty: bool = False
) -> Any:
    """Which of these tables obey rule 1; `empty`: without a present entry too."""
    import numpy as np

    level = mode.levels[depth]
    rows, known = memory.tables(places, mode.width, level.entries)
    kind = rows.dtype.type
    present = rows & kind(PRESENT) != 0
    fine = present.any(axis=1) | empty
    large: Any = rows & kind(LARGE) != 0 if level.page and level.table else bool(level.page)
    for word, mine in ((level.page, large), (level.table, np.logical_not(large))):
        if word is not None:
            reserved = kind(rules_of(word, bits, True).reserved)
            fine &= ~(present & mine & (rows & reserved != 0)).any(axis=1)
    if level.table is not None:
        # Few pages come so far.
        left = np.flatnonzero(fine)
        entries = rows[left].astype(np.uint64)
        addresses = rules_of(level.table, bits, True).addresses(entries)
        tables = present[left] & np.logical_not(large if large is False else large[left])
        fine[left] = (~tables | _inside(memory, addresses)).all(axis=1)
    sound = np.zeros(len(places), bool)
    sound[np.flatnonzero(known)[fine]] = True
    return sound


def _inside(memory: PhysicalMemory, addresses: Any) -> Any:
    """Which of these addresses are in the image."""
    import numpy as np

    starts = np.array([known.start for known in memory.ranges], np.uint64)
    ends = np.array([known.end for known in memory.ranges], np.uint64)
    index = np.searchsorted(starts, addresses, "right").astype(np.int64) - 1
    return (index >= 0) & (addresses < ends[np.maximum(index, 0)])


def _tables_below(memory: PhysicalMemory, mode: Mode, address: int, bits: int) -> Any:
    import numpy as np

    level = mode.levels[0]
    rows, _ = memory.tables(np.array([address], np.uint64), mode.width, level.entries)
    entries = rows[0][rows[0] & rows.dtype.type(PRESENT) != 0].astype(np.uint64)
    _, tables = level.split(entries)
    assert level.table is not None
    return np.unique(rules_of(level.table, bits, True).addresses(entries[tables]))


def _judged(
    memory: PhysicalMemory, mode: Mode, cr3: int, bits: int
) -> tuple[Mappings, Candidate | None]:
    """What the page maps, and the candidate if it obeys rule 3."""
    space = AddressSpace(memory, cr3, mode, physical_bits=bits)
    mappings = space.walk(LIMIT)
    places = mappings.maps_physical(cr3)
    if not len(places):
        return mappings, None
    page = mappings[int(places[0])]
    wrong = sum(mappings.counts.get(kind, 0) for kind in (Trouble.MISSING, Trouble.RESERVED))
    itself = page.linear + cr3 - page.physical
    return mappings, Candidate(cr3, space, itself, len(mappings), wrong)
