"""The page tables as built: what every entry of every space must and must not say.

Read back from the image's bytes through the schemas; a mapping allows what all levels leave of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from construct import Construct

from kobjects.cpu.apic import LOCAL_APIC_ADDRESS
from kobjects.cpu.paging import (
    LARGE_PAGE_SIZE,
    PAGE_DIRECTORY,
    PAGE_SIZE,
    PageDirectoryEntry2M,
    PageDirectoryPointerEntry,
    PageMapLevel4Entry,
    PageTableEntry,
)
from kobjects.kernel.addresses import Kernel, User
from kobjects.kernel.roster import Roster
from packer.build import build
from packer.checks.tables import AddressSpace, Mapped
from packer.image import Image
from packer.manifest import DEMONSTRATION, load
from stages.memory.modules import size_of_all
from stages.memory.spaces import tables_name
from stages.model import Access, Task
from stages.tasks.roster import SYMBOLS

LEVELS: dict[str, Construct[Any, Any]] = {
    "pml4": PageMapLevel4Entry[512],
    "pdpt": PageDirectoryPointerEntry[512],
    "pds": PAGE_DIRECTORY[2048],
    "pd": PAGE_DIRECTORY[512],
    "pt": PageTableEntry[512],
}
LEAVES = PageTableEntry | PageDirectoryEntry2M
UPPER = 256
"""The first entry of a PML4 that is the kernel's."""
GIB = 1 << 30


@pytest.fixture(scope="module")
def image() -> Image:
    return build(load(DEMONSTRATION).system)


@pytest.fixture(scope="module")
def tables(image: Image) -> dict[str, tuple[LEAVES, ...]]:
    """Every table by the name of its region."""
    found = {}
    for name in image.regions:
        kind = name.partition(".")[0].rpartition("_")[2]
        if kind in LEVELS and image.layout.placement(name).loaded:
            found[name] = LEVELS[kind].parse(image.contents(name))
    return found


def present(tables: dict[str, tuple[LEAVES, ...]]) -> Iterator[tuple[str, int, LEAVES]]:
    for name, table in tables.items():
        for number, entry in enumerate(table):
            if entry.present:
                yield name, number, entry


def test_there_are_four_tables_a_space_and_the_kernels_ten(
    image: Image, tables: dict[str, tuple[LEAVES, ...]]
) -> None:
    assert len(tables) == 4 * len(image.system.tasks) + 10


def test_no_entry_breaks_a_rule_of_the_manual(tables: dict[str, tuple[LEAVES, ...]]) -> None:
    broken = [(name, number) for name, number, entry in present(tables) if entry.check()]
    assert broken == []


def test_entries_that_are_not_present_are_all_zero(tables: dict[str, tuple[LEAVES, ...]]) -> None:
    assert not [name for name, table in tables.items() for e in table if e and not e.present]


def test_the_processor_finds_no_a_or_d_bit_to_set(tables: dict[str, tuple[LEAVES, ...]]) -> None:
    """It would write to a table, and what is read back would no longer be what was built."""
    for name, number, entry in present(tables):
        assert entry.accessed, (name, number)
        if isinstance(entry, LEAVES) and entry.writable:
            assert entry.dirty, (name, number)


def test_only_the_kernels_pages_are_global(tables: dict[str, tuple[LEAVES, ...]]) -> None:
    """A global page outlives its address space in the TLB."""
    for name, number, entry in present(tables):
        if isinstance(entry, LEAVES):
            assert entry.global_ is not entry.user, (name, number)
            assert entry.user is name.startswith("pt."), (name, number)


def test_all_spaces_share_the_kernels_half(tables: dict[str, tuple[LEAVES, ...]]) -> None:
    spaces = [table for name, table in tables.items() if "pml4" in name]
    assert len({table[UPPER:] for table in spaces}) == 1
    assert sum(entry.present for entry in spaces[0][UPPER:]) == 2


def test_only_tables_of_a_task_are_for_its_user_half(
    image: Image, tables: dict[str, tuple[LEAVES, ...]]
) -> None:
    for task in image.system.tasks:
        for above, below in (("pml4", "pdpt"), ("pdpt", "pd"), ("pd", "pt")):
            table = tables[f"{above}.{task.name}"][: UPPER if above == "pml4" else 512]
            used = [entry.address for entry in table if entry.present]
            expected = [image.symbols.physical(f"{below}.{task.name}")]
            if below == "pd" and task.framebuffer:
                expected.append(image.symbols.physical("framebuffer_pd"))
            if below == "pt" and task.modules:
                expected.append(image.symbols.physical(tables_name(task)))
            assert used == expected


@pytest.fixture(scope="module")
def kernel(image: Image) -> list[Mapped]:
    return list(AddressSpace(image, "kernel_pml4").walk(UPPER))


def read_only_pages(image: Image) -> set[int]:
    return {
        page
        for place in image.layout.placements
        if place.access is not Access.DATA
        for page in range(place.physical & -PAGE_SIZE, place.physical + place.size, PAGE_SIZE)
    }


