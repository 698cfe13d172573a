"""The static checks, on good images and on images in which one entry was changed."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from kobjects.cpu.paging import (
    LinearAddress,
    PageDirectoryEntry,
    PageDirectoryPointerEntry,
    PageMapLevel4Entry,
    PageTableEntry,
)
from kobjects.kernel.addresses import User
from packer.checks import findings, kernel_half, non_canonical, write_execute
from packer.checks.tables import AddressSpace
from packer.errors import Problem
from packer.image import Image
from packer.link import link
from packer.parts import KERNEL_WINDOW, gather
from packer.placement import place
from packer.subject import Subject
from stages.model import Region, Symbols
from tests.packer import tiny

LAST = LinearAddress.from_int(User.LIMIT)
"""The page below the non-canonical addresses: number 511 of each table but the first."""

TEXT, DATA = User.TEXT, User.STACK_TOP - 0x1000


def tables() -> list[Region]:
    """A space in which the task's text and a page of the kernel's data are mapped."""

    def spread(entries: dict[int, int]) -> list[int]:
        return [entries.get(number, 0) for number in range(512)]

    def on(kind: type, name: str, index: int) -> Callable[[Symbols], list[int]]:
        def fill(symbols: Symbols) -> list[int]:
            table = symbols.physical(name)
            return spread({index: kind(present=True, writable=True, user=True, address=table)})

        return fill

    def pages(symbols: Symbols) -> list[int]:
        text = symbols.physical("task.one.text")
        data = symbols.physical("counters") & -4096
        return spread(
            {
                LinearAddress.from_int(TEXT).pt: PageTableEntry(
                    present=True, user=True, address=text
                ),
                LinearAddress.from_int(DATA).pt: PageTableEntry(
                    present=True, user=True, writable=True, no_execute=True, address=data
                ),
            }
        )

    where = LinearAddress.from_int(TEXT)
    to_pdpt = on(PageMapLevel4Entry, "pdpt", 0)
    to_pd = on(PageDirectoryPointerEntry, "pd", 0)
    to_pt = on(PageDirectoryEntry, "pt", where.pd)
    return [
        Region("pml4.one", PageMapLevel4Entry[512], to_pdpt, align=4096),
        Region("pdpt", PageDirectoryPointerEntry[512], to_pd, align=4096),
        Region("pd", PageDirectoryEntry[512], to_pt, align=4096),
        Region("pt", PageTableEntry[512], pages, align=4096),
    ]


@pytest.fixture(scope="module")
def image() -> Image:
    parts = gather(tiny.system(tiny.stage(regions=tables()), tasks=[tiny.task()]))
    return link(parts, place(parts.pieces(), KERNEL_WINDOW))


def changed(image: Image, entries: dict[tuple[str, int], int]) -> Image:
    """The image with these entries of tables, by region and number, written over."""
    load = bytearray(image.load)
    for (region, index), value in entries.items():
        start = image.symbols[region] - image.symbols["kernel.start"]
        struct.pack_into("<Q", load, start + 8 * index, value)
    return replace(image, load=bytes(load))


def texts(problems: Iterable[Problem]) -> list[str]:
    return [str(problem).splitlines()[0] for problem in problems]


def lead_to_last_page(image: Image) -> dict[tuple[str, int], int]:
    """Entries by which the last page of the lower half is mapped through the task's own tables."""
    at = image.symbols.physical
    link = {"present": True, "user": True, "writable": True}
    return {
        ("pml4.one", LAST.pml4): PageMapLevel4Entry(address=at("pdpt"), **link),
        ("pdpt", LAST.pdpt): PageDirectoryPointerEntry(address=at("pd"), **link),
        ("pd", LAST.pd): PageDirectoryEntry(address=at("pt"), **link),
        ("pt", LAST.pt): PageTableEntry(present=True, user=True, address=at("task.one.text")),
    }


def test_a_good_image_has_no_findings(image: Image) -> None:
    assert findings(image) == []


def test_the_walk_finds_the_pages_with_the_rights_of_all_levels(image: Image) -> None:
    space = AddressSpace(image, "pml4.one")
    text, data = space.walk()
    assert (text.linear, text.size, text.physical) == (
        *(TEXT, 4096, image.symbols.physical("task.one.text")),
    )
    assert (text.writable, text.user, text.executable) == (False, True, True)
    assert (data.linear, data.writable, data.user, data.executable) == (DATA, True, True, False)
    assert space.translate(TEXT + 0x123) == text
    assert space.translate(TEXT + 0x1000) is None
    assert space.translate(User.LIMIT) is None


def test_upper_levels_take_rights_away(image: Image) -> None:
    table = image.symbols.physical("pdpt")
    entry = PageMapLevel4Entry(present=True, user=False, no_execute=True, address=table)
    text, data = AddressSpace(changed(image, {("pml4.one", 0): entry}), "pml4.one").walk()
    assert (text.user, text.executable, data.writable) == (False, False, False)


