"""Memory maps as firmware should and should not give them: what the kernel makes of each entry."""

from __future__ import annotations

from pathlib import Path

import pytest

from kobjects.firmware.e820 import E820EntryExtended, E820Type
from kobjects.kernel.addresses import Kernel, Page
from packer.machine.outcome import Outcome
from stages.model import Assembly
from tests.stages import harness, kernels
from tests.stages.company import START, last

pytestmark = pytest.mark.boot

RAM, RESERVED, ACPI = E820Type.RAM, E820Type.RESERVED, E820Type.ACPI_RECLAIMABLE
MIB, GIB = 1 << 20, 1 << 30
TOP = 1 << 64

RANGES = {
    "conventional memory": (0, 0x9FC00, RAM),
    "around the image": (MIB, 3 * MIB, RAM),
    "at the image": (2 * MIB, 4 * MIB, RAM),
    "ends below the image": (MIB, MIB // 2, RAM),
    "ends at the image": (MIB, MIB, RAM),
    "ends in the image": (MIB, MIB + Page.SIZE, RAM),
    "whole pages": (64 * MIB, 3 * Page.SIZE, RAM),
    "odd start": (65 * MIB + 1, 3 * Page.SIZE, RAM),
    "odd end": (66 * MIB, 3 * Page.SIZE - 1, RAM),
    "odd both": (67 * MIB + 0x800, 3 * Page.SIZE, RAM),
    "less than a page": (68 * MIB, Page.SIZE - 1, RAM),
    "a page, but on two": (69 * MIB + 1, Page.SIZE, RAM),
    "empty": (70 * MIB, 0, RAM),
    "reserved": (71 * MIB, MIB, RESERVED),
    "ACPI's": (72 * MIB, MIB, ACPI),
    "of type 0": (73 * MIB, MIB, 0),
    "of an unknown type": (74 * MIB, MIB, 12),
    "up to 4 GiB": (4 * GIB - 2 * Page.SIZE, 2 * Page.SIZE, RAM),
    "across 4 GiB": (4 * GIB - Page.SIZE, GIB, RAM),
    "at 4 GiB": (4 * GIB, GIB, RAM),
    "above 4 GiB": (8 * GIB, GIB, RAM),
    "across 256 GiB": (256 * GIB - Page.SIZE, GIB, RAM),
    "at 256 GiB": (256 * GIB, GIB, RAM),
    "everything": (0, TOP - 1, RAM),
    "wraps": (TOP - MIB, 2 * MIB, RAM),
    "wraps to 0": (TOP - MIB, MIB, RAM),
    "in the very last page": (TOP - Page.SIZE + 1, 0x100, RAM),
    "longest there is": (Page.SIZE, TOP - 1, RAM),
}
"""First byte, length, type."""

LITTLE = ("reserved", "less than a page", "whole pages", "wraps", "odd both", "at 256 GiB")
"""A map of which little is usable: all of it is handed out."""

DIRECT_END = 256 * GIB
"""Slots are numbered by 64 bytes of physical memory, in 32 bits."""


def usable(base: int, length: int, kind: int, image_end: int) -> range:
    """Whole pages of RAM behind the image that the direct map reaches; a map that wraps is none."""
    if kind != RAM or base + length >= TOP:
        return range(0)
    first = max(-(-base // Page.SIZE) * Page.SIZE, image_end)
    end = min((base + length) // Page.SIZE * Page.SIZE, DIRECT_END)
    return range(first, max(first, end), Page.SIZE)


def booted(names: tuple[str, ...]) -> Outcome:
    entries = b"".join(
        E820EntryExtended(base=base, length=length).edit({"type": kind}).build()
        for base, length, kind in (RANGES[name] for name in names)
    )
    table = f"const RANGES = {len(names)}\nranges:\n    .byte {', '.join(map(str, entries))}\n"
    sources = [kernels.guest("ranges.asm"), Assembly(Path("ranges"), generate=lambda: table)]
    of = kernels.instead_of_tasks(harness.system(START + last()), "range_test", *sources)
    return harness.passed(harness.boot(of))


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return booted(tuple(RANGES))


@pytest.mark.parametrize("name", RANGES)
def test_an_entry_is_used_as_far_as_it_can_be(outcome: Outcome, name: str) -> None:
    ((image_end,),) = harness.words(outcome, "image")
    assert image_end > Kernel.PHYSICAL
    first, end = list(harness.words(outcome, "usable"))[list(RANGES).index(name)]
    found = range(first, max(first, end), Page.SIZE)
    assert found == usable(*RANGES[name], image_end)


def test_frames_come_from_all_usable_entries_in_their_order() -> None:
    """But those behind the last whole 2 MiB of the largest, which come last: here all of it."""
    outcome = booted(LITTLE)
    ((image_end,),) = harness.words(outcome, "image")
    frames = [frame for (frame,) in harness.words(outcome, "frame")]
    pages = {name: list(usable(*RANGES[name], image_end)) for name in LITTLE}
    largest = max(pages, key=lambda name: len(pages[name]))
    assert len(pages[largest]) < Page.LARGE // Page.SIZE
    ordered = [name for name in LITTLE if name != largest] + [largest]
    assert frames == [page for name in ordered for page in pages[name]]


def test_memory_above_4_gib_is_counted() -> None:
    """QEMU puts what 3 GiB do not hold above 4 GiB."""
    outcome = harness.passed(harness.boot(harness.system(START + last()), memory=3584))
    line = next(line for line in harness.lines(outcome) if line.startswith("memory "))
    assert 3584 * MIB // Page.SIZE - 1024 < int(line.split()[1]) < 3584 * MIB // Page.SIZE
