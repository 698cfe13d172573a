"""Nothing can be both written and executed: no mapping, and no memory through two mappings.

Rights are those that all levels of the tables leave together. Memory counts as written if any
address space maps it writable, so that an alias cannot undo what a mapping denies.
"""

from __future__ import annotations

from collections.abc import Iterator

from kobjects.cpu.paging import HUGE_PAGE_SIZE, LARGE_PAGE_SIZE, PAGE_SIZE
from packer.checks.tables import Mapped, address_spaces
from packer.errors import Problem
from packer.image import Image


def check(image: Image) -> Iterator[Problem]:
    """A problem for each mapping with both rights, and for each executable page with an alias."""
    executable: list[tuple[str, Mapped]] = []
    written: dict[tuple[int, int], tuple[str, Mapped]] = {}
    seen: set[tuple[int, int]] = set()
    for space, first in address_spaces(image):
        try:
            for page in space.walk(first, seen):
                if page.executable:
                    executable.append((space.region, page))
                if page.writable:
                    written[page.size, page.physical // page.size] = (space.region, page)
        except LookupError as error:
            yield Problem("KP2302", space.region, f"refers to {error.args[0]}")
    for region, page in executable:
        if page.writable:
            yield Problem("KP2304", region, f"{page} can be both written and executed")
        elif alias := _alias(page, written):
            other, where = alias
            text = f"{page} can be executed, and written through {where} of {other}"
            yield Problem("KP2305", region, text)


def _alias(
    page: Mapped, written: dict[tuple[int, int], tuple[str, Mapped]]
) -> tuple[str, Mapped] | None:
    """A writable mapping of some of the page's memory."""
    for physical in range(page.physical, page.physical + page.size, PAGE_SIZE):
        for size in (PAGE_SIZE, LARGE_PAGE_SIZE, HUGE_PAGE_SIZE):
            if found := written.get((size, physical // size)):
                return found
    return None
