"""What is placed and where it lies: pieces, placements, gaps. The rules are in `placement.py`."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from kobjects.cpu.paging import PAGE_SIZE
from packer.errors import Problem
from stages.model import Access, Placement


class Group(enum.IntEnum):
    """The parts of the kernel's image, in address order."""

    TEXT = 0
    RODATA = 1
    DATA = 2
    TASKS = 3
    RESERVED = 4


@dataclass(frozen=True)
class Piece:
    """What is to be placed: a unit of code, or a region. Sizes and alignment in bytes."""

    name: str
    origin: str
    """Who brings it, for messages: "stage memory", "task ping"."""
    size: int
    access: Access
    group: Group
    align: int = 16
    guard: bool = False
    edge: bool = False

    @property
    def owns_pages(self) -> bool:
        """Nothing else may lie in its first or last page."""
        return self.align >= PAGE_SIZE


@dataclass(frozen=True)
class Window:
    """The kernel's part of memory: physical [start, limit), seen at `base` + physical."""

    start: int
    limit: int
    base: int


@dataclass(frozen=True)
class Gap:
    """Bytes between placements: padding inside mapped pages, or whole pages left unmapped."""

    physical: int
    size: int
    group: Group
    reason: str
    guard: bool = False

    @property
    def end(self) -> int:
        return self.physical + self.size


@dataclass(frozen=True)
class Run:
    """Physical pages [start, end) with one kind of access, all of them loaded or none."""

    access: Access
    loaded: bool
    start: int
    end: int


@dataclass(frozen=True)
class Layout:
    """An address for every piece, even when `problems` says that it cannot be used.

    Placements and gaps together cover physical [window.start, end) exactly; of that,
    [window.start, loaded_end) comes from the image and the rest is zeroed at entry. Both ends lie
    on page boundaries. `placements` has the order of `pieces`.
    """

    window: Window
    pieces: tuple[Piece, ...]
    placements: tuple[Placement, ...]
    gaps: tuple[Gap, ...]
    loaded_end: int
    end: int
    problems: tuple[Problem, ...]

    def placement(self, name: str) -> Placement:
        """Where the piece of that name lies; KeyError for another name."""
        for place in self.placements:
            if place.name == name:
                return place
        raise KeyError(name)

    def runs(self) -> list[Run]:
        """All pages from the first placement's on; a guard belongs to the run before it."""
        firsts: list[Placement] = []
        for place in self.placements:
            if place.size and (not firsts or _kind(firsts[-1]) != _kind(place)):
                firsts.append(place)
        starts = [place.physical for place in firsts]
        # A guard between loaded and reserved memory is the reserved memory's: it has no bytes.
        edge = next((n for n, place in enumerate(firsts) if not place.loaded), None)
        if edge is not None:
            starts[edge] = self.loaded_end
        ends = [*starts, self.end][1:]
        return [
            Run(place.access, place.loaded, start, end)
            for place, start, end in zip(firsts, starts, ends, strict=True)
        ]

    def linker_symbols(self) -> dict[str, int]:
        """The virtual addresses that no stage declares. `kernel.zero_start` … `kernel.end` is
        what entry has to zero."""
        base = self.window.base
        return {
            "kernel.start": base + self.window.start,
            "kernel.loaded_end": base + self.loaded_end,
            "kernel.zero_start": base + self.loaded_end,
            "kernel.end": base + self.end,
        }


def align_up(address: int, align: int) -> int:
    """The first multiple of `align` (any positive number) that is not below `address`."""
    return -(-address // align) * align


def _kind(place: Placement) -> tuple[Access, bool]:
    return place.access, place.loaded
