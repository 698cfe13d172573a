"""Where the bytes of a thing lie in a blob: in one piece, or in several as a file's clusters do."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, Self


@dataclass(frozen=True)
class Area:
    """Pieces of a blob that are read as one after the other; each is (offset, bytes)."""

    blob: memoryview
    extents: tuple[tuple[int, int], ...]

    @classmethod
    def whole(cls, blob: Any) -> Self:
        """All of a bytes-like object."""
        view = memoryview(blob).cast("B")
        return cls(view, ((0, len(view)),))

    @cached_property
    def _ends(self) -> list[int]:
        """Where each piece ends, counted from the start of the first."""
        return list(accumulate(size for _, size in self.extents))

    @property
    def size(self) -> int:
        """In bytes."""
        return self._ends[-1] if self.extents else 0

    @property
    def offset(self) -> int:
        """Of the first byte in the blob."""
        return self.extents[0][0] if self.extents else 0

    def part(self, offset: int, size: int | None = None) -> Area:
        """The bytes from `offset` on, as many as are there of `size`; None: all of them."""
        return Area(self.blob, tuple(self.pieces(offset, self.size if size is None else size)))

    def pieces(self, offset: int, size: int) -> Iterator[tuple[int, int]]:
        """Where in the blob these bytes lie, as far as they are there."""
        size = min(size, self.size - offset)
        index = bisect_right(self._ends, offset)
        while size > 0:
            start, length = self.extents[index]
            inside = offset - (self._ends[index] - length)
            piece = min(length - inside, size)
            yield start + inside, piece
            size, offset, index = size - piece, offset + piece, index + 1

    def read(self, offset: int, size: int) -> bytes:
        """These bytes, as far as they are there."""
        return b"".join(self.blob[at : at + count] for at, count in self.pieces(offset, size))

    def view(self, offset: int, size: int) -> memoryview | bytes:
        """`read`, without a copy where they lie in one piece."""
        pieces = list(self.pieces(offset, size))
        if len(pieces) == 1:
            at, count = pieces[0]
            return self.blob[at : at + count]
        return self.read(offset, size)
