"""Nothing in the kernel's half of any address space can be used from ring 3."""

from __future__ import annotations

from collections.abc import Iterator

from packer.checks.tables import ENTRIES, address_spaces
from packer.errors import Problem
from packer.image import Image


def check(image: Image) -> Iterator[Problem]:
    """A problem for each page of the upper half that all levels together open to tasks."""
    seen: set[tuple[int, int]] = set()
    for space, _ in address_spaces(image):
        try:
            for page in space.walk(ENTRIES // 2, seen):
                if page.user:
                    yield Problem("KP2306", space.region, f"{page} can be used from ring 3")
        except LookupError:
            continue  # write_execute.py reports tables that cannot be followed
