"""Physical memory of which some ranges are known: the ground that address spaces stand on."""

from __future__ import annotations

import bisect
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from kobjects.errors import Finding, ParseError

MOST_FINDINGS = 32
"""Of one kind; a hostile file could have millions."""


class MissingMemoryError(ParseError):
    """Physical memory that is not known. `offset` is its address."""


class Range(NamedTuple):
    """Physical addresses from `start` up to `end`, which is not included."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"[{self.start:#x}, {self.end:#x})"


class PhysicalMemory(ABC):
    """What reads physical memory. `findings` is what is wrong with where it comes from."""

    findings: tuple[Finding, ...] = ()

    @property
    @abstractmethod
    def ranges(self) -> Sequence[Range]:
        """What is known, sorted, without overlaps."""

    @abstractmethod
    def read(self, address: int, size: int) -> bytes:
        """Bytes at a physical address. MissingMemoryError if not all of them are known."""

    @abstractmethod
    def tables(self, addresses: Any, width: int, count: int) -> tuple[Any, Any]:
        """Many tables at once, each of `count` numbers of `width` bytes: a numpy array with a row
        for each address (a numpy array of uint64) whose table is known, and which those are, as a
        numpy array of bool.
        """

    def missing(self, address: int, size: int) -> MissingMemoryError:
        """The error of a read."""
        known = ", ".join(map(str, self.ranges[:4])) or "nothing"
        more = f" and {len(self.ranges) - 4} more" if len(self.ranges) > 4 else ""
        return MissingMemoryError(
            f"{size} bytes of physical memory are not in the image, which has {known}{more}",
            offset=address,
        )


class Segment(NamedTuple):
    """Bytes that lie at a physical address."""

    start: int
    data: memoryview

    @property
    def end(self) -> int:
        """The address after its last byte."""
        return self.start + len(self.data)


class MemoryImage(PhysicalMemory):
    """Segments of physical memory, in a file or anywhere else that has a buffer.

    Where segments overlap, the one that begins first counts; `findings` tells of it.
    """

    def __init__(
        self, segments: Iterable[tuple[int, Any]], findings: Iterable[Finding] = ()
    ) -> None:
        self.segments, overlaps = _without_overlaps(segments)
        self.findings = (*findings, *overlaps[:MOST_FINDINGS])
        self._starts = [segment.start for segment in self.segments]
        self._pages: dict[tuple[int, int], Any] = {}

    @classmethod
    def raw(cls, data: Any, start: int = 0) -> MemoryImage:
        """Memory as it is, from one physical address on."""
        return cls([(start, data)])

    @property
    def ranges(self) -> Sequence[Range]:
        merged: list[Range] = []
        for segment in self.segments:
            start = merged.pop().start if merged and merged[-1].end == segment.start else None
            merged.append(Range(segment.start if start is None else start, segment.end))
        return merged

    def read(self, address: int, size: int) -> bytes:
        parts = []
        at, end = address, address + size
        while at < end:
            index = bisect.bisect_right(self._starts, at) - 1
            segment = self.segments[index] if index >= 0 else None
            if segment is None or at >= segment.end:
                raise self.missing(address, size)
            parts.append(segment.data[at - segment.start : end - segment.start])
            at = min(end, segment.end)
        return bytes(parts[0]) if len(parts) == 1 else b"".join(parts)

    def tables(self, addresses: Any, width: int, count: int) -> tuple[Any, Any]:
        import numpy as np

        if len(self.segments) == 1:
            return self._from_segment(0, addresses, width, count)
        starts = np.array(self._starts, np.uint64)
        owners = np.searchsorted(starts, addresses, "right").astype(np.int64) - 1
        known = np.zeros(len(addresses), bool)
        parts = np.zeros((len(addresses), count), f"<u{width}")
        for index in np.unique(owners[owners >= 0]).tolist():
            mine = np.flatnonzero(owners == index)
            rows, inside = self._from_segment(index, addresses[mine], width, count)
            parts[mine[inside]] = rows
            known[mine[inside]] = True
        return parts[known], known

    def _from_segment(self, index: int, addresses: Any, width: int, count: int) -> tuple[Any, Any]:
        import numpy as np

        segment = self.segments[index]
        size = width * count
        offsets = addresses - np.uint64(segment.start)  # below its start: wraps to a large number
        known = offsets <= max(len(segment.data) - size, 0)
        if len(segment.data) < size:
            known[:] = False
        if not known.all():
            offsets = offsets[known]
        if segment.start % size == 0 and not (offsets & np.uint64(size - 1)).any():
            return self._whole(index, width, count)[offsets >> (size.bit_length() - 1)], known
        found = np.empty((len(offsets), count), f"<u{width}")
        for row, offset in enumerate(offsets.tolist()):
            found[row] = np.frombuffer(segment.data, f"<u{width}", count, offset)
        return found, known

    def _whole(self, index: int, width: int, count: int) -> Any:
        """A segment as tables, one after the other, whatever it holds."""
        import numpy as np

        key = index, width * count
        if key not in self._pages:
            data = self.segments[index].data
            whole = len(data) // (width * count)
            array = np.frombuffer(data, f"<u{width}", whole * count)
            self._pages[key] = array.reshape(whole, count)
        return self._pages[key]


def _without_overlaps(
    segments: Iterable[tuple[int, Any]],
) -> tuple[list[Segment], list[Finding]]:
    kept: list[Segment] = []
    findings: list[Finding] = []
    views = [Segment(start, memoryview(data).cast("B")) for start, data in segments]
    for number, segment in enumerate(sorted(views, key=lambda one: one.start)):
        if kept and segment.start < kept[-1].end:
            other = Range(kept[-1].start, kept[-1].end)
            findings.append(
                Finding(
                    f"segments[{number}]", segment.start, f"must not overlap the one at {other}"
                )
            )
            segment = Segment(kept[-1].end, segment.data[kept[-1].end - segment.start :])
        if segment.data:
            kept.append(segment)
    return kept, findings
