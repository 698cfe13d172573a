"""Where bytes of a part lie: in a file, and in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from packer.atlas.parts import Leaf, Part


class Address(NamedTuple):
    """Where a byte lies in memory once it is loaded. `virtual` is where the kernel sees it; None
    for boot code, which runs at its physical address.
    """

    physical: int
    virtual: int | None


@dataclass(frozen=True)
class Span:
    """Bytes [start, start + size) of a file: those of `part` from its byte `skip` on."""

    start: int
    size: int
    part: Part
    skip: int

    @property
    def end(self) -> int:
        return self.start + self.size

    def leaf(self, leaf: Leaf) -> Leaf:
        """A leaf of the part, cut to the span, at its offset in the file."""
        first = max(leaf.inside, self.skip)
        last = min(leaf.inside + leaf.size, self.skip + self.size)
        return replace(leaf, start=first - self.skip + self.start, size=last - first)
