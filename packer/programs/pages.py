"""Segments as whole pages, each with one kind of access."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kobjects.cpu.paging import PAGE_SIZE
from packer.layout import align_up
from stages.model import Access, Segment


class Piece(NamedTuple):
    """A segment as its file gives it: `data`, then zeros up to `size` bytes.

    header  the number of its program header
    """

    header: int
    access: Access
    start: int
    size: int
    data: bytes

    @property
    def end(self) -> int:
        """The address after its last byte."""
        return self.start + self.size

    @property
    def addresses(self) -> range:
        return range(self.start, self.end)

    @property
    def pages(self) -> range:
        """The addresses of the pages that it touches."""
        return range(self.start & -PAGE_SIZE, self.end, PAGE_SIZE)


def conflicts(pieces: Sequence[Piece]) -> Iterator[tuple[Piece, str]]:
    """Each piece that lies in an earlier one, or shares a page with one of other rights."""
    for number, piece in enumerate(pieces):
        for other in pieces[:number]:
            what = f"[{piece.start:#x}, {piece.end:#x})"
            which = f"program header {other.header}'s [{other.start:#x}, {other.end:#x})"
            common = range(max(piece.start, other.start), min(piece.end, other.end))
            shared = sorted({*piece.pages} & {*other.pages})
            if common:
                yield piece, f"the segment {what} overlaps {which}"
            elif shared and piece.access is not other.access:
                yield (
                    piece,
                    f"the segment {what} is {piece.access.value} and shares the page at "
                    f"{shared[0]:#x} with {which}, which is {other.access.value}",
                )


def runs(pieces: Sequence[Piece]) -> tuple[Segment, ...]:
    """The pages of pieces without conflicts, in address order.

    Neighbouring pages of one access are one run. Zeros at the end of what is written are no part
    of its data, as far as they are whole pages.
    """
    found: list[Segment] = []
    access = {page: piece.access for piece in pieces for page in piece.pages}
    pages = sorted(access)
    starts = [page for page in pages if access.get(page - PAGE_SIZE) is not access[page]]
    for start in starts:
        end = start
        while access.get(end) is access[start]:
            end += PAGE_SIZE
        found.append(_run(pieces, access[start], start, end))
    return tuple(found)


def _run(pieces: Sequence[Piece], access: Access, start: int, end: int) -> Segment:
    memory = bytearray(end - start)
    filled = 0
    for piece in pieces:
        if start <= piece.start < end and piece.data:
            offset = piece.start - start
            memory[offset : offset + len(piece.data)] = piece.data
            filled = max(filled, offset + len(piece.data))
    kept = align_up(filled, PAGE_SIZE) if access is Access.DATA else len(memory)
    return Segment(start, access, bytes(memory[:kept]), len(memory))
