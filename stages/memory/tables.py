"""Page tables, built before the machine starts.

The kernel has two windows, each task's space one more. Entries that only point on to the next level
allow everything; what a page may do is in the entry that maps it. One exception: the direct map's
no-execute bit stands in the PML4, because the boot code runs through the same tables by an entry
without it, which the kernel clears at once.

A and D bits are set beforehand: the processor then never writes to a table, and what is read back
from a running machine equals the image.
"""

from __future__ import annotations

from typing import TypeVar

from kobjects.cpu.apic import LOCAL_APIC_ADDRESS
from kobjects.cpu.paging import (
    LinearAddress,
    PageDirectoryEntry,
    PageDirectoryEntry2M,
    PageDirectoryPointerEntry,
    PageMapLevel4Entry,
    PageTableEntry,
)
from kobjects.kernel.addresses import Kernel, Page
from stages.model import Access, Placement, Symbols

DIRECT_GIGABYTES = 4
ENTRIES = int(Page.ENTRIES)
Entry = TypeVar("Entry")

UNCACHED = LOCAL_APIC_ADDRESS & -Page.LARGE
"""The 2 MiB that hold the local APIC: device registers, never cached."""


def pml4_entry(table: int, *, user: bool = False, no_execute: bool = False) -> PageMapLevel4Entry:
    return PageMapLevel4Entry(
        present=True,
        writable=True,
        user=user,
        accessed=True,
        address=table,
        no_execute=no_execute,
    )


def kernel_half(symbols: Symbols) -> dict[int, PageMapLevel4Entry]:
    """The PML4 entries that every space shares: direct map and image window."""
    direct = LinearAddress.from_int(Kernel.DIRECT).pml4
    window = LinearAddress.from_int(Kernel.WINDOW).pml4
    return {
        direct: pml4_entry(symbols.physical("direct_pdpt"), no_execute=True),
        window: pml4_entry(symbols.physical("window_pdpt")),
    }


def fill_kernel_pml4(symbols: Symbols) -> list[PageMapLevel4Entry]:
    """The kernel's half, and the identity mapping that the boot code turns paging on with."""
    identity = pml4_entry(symbols.physical("direct_pdpt"))
    return spread(kernel_half(symbols) | {0: identity}, PageMapLevel4Entry())


def fill_direct_pdpt(symbols: Symbols) -> list[PageDirectoryPointerEntry]:
    return spread(
        {
            gigabyte: PageDirectoryPointerEntry(
                present=True,
                writable=True,
                accessed=True,
                address=symbols.physical("direct_pds") + gigabyte * Page.SIZE,
            )
            for gigabyte in range(DIRECT_GIGABYTES)
        },
        PageDirectoryPointerEntry(),
    )


def fill_direct_pds(symbols: Symbols) -> list[PageDirectoryEntry | PageDirectoryEntry2M]:
    """4 GiB in pages of 2 MiB, but for the one that holds the image."""
    return [
        direct_entry(symbols, number * Page.LARGE) for number in range(DIRECT_GIGABYTES * ENTRIES)
    ]


def direct_entry(symbols: Symbols, physical: int) -> PageDirectoryEntry | PageDirectoryEntry2M:
    if physical == Kernel.PHYSICAL:
        return PageDirectoryEntry(
            present=True, writable=True, accessed=True, address=symbols.physical("direct_pt")
        )
    uncached = physical == UNCACHED
    return PageDirectoryEntry2M(
        present=True,
        writable=True,
        accessed=True,
        dirty=True,
        global_=True,
        write_through=uncached,
        cache_disable=uncached,
        address=physical,
    )


def fill_direct_pt(symbols: Symbols) -> list[PageTableEntry]:
    """The image's 2 MiB in the direct map, read-only where the image is: no alias undoes that.

    Not marked no-execute, as all of the direct map: the PML4 entry above says it.
    """
    read_only: set[int] = set()
    for place in symbols.placements:
        if place.access is not Access.DATA:
            read_only.update(pages_of(place))
    return [
        PageTableEntry(
            present=True,
            writable=page not in read_only,
            accessed=True,
            dirty=True,
            global_=True,
            address=page,
        )
        for page in range(Kernel.PHYSICAL, Kernel.LIMIT, Page.SIZE)
    ]


def fill_window_pdpt(symbols: Symbols) -> list[PageDirectoryPointerEntry]:
    entry = PageDirectoryPointerEntry(
        present=True, writable=True, accessed=True, address=symbols.physical("window_pd")
    )
    tables = PageDirectoryPointerEntry(
        present=True, writable=True, accessed=True, address=symbols.physical("kernel_pd")
    )
    return spread(
        {
            LinearAddress.from_int(Kernel.WINDOW).pdpt: entry,
            LinearAddress.from_int(Kernel.OBJECTS).pdpt: tables,
        },
        PageDirectoryPointerEntry(),
    )


def fill_kernel_pd(symbols: Symbols) -> list[PageDirectoryEntry]:
    """Behind the image's gigabyte: the tables that the kernel grows at run time."""
    return spread(
        {
            LinearAddress.from_int(window).pd: PageDirectoryEntry(
                present=True, writable=True, accessed=True, address=symbols.physical(table)
            )
            for window, table in (
                (Kernel.OBJECTS, "objects_pt"),
                (Kernel.DEADLINES, "deadlines_pt"),
            )
        },
        PageDirectoryEntry(),
    )


def fill_objects_pt(symbols: Symbols) -> list[PageTableEntry]:
    return spread(dict(enumerate(kernel_pages(symbols, "object_table"))), PageTableEntry())


def fill_deadlines_pt(symbols: Symbols) -> list[PageTableEntry]:
    return spread(dict(enumerate(kernel_pages(symbols, "deadlines"))), PageTableEntry())


def kernel_pages(symbols: Symbols, name: str) -> list[PageTableEntry]:
    """The entries that map a region of data a second time."""
    return [
        PageTableEntry(
            present=True,
            writable=True,
            accessed=True,
            dirty=True,
            global_=True,
            address=frame,
            no_execute=True,
        )
        for frame in pages_of(symbols.placement(name))
    ]


def fill_window_pd(symbols: Symbols) -> list[PageDirectoryEntry]:
    entry = PageDirectoryEntry(
        present=True, writable=True, accessed=True, address=symbols.physical("window_pt")
    )
    return spread({Kernel.PHYSICAL // Page.LARGE: entry}, PageDirectoryEntry())


def fill_window_pt(symbols: Symbols) -> list[PageTableEntry]:
    """The image where it is linked: only what was placed, each page with its own rights."""
    entries = [PageTableEntry()] * ENTRIES
    for place in symbols.placements:
        for page in pages_of(place):
            entries[(page - Kernel.PHYSICAL) // Page.SIZE] = PageTableEntry(
                present=True,
                writable=place.access.writable,
                accessed=True,
                dirty=place.access.writable,
                global_=True,
                address=page,
                no_execute=not place.access.executable,
            )
    return entries


def pages_of(place: Placement) -> range:
    """Physical addresses of the pages that a placement touches."""
    first = place.physical & -Page.SIZE
    return range(first, place.physical + place.size, Page.SIZE)


def spread(filled: dict[int, Entry], empty: Entry) -> list[Entry]:
    """A table of 512 entries, all empty but those given by number."""
    return [filled.get(number, empty) for number in range(ENTRIES)]
