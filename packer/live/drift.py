"""How a running machine's memory differs from the image that it was booted from.

What was loaded is compared region by region, where the kernel has it mapped. In regions that can be
written a difference is life; in all others somebody wrote where nobody may.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from packer.image import Image
from packer.live.view import Read
from stages.model import Access, Placement


@dataclass(frozen=True)
class Change:
    """A leaf of a region that is no longer what the image has: a field, or an instruction."""

    path: str
    was: bytes
    now: bytes

    def __str__(self) -> str:
        return f"{self.path}: {_shown(self.was)} → {_shown(self.now)}"


@dataclass(frozen=True)
class Drift:
    """What became of one region. `size` and `differing` in bytes; `changes` in address order."""

    name: str
    access: Access
    size: int
    differing: int
    changes: Sequence[Change]

    @property
    def alarming(self) -> bool:
        """Whether it changed although nothing may write it."""
        return bool(self.differing) and self.access is not Access.DATA


def _shown(data: bytes) -> str:
    """A number, or the first bytes of what is too long for one."""
    if len(data) <= 8:
        return f"{int.from_bytes(data, 'little'):#x}"
    return f"{data[:8].hex(' ')} …" if len(data) > 16 else data.hex(" ")


def drifts(image: Image, read: Read) -> Iterator[Drift]:
    """One for each loaded region, in address order, the unchanged ones too."""
    for place in sorted(image.layout.placements, key=lambda place: place.virtual):
        if place.loaded and place.size:
            was, now = image.contents(place.name), read(place.virtual, place.size)
            differing = sum(a != b for a, b in zip(was, now, strict=True)) if was != now else 0
            changes = list(_changes(image, place, was, now)) if differing else []
            yield Drift(place.name, place.access, place.size, differing, changes)


def _changes(image: Image, place: Placement, was: bytes, now: bytes) -> Iterator[Change]:
    """The leaves whose bytes differ."""
    start = place.physical - image.layout.window.start
    span = image.owners.span_at(start)
    for owner in span.owners():
        first, last = owner.start - start, owner.end - start
        if was[first:last] != now[first:last]:
            yield Change(owner.path or owner.text, was[first:last], now[first:last])
