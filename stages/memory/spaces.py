"""The address spaces of the tasks that the packer builds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from construct import Bytes

from kobjects.cpu.paging import (
    LinearAddress,
    PageDirectoryEntry,
    PageDirectoryPointerEntry,
    PageMapLevel4Entry,
    PageTableEntry,
)
from kobjects.kernel.addresses import Page, User
from kobjects.kernel.message import MessageBuffer
from kobjects.kernel.roster import Roster
from kobjects.word import Word
from stages.memory.tables import ENTRIES, kernel_half, pages_of, pml4_entry, spread
from stages.model import Access, Region, Segment, Symbols, System, Task
from stages.tasks.roster import ROSTER, SYMBOLS


def plan_spaces(system: System) -> list[Region]:
    """For each task four tables, a stack and a message buffer; then the frames that tasks share."""
    regions = [region for task in system.tasks for region in regions_of(task)]
    shared = [pages(f"frame.{name}") for name in system.frames]
    return regions + shared


def regions_of(task: Task) -> list[Region]:
    name = task.name
    return [
        *segments_of(task),
        table(f"pml4.{name}", PageMapLevel4Entry, partial(fill_pml4, task)),
        table(f"pdpt.{name}", PageDirectoryPointerEntry, partial(fill_pdpt, task)),
        table(f"pd.{name}", PageDirectoryEntry, partial(fill_pd, task)),
        table(f"pt.{name}", PageTableEntry, partial(fill_pt, task)),
        pages(f"stack.{name}", task.stack_pages),
        Region(f"message.{name}", MessageBuffer, fill=None, align=Page.SIZE),
    ]


def segments_of(task: Task) -> Iterator[Region]:
    """The pages of a compiled program. The kernel may write those that the task may write; a page
    that both only read is loaded even if it is zero, since nobody zeroes it at entry.
    """
    for number, segment in enumerate(task.executable.segments if task.executable else ()):
        access = Access.DATA if segment.access.writable else Access.RODATA
        name = segment_name(task, number)
        if segment.data:
            size = len(segment.data)
            contents = partial(contents_of, segment)
            yield Region(name, Bytes(size), contents, access, align=Page.SIZE)
        if zeros := segment.size - len(segment.data):
            yield pages(zero_name(task, number), zeros // Page.SIZE)


def tables_name(task: Task) -> str:
    """The page tables through which a task sees the boot modules."""
    return f"pt_modules.{task.name}"


def segment_name(task: Task, number: int) -> str:
    return f"task.{task.name}.segment{number}"


def zero_name(task: Task, number: int) -> str:
    return f"task.{task.name}.zero{number}"


def contents_of(segment: Segment, symbols: Symbols) -> bytes:
    return segment.data


def table(name: str, entry: type[Word], fill: Callable[[Symbols], Any]) -> Region:
    return Region(name, entry[ENTRIES], fill, align=Page.SIZE)


def pages(name: str, count: int = 1) -> Region:
    """Memory of a task, zero at its start."""
    return Region(name, Bytes(count * Page.SIZE), fill=None, align=Page.SIZE)


def fill_pml4(task: Task, symbols: Symbols) -> list[PageMapLevel4Entry]:
    own = pml4_entry(symbols.physical(f"pdpt.{task.name}"), user=True)
    return spread(kernel_half(symbols) | {0: own}, PageMapLevel4Entry())


def fill_pdpt(task: Task, symbols: Symbols) -> list[PageDirectoryPointerEntry]:
    entry = PageDirectoryPointerEntry(
        present=True,
        writable=True,
        user=True,
        accessed=True,
        address=symbols.physical(f"pd.{task.name}"),
    )
    entries = {0: entry}
    if task.framebuffer:  # empty where firmware leaves no screen of pixels; the kernel fills it
        screen = entry.replace(address=symbols.physical("framebuffer_pd"))
        entries[LinearAddress.from_int(User.FRAMEBUFFER).pdpt] = screen
    return spread(entries, PageDirectoryPointerEntry())


def fill_pd(task: Task, symbols: Symbols) -> list[PageDirectoryEntry]:
    entries = {LinearAddress.from_int(User.TEXT).pd: pd_entry(symbols.physical(f"pt.{task.name}"))}
    if task.modules:
        tables = symbols.placement(tables_name(task))
        first = LinearAddress.from_int(User.MODULES).pd
        entries |= {first + n: pd_entry(page) for n, page in enumerate(pages_of(tables))}
    return spread(entries, PageDirectoryEntry())


def pd_entry(table: int) -> PageDirectoryEntry:
    return PageDirectoryEntry(present=True, writable=True, user=True, accessed=True, address=table)


def fill_pt(task: Task, symbols: Symbols) -> list[PageTableEntry]:
    """Everything that the task sees at its start; what lies between is a guard."""
    entries: dict[int, PageTableEntry] = {}
    for name, first, access in mappings(task):
        for number, frame in enumerate(pages_of(symbols.placement(name))):
            entries[first + number * Page.SIZE] = user_page(frame, access)
    for first, physical in task.physical.items():
        for number, frame in enumerate(range(physical.start, physical.stop, Page.SIZE)):
            entries[first + number * Page.SIZE] = user_page(frame, Access.DATA, device=True)
    for address in entries:
        if not User.TEXT <= address < User.WINDOW_END:
            raise ValueError(
                f"task {task.name!r} maps {address:#x}, outside of the window "
                f"{int(User.TEXT):#x} to {int(User.WINDOW_END):#x} that one page table covers"
            )
    return spread(
        {LinearAddress.from_int(a).pt: entry for a, entry in entries.items()}, PageTableEntry()
    )


def mappings(task: Task) -> Iterator[tuple[str, int, Access]]:
    """(placement, its first virtual address, access) of all memory that a task starts with."""
    if task.executable is None:
        yield f"task.{task.name}.text", User.TEXT, Access.TEXT
    for number, segment in enumerate(task.executable.segments if task.executable else ()):
        loaded = len(segment.data)
        if loaded:
            yield segment_name(task, number), segment.address, segment.access
        if segment.size > loaded:
            yield zero_name(task, number), segment.address + loaded, segment.access
    stack_bytes = task.stack_pages * Page.SIZE
    yield f"stack.{task.name}", User.STACK_TOP - stack_bytes, Access.DATA
    yield f"message.{task.name}", User.BUFFER, Access.DATA
    if task.framebuffer:
        yield "font", User.FONT, Access.RODATA
        yield "text_screen", User.TEXT_SCREEN, Access.DATA
        yield "boot_info", User.BOOT_INFO, Access.RODATA
    if task.roster:
        yield ROSTER, User.ROSTER, Access.RODATA
        yield SYMBOLS, User.ROSTER + Roster.size, Access.RODATA


def user_page(frame: int, access: Access, *, device: bool = False) -> PageTableEntry:
    """Writable and never executable, executable and never writable, or neither."""
    return PageTableEntry(
        present=True,
        writable=access.writable,
        user=True,
        accessed=True,
        dirty=access.writable,
        write_through=device,
        cache_disable=device,
        address=frame,
        no_execute=not access.executable,
    )