def test_the_direct_map_is_4_gib_and_never_executable(image: Image, kernel: list[Mapped]) -> None:
    direct = [page for page in kernel if page.linear < Kernel.WINDOW]
    reached = 0
    for page in direct:
        assert page.linear == Kernel.DIRECT + page.physical
        assert page.physical == reached
        assert not page.executable
        reached += page.size
    assert reached == 4 * GIB
    assert {page.physical for page in direct if not page.writable} == read_only_pages(image)


def test_only_the_local_apic_is_uncached(tables: dict[str, tuple[LEAVES, ...]]) -> None:
    uncached = [
        entry.address
        for name, _, entry in present(tables)
        if (entry.cache_disable or entry.write_through) and not name.startswith("pt.")
    ]
    assert uncached == [LOCAL_APIC_ADDRESS // LARGE_PAGE_SIZE * LARGE_PAGE_SIZE]


def test_the_window_has_the_image_and_nothing_else(image: Image, kernel: list[Mapped]) -> None:
    window = {page.linear: page for page in kernel if Kernel.WINDOW <= page.linear < Kernel.OBJECTS}
    placed = {
        page: place.access
        for place in image.layout.placements
        for page in range(place.virtual & -PAGE_SIZE, place.end, PAGE_SIZE)
    }
    assert window.keys() == placed.keys()
    for linear, access in placed.items():
        page = window[linear]
        assert page.physical == linear - Kernel.WINDOW
        assert (page.writable, page.executable) == (access.writable, access.executable)


@pytest.mark.parametrize(
    ("name", "address"), [("object_table", Kernel.OBJECTS), ("deadlines", Kernel.DEADLINES)]
)
def test_tables_that_grow_begin_in_a_window_of_their_own(
    image: Image, kernel: list[Mapped], name: str, address: int
) -> None:
    place = image.layout.placement(name)
    found = [page for page in kernel if address <= page.linear < address + 2**21]
    assert [(page.linear, page.physical) for page in found] == [
        (address + offset, place.physical + offset) for offset in range(0, place.size, PAGE_SIZE)
    ]
    assert all(page.writable and not page.executable for page in found)


def test_a_task_has_its_text_its_stack_its_buffer_and_its_devices(image: Image) -> None:
    for task in image.system.tasks:
        pages = {page.linear: page for page in AddressSpace(image, f"pml4.{task.name}").walk()}
        user = {linear: page for linear, page in pages.items() if page.user}
        text = image.layout.placement(f"task.{task.name}.text")
        expected = {
            **dict.fromkeys(range(User.TEXT, User.TEXT + text.size, PAGE_SIZE), "r-x"),
            **dict.fromkeys(range(stack_of(task), User.STACK_TOP, PAGE_SIZE), "rw-"),
            User.BUFFER: "rw-",
        }
        if task.modules:
            expected |= dict.fromkeys(pages_from(User.MODULES, size_of_all(image.system)), "r--")
        if task.roster:
            names = image.layout.placement(SYMBOLS).size
            expected |= dict.fromkeys(pages_from(User.ROSTER, Roster.size + names), "r--")
        if task.framebuffer:
            expected |= {User.FONT: "r--", User.TEXT_SCREEN: "rw-", User.BOOT_INFO: "r--"}
        for first, physical in task.physical.items():
            expected |= dict.fromkeys(range(first, first + len(physical), PAGE_SIZE), "rw-")
        assert {linear: rights(page) for linear, page in user.items()} == expected


def pages_from(first: int, size: int) -> range:
    return range(first, first + size, PAGE_SIZE)


def stack_of(task: Task) -> int:
    """The lowest address of its stack."""
    return User.STACK_TOP - task.stack_pages * PAGE_SIZE


def rights(page: Mapped) -> str:
    return f"r{'w' if page.writable else '-'}{'x' if page.executable else '-'}"


def test_below_and_above_a_tasks_memory_is_a_guard(image: Image) -> None:
    for task in image.system.tasks:
        space = AddressSpace(image, f"pml4.{task.name}")
        text = image.layout.placement(f"task.{task.name}.text").size
        for memory in (
            range(stack_of(task), User.STACK_TOP),
            range(User.BUFFER, User.BUFFER + PAGE_SIZE),
            range(User.TEXT, User.TEXT + -(-text // PAGE_SIZE) * PAGE_SIZE),
        ):
            assert space.translate(memory.start) is not None
            assert space.translate(memory.start - PAGE_SIZE) is None
            assert space.translate(memory.stop) is None


def test_devices_are_uncached(image: Image, tables: dict[str, tuple[LEAVES, ...]]) -> None:
    for task in image.system.tasks:
        devices = {page for span in task.physical.values() for page in span[::PAGE_SIZE]}
        found = {
            entry.address
            for entry in tables[f"pt.{task.name}"]
            if entry.present and entry.cache_disable and entry.write_through
        }
        assert found == devices
