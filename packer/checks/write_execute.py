"""Nothing can be both written and executed: no mapping, and no memory through two mappings.

Rights are those that all levels of the tables leave together. Memory counts as written if any
address space maps it writable, so that an alias cannot undo what a mapping denies.
"""

from __future__ import annotations

from kobjects.cpu.paging import HUGE_PAGE_SIZE, LARGE_PAGE_SIZE, PAGE_SIZE
from packer.checks.result import Result
from packer.checks.tables import Mapped, address_spaces
from packer.errors import Problem
from packer.subject import Subject


def check(subject: Subject) -> Result:
    """A problem for each mapping with both rights, and for each executable page with an alias."""
    executable: list[tuple[str, Mapped]] = []
    written: dict[tuple[int, int], tuple[str, Mapped]] = {}
    seen: set[tuple[int, int]] = set()
    problems: list[Problem] = []
    for space, first in address_spaces(subject):
        try:
            for page in space.walk(first, seen):
                if page.executable:
                    executable.append((space.region, page))
                if page.writable:
                    written[page.size, page.physical // page.size] = (space.region, page)
        except LookupError as error:
            problems.append(Problem("KP2302", space.region, f"refers to {error.args[0]}"))
    for region, page in executable:
        if page.writable:
            text = f"{page} can be both written and executed"
            problems.append(Problem("KP2304", region, text))
        elif alias := _alias(page, written):
            other, where = alias
            text = f"{page} can be executed, and written through {where} of {other}"
            problems.append(Problem("KP2305", region, text))
    return Result(
        "write or execute",
        "no memory can be both written and executed, by any mapping or two",
        {"executable": len(executable), "writable": len(written)},
        problems=problems,
    )


def _alias(
    page: Mapped, written: dict[tuple[int, int], tuple[str, Mapped]]
) -> tuple[str, Mapped] | None:
    """A writable mapping of some of the page's memory."""
    for physical in range(page.physical, page.physical + page.size, PAGE_SIZE):
        for size in (PAGE_SIZE, LARGE_PAGE_SIZE, HUGE_PAGE_SIZE):
            if found := written.get((size, physical // size)):
                return found
    return None
