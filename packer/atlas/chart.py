"""A map, and the files that it is of: who owns a byte, and what lies at an address."""

from __future__ import annotations

import bisect
import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, NamedTuple

from kobjects.errors import UnknownNameError, unknown_name
from packer.atlas.atlas import Atlas
from packer.atlas.parts import Leaf, Part

__all__ = ["Address", "Atlas", "Chart", "Span"]


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


class Chart:
    """One file with its map: the owner of each byte."""

    def __init__(self, atlas: Atlas, name: str, data: Any) -> None:
        self.atlas, self.name, self.data = atlas, name, data
        self._file = atlas.files[name]

    @property
    def size(self) -> int:
        return int(self._file["size"])

    @property
    def edits(self) -> Sequence[Mapping[str, str]]:
        """What kpack set changed since the build: path, before and after of each field."""
        found: Sequence[Mapping[str, str]] = self._file.get("edited", ())
        return found

    @functools.cached_property
    def spans(self) -> Sequence[Span]:
        """All in order, from byte 0 to the last without holes."""
        rows = self._file["spans"]
        starts = accumulate((row[0] for row in rows), initial=0)
        return [
            Span(start, row[0], self.atlas.parts[row[1]], row[2] if len(row) > 2 else 0)
            for start, row in zip(starts, rows, strict=False)
        ]

    @property
    def boot(self) -> Part | None:
        """The code that brings the kernel up, if the file has any: the first of `boots`."""
        return next(iter(self.boots), None)

    @property
    def boots(self) -> Sequence[Part]:
        """That code as often as the file has it: as linked for a disk, and for a CD."""
        return [self.atlas.parts[number] for number in self._file.get("boots", ())]

    def changed(self) -> list[Span]:
        """The spans whose bytes are not those that were built."""
        import zlib

        data = memoryview(self.data)
        return [
            span
            for span, built in zip(self.spans, self._file["crc32"], strict=True)
            if zlib.crc32(data[span.start : span.end]) != built
        ]

    def leaves(self) -> Iterator[Leaf]:
        """Every leaf in order: their sizes add up to `size`."""
        for span in self.spans:
            for leaf in span.part.leaves():
                if leaf.inside < span.skip + span.size and span.skip < leaf.inside + leaf.size:
                    yield span.leaf(leaf)

    def span_at(self, offset: int) -> Span:
        """The span that holds a byte; IndexError outside the file."""
        if not 0 <= offset < self.size:
            raise IndexError(
                f"offset {offset:#x} is outside of {self.name}, of {self.size:#x} bytes"
            )
        return self.spans[bisect.bisect_right(self._starts, offset) - 1]

    @functools.cached_property
    def _starts(self) -> list[int]:
        return [span.start for span in self.spans]

    def leaf_at(self, offset: int) -> Leaf:
        """The leaf that owns a byte; IndexError outside the file."""
        span = self.span_at(offset)
        return span.leaf(span.part.at(offset - span.start + span.skip))

    def address_of(self, offset: int) -> Address | None:
        """Where a byte of the file lies in memory; None for what no machine loads."""
        span = self.span_at(offset)
        if span.part.physical is None:
            return None
        inside = offset - span.start + span.skip
        virtual = None if span.part.virtual is None else span.part.virtual + inside
        return Address(span.part.physical + inside, virtual)

    def offset_in(self, part: Part, inside: int = 0) -> int | None:
        """Where byte `inside` of a part lies in the file; None if it does not."""
        for span in self.spans:
            if span.part is part and span.skip <= inside < span.skip + span.size:
                return span.start + inside - span.skip
        return None

    def start_of(self, part: Part) -> int | None:
        """Where the first byte of a part lies, or would if none of it were another's, as in a boot
        sector; None for a part that is not there, or not in one piece.
        """
        starts = {span.start - span.skip for span in self.spans if span.part is part}
        return min(starts) if len(starts) == 1 else None

    def offset_of(
        self, *, physical: int | None = None, virtual: int | None = None, symbol: str = ""
    ) -> int | None:
        """Where in the file lies what is loaded at an address, given in one way; None if nothing of
        it is. UnknownNameError for a symbol that there is not.
        """
        if symbol:
            part, inside = self.symbol(symbol)
            return self.offset_in(part, inside)
        if virtual is not None:
            physical = self.atlas.physical(virtual)
        candidates = () if physical is None else self.atlas.all_at(physical)
        offsets = (self.offset_in(*found) for found in candidates)
        return next((offset for offset in offsets if offset is not None), None)

    def symbol(self, name: str) -> tuple[Part, int]:
        """The part that a symbol names a byte of, and how far into it. A region, a unit, a label of
        the kernel's or of the boot code, or `task.NAME.label`.
        """
        if name in self.atlas._named:
            return self.atlas._named[name], 0
        labels = self._labels
        if name not in labels:
            raise unknown_name(self.name, name, self.symbols(), "symbol")
        return labels[name]

    def symbols(self) -> Iterator[str]:
        """Everything that `symbol` knows."""
        yield from self.atlas._named
        yield from self._labels

    @functools.cached_property
    def _labels(self) -> dict[str, tuple[Part, int]]:
        found: dict[str, tuple[Part, int]] = {}
        code = [part for part in self.atlas.parts if part.is_ == "code"]
        # Labels of the kernel and of this file's boot code win over those of others.
        code.sort(key=lambda part: (part.virtual is None, part is not self.boot))
        for part in code:
            task = part.name.removesuffix("text") if part.name.startswith("task.") else ""
            for offset, label in part.labels:
                found.setdefault(f"{task}{label}", (part, offset))
        return found

    def called(self, address: int, seen_from: Part | None = None) -> str:
        """What lies at an address that code of `seen_from`, or else of the kernel, may name: a
        label or region, with a distance; "" for what has no name.
        """
        own = seen_from if seen_from and seen_from.virtual != seen_from.runs_at else None
        if own and 0 <= address - own.runs_at < own.size:
            return own.label_at(address - own.runs_at)
        physical = self.atlas.physical(address)
        if physical is None and seen_from and seen_from.virtual is None:
            physical = address  # boot code runs where virtual addresses are physical
        if physical is None:
            return ""
        return self._named_at(physical) or self._ends_at(physical)

    def _named_at(self, physical: int) -> str:
        found = self.atlas.at_physical(physical)
        if found is None or found[0].virtual is None or found[0].is_ == "padding":
            return ""
        part, inside = found
        if part.is_ == "code":
            return part.label_at(inside)
        return f"{part.name}+{inside:#x}" if inside else part.name

    def _ends_at(self, physical: int) -> str:
        """The region behind whose last byte an address lies, as a stack's top does."""
        found = self.atlas.at_physical(physical - 1)
        if found is None or found[0].virtual is None or found[0].is_ == "padding":
            return ""
        return f"end of {found[0].name}"

    def bytes_of(self, part: Part) -> bytes:
        """The bytes of a part as a machine loads them, with those of others that lie within it, as
        the partition table does in a boot sector. UnknownNameError if the file has not all of them.
        """
        start = self.start_of(part)
        if start is None or start < 0 or start + part.size > len(self.data):
            raise UnknownNameError(f"{self.name} has not the {part.size:#x} bytes of {part.name}")
        return bytes(self.data[start : start + part.size])

    def load(self) -> bytes:
        """The kernel as it lies in memory, from physical `atlas.kernel["physical"]` on."""
        data = bytearray(self.atlas.kernel["size"])
        start = self.atlas.kernel["physical"]
        for span in self.spans:
            if span.part.virtual is not None and span.part.physical is not None:
                at = span.part.physical - start + span.skip
                data[at : at + span.size] = self.data[span.start : span.end]
        return bytes(data)
