"""What an upper level of the page tables withholds is withheld there too, though a lower one does.

One wrong entry then opens nothing. No machine shows it, so it is read from the image.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kobjects.cpu.apic import LOCAL_APIC_ADDRESS
from kobjects.cpu.paging import (
    LARGE_PAGE_SIZE,
    PAGE_DIRECTORY,
    PageDirectoryEntry,
    PageDirectoryEntry2M,
    PageDirectoryPointerEntry,
    PageMapLevel4Entry,
    PageTableEntry,
)
from packer.build import build
from packer.image import Image
from packer.manifest import DEMONSTRATION, load

Present = (
    PageMapLevel4Entry
    | PageDirectoryPointerEntry
    | PageDirectoryEntry
    | PageDirectoryEntry2M
    | PageTableEntry
)


@pytest.fixture(scope="module")
def image() -> Image:
    return build(load(DEMONSTRATION).system)


GROWING = ("kernel_pd", "objects_pt", "deadlines_pt")
"""The tables of the windows whose memory grows."""


def kernels_entries(image: Image) -> Iterator[tuple[str, Present]]:
    """All of the tables below the kernel's half, and of that half in the PML4 of each space."""
    for name, region in image.regions.items():
        if name.startswith(("direct_", "window_")) or name in GROWING:
            entries = region.schema.parse(image.contents(name))
        elif name == "kernel_pml4" or name.startswith("pml4."):
            entries = PageMapLevel4Entry[512].parse(image.contents(name))[256:]
        else:
            continue
        yield from ((name, entry) for entry in entries if entry.present)


def test_no_level_of_the_kernels_half_is_for_ring_3(image: Image) -> None:
    found = list(kernels_entries(image))
    upper = {"direct_pdpt", "direct_pds", "window_pdpt", "window_pd", *GROWING}
    assert {name for name, _ in found} > upper
    assert not [name for name, entry in found if entry.user]


def test_the_local_apic_is_strongly_uncached(image: Image) -> None:
    """By both bits, which are type 3 of the page-attribute table's reset values: SDM 3, "PAT"."""
    entries = PAGE_DIRECTORY[2048].parse(image.contents("direct_pds"))
    apic = entries[LOCAL_APIC_ADDRESS // LARGE_PAGE_SIZE]
    assert (apic.cache_disable, apic.write_through) == (True, True)
