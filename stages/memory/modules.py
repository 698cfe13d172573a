"""The boot modules: their directory, themselves, and the tables through which tasks see them."""

from __future__ import annotations

from functools import partial
from typing import Any

from construct import Bytes, Struct

from kobjects.cpu.paging import PageTableEntry
from kobjects.kernel.addresses import Page, User
from kobjects.kernel.module import Module as Entry
from kobjects.kernel.module import ModuleDirectory, ModuleKind, ModuleLimit
from kobjects.kernel.program import Program
from stages.memory.places import DIRECTORY, places, region_name
from stages.memory.spaces import tables_name, user_page
from stages.memory.tables import ENTRIES, pages_of
from stages.model import Access, Module, Region, Symbols, System, Task


def plan_modules(system: System) -> list[Region]:
    """Nothing unless there is a module, or a task that wants to see that there is none."""
    readers = [task for task in system.tasks if task.modules]
    if not readers and not system.modules:
        return []
    rodata, page = Access.RODATA, int(Page.SIZE)
    found = [Region(DIRECTORY, ModuleDirectory, fill_directory, rodata, page)]
    for module in system.modules:
        if module.contents:
            contents = partial(contents_of, module)
            found.append(Region(region_name(module), schema_of(module), contents, rodata, page))
    tables = -(-size_of_all(system) // Page.LARGE)
    for task in readers:
        fill = partial(fill_tables, task)
        found.append(Region(tables_name(task), PageTableEntry[tables * ENTRIES], fill, align=page))
    return found


def schema_of(module: Module) -> Any:
    """Of a program its first page is known by field, the rest only to the program."""
    size = len(module.contents)
    if module.program is None:
        return Bytes(size)
    return Struct("program" / Program, "pages" / Bytes(size - Program.size))


def contents_of(module: Module, symbols: Symbols) -> Any:
    data = module.contents
    if module.program is None:
        return data
    return {"program": Program.parse(data), "pages": data[Program.size :]}


def size_of_all(system: System) -> int:
    """Bytes that the directory and all modules take of a task's addresses."""
    ends = [offset + len(module.contents) for module, offset in places(system)]
    return max([ModuleDirectory.size, *ends])


def fill_directory(symbols: Symbols) -> ModuleDirectory:
    entries = [
        Entry(
            name=module.name.encode(),
            offset=offset,
            length=len(module.contents),
            kind=ModuleKind.PROGRAM if module.program else ModuleKind.FILE,
        )
        for module, offset in places(symbols.system)
    ]
    unused = [Entry()] * (ModuleLimit.MODULES - len(entries))
    return ModuleDirectory(count=len(entries), modules=(*entries, *unused))


def fill_tables(task: Task, symbols: Symbols) -> list[PageTableEntry]:
    """Tables of the task's own, since MAP may put frames of its own beside the modules."""
    system = symbols.system
    mapped = [(DIRECTORY, 0)]
    mapped += [(region_name(module), at) for module, at in places(system) if module.contents]
    tables = symbols.placement(tables_name(task))
    entries = [PageTableEntry()] * (tables.size // PageTableEntry.size)
    for name, offset in mapped:
        for number, frame in enumerate(pages_of(symbols.placement(name))):
            entries[offset // Page.SIZE + number] = user_page(frame, Access.RODATA)
    return entries


assert User.MODULES % Page.LARGE == 0, "the tables begin at an entry of the page directory"
