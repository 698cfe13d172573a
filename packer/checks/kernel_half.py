"""Nothing in the kernel's half of any address space can be used from ring 3."""

from __future__ import annotations

from packer.checks.result import Result
from packer.checks.tables import ENTRIES, address_spaces
from packer.errors import Problem
from packer.subject import Subject


def check(subject: Subject) -> Result:
    """A problem for each page of the upper half that all levels together open to tasks."""
    seen: set[tuple[int, int]] = set()
    problems: list[Problem] = []
    pages = 0
    for space, _ in address_spaces(subject):
        try:
            for page in space.walk(ENTRIES // 2, seen):
                pages += 1
                if page.user:
                    text = f"{page} can be used from ring 3"
                    problems.append(Problem("KP2306", space.region, text))
        except LookupError:
            continue  # write_execute.py reports tables that cannot be followed
    return Result(
        "kernel half",
        "no page of the kernel's half can be used from ring 3",
        {"pages": pages},
        problems=problems,
    )