def test_the_upper_half_has_canonical_addresses(image: Image) -> None:
    entry = PageMapLevel4Entry(present=True, address=image.symbols.physical("pdpt"))
    pages = AddressSpace(changed(image, {("pml4.one", 511): entry}), "pml4.one").walk()
    assert max(page.linear for page in pages) == DATA + (511 << 39) + (0xFFFF << 48)


def test_the_last_page_below_the_hole_is_caught(image: Image) -> None:
    mutant = changed(image, lead_to_last_page(image))
    assert texts(non_canonical.check(Subject.of(mutant)).problems) == [
        "pml4.one: error[KP2303]: [0x7ffffffff000, 0x800000000000) is mapped, and with it the last "
        "page below the non-canonical addresses, which begin at 0x800000000000"
    ]


@pytest.mark.parametrize("level", ["pdpt", "pd"])
def test_large_pages_over_the_last_page_are_caught(image: Image, level: str) -> None:
    entries = lead_to_last_page(image)
    index = LAST.pdpt if level == "pdpt" else LAST.pd
    entries[level, index] = entries[level, index] & 0xFFF | 1 << 7  # a large page at physical 0
    found = texts(non_canonical.check(Subject.of(changed(image, entries))).problems)
    start = {"pdpt": 0x7FFFC0000000, "pd": 0x7FFFFFE00000}[level]
    assert len(found) == 1
    assert found[0].startswith(f"pml4.one: error[KP2303]: [{start:#x}, 0x800000000000) is mapped")


@pytest.mark.parametrize("cleared", ["pml4.one", "pdpt", "pd", "pt"])
def test_any_absent_level_leaves_the_page_unmapped(image: Image, cleared: str) -> None:
    entries = lead_to_last_page(image)
    for region, index in entries:
        if region == cleared:
            entries[region, index] = entries[region, index] & ~1
    assert texts(non_canonical.check(Subject.of(changed(image, entries))).problems) == []


def test_tables_outside_the_image_are_a_finding(image: Image) -> None:
    entry = PageMapLevel4Entry(present=True, address=0x7000)
    mutant = changed(image, {("pml4.one", LAST.pml4): entry})
    text = "pml4.one: error[KP2302]: refers to a table at physical 0x7000, which is in no region"
    assert texts(non_canonical.check(Subject.of(mutant)).problems) == [text]
    assert texts(write_execute.check(Subject.of(mutant)).problems) == [text]


def test_a_task_without_tables_is_a_finding() -> None:
    parts = gather(tiny.system(tasks=[tiny.task()]))
    image = link(parts, place(parts.pieces(), KERNEL_WINDOW))
    assert texts(non_canonical.check(Subject.of(image)).problems) == [
        "task one: error[KP2301]: there are no page tables pml4.one"
    ]


def test_a_kernel_page_that_ring_3_can_use_is_caught(image: Image) -> None:
    entry = PageMapLevel4Entry(
        present=True, user=True, no_execute=True, address=image.symbols.physical("pdpt")
    )
    mutant = changed(image, {("pml4.one", 511): entry})
    first = TEXT + (511 << 39) + (0xFFFF << 48)
    found = texts(kernel_half.check(Subject.of(mutant)).problems)
    assert found[0] == (
        f"pml4.one: error[KP2306]: [{first:#x}, {first + 0x1000:#x}) can be used from ring 3"
    )
    assert len(found) == 2
    closed = changed(image, {("pml4.one", 511): entry.replace(user=False)})
    assert texts(kernel_half.check(Subject.of(closed)).problems) == []


def test_a_page_that_is_written_and_executed_is_caught(image: Image) -> None:
    page = PageTableEntry(present=True, writable=True, address=0x500000)
    mutant = changed(image, {("pt", 3): page})
    assert texts(write_execute.check(Subject.of(mutant)).problems) == [
        "pml4.one: error[KP2304]: [0x403000, 0x404000) can be both written and executed"
    ]


@pytest.mark.parametrize("large", [False, True])
def test_memory_that_is_written_here_and_executed_there_is_caught(
    image: Image, large: bool
) -> None:
    text = image.symbols.physical("task.one.text")
    if large:
        key, shown = ("pd", 7), "[0xe00000, 0x1000000)"
        flags = PageDirectoryEntry(present=True, writable=True, no_execute=True) | 1 << 7
        mutant = changed(image, {key: flags | text & -0x200000})
    else:
        key, shown = ("pt", 3), "[0x403000, 0x404000)"
        entry = PageTableEntry(present=True, writable=True, no_execute=True, address=text)
        mutant = changed(image, {key: entry})
    assert texts(write_execute.check(Subject.of(mutant)).problems) == [
        "pml4.one: error[KP2305]: [0x400000, 0x401000) can be executed, "
        f"and written through {shown} of pml4.one"
    ]


def test_a_data_page_that_becomes_executable_is_caught(image: Image) -> None:
    entry = LinearAddress.from_int(DATA).pt
    start = image.symbols["pt"] - image.symbols["kernel.start"] + 8 * entry
    (raw,) = struct.unpack_from("<Q", image.load, start)
    mutant = changed(image, {("pt", entry): raw & ~(1 << 63)})
    assert [problem.code for problem in write_execute.check(Subject.of(mutant)).problems] == [
        "KP2304"
    ]
