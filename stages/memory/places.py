"""Where the boot modules lie for tasks that see them: page after page, behind a directory."""

from __future__ import annotations

from collections.abc import Iterator

from kobjects.kernel.addresses import Page
from kobjects.kernel.module import ModuleDirectory
from stages.model import Module, Symbols, System

DIRECTORY = "modules"


def region_name(module: Module) -> str:
    return f"module.{module.name}"


def places(system: System) -> Iterator[tuple[Module, int]]:
    """Each module with its offset from the directory, in bytes: whole pages."""
    offset = ModuleDirectory.size
    for module in system.modules:
        yield module, offset
        offset += page_count(module) * Page.SIZE


def page_count(module: Module) -> int:
    return -(-len(module.contents) // Page.SIZE)


def all_pages(system: System) -> list[tuple[str, int]]:
    """(region, offset in it) of each page that a task sees from User.MODULES on."""
    pages = [(DIRECTORY, 0)]
    for module in system.modules:
        name = region_name(module)
        pages += [(name, number * Page.SIZE) for number in range(page_count(module))]
    return pages


def page_address(symbols: Symbols, number: int) -> int:
    """The physical address of one of them."""
    region, offset = all_pages(symbols.system)[number]
    return symbols.physical(region) + offset
