"""The parts of a map, and their leaves: which line, field or padding owns a byte."""

from __future__ import annotations

import bisect
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from packer.atlas.types import Node, Spot, Type, Types
from packer.provenance import Kind


@dataclass(frozen=True)
class Leaf:
    """The one owner of some bytes, at `start` in the file, or in the part if no file is asked for.

    inside   the offset of its first byte in its part, in bytes
    path     of a field in its structure; of code the nearest label, with a distance
    place    file:line of a line of assembly; the manual's section that defines a field
    text     the line of assembly, the field's meaning, the reason for padding
    type     of a field; None for all else
    """

    start: int
    size: int
    kind: Kind
    part: Part
    inside: int
    path: str = ""
    place: str = ""
    text: str = ""
    type: Type | None = None

    @property
    def end(self) -> int:
        return self.start + self.size


@dataclass(frozen=True)
class Line:
    """A line of assembly: its bytes [offset, offset + size) of the unit, as `bits`-bit code."""

    offset: int
    size: int
    file: str
    line: int
    text: str
    is_data: bool
    bits: int

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


class Part:
    """A unit of code, a structure, padding, or something with leaves of its own.

    is_       "code", "structure", "padding", "leaves"
    set_by    the line of a stage or of the packer that decided on its values; "" for code
    manifest  the key of what the manifest says of it, in the map's "manifest"; or ""
    physical  its address in memory once it is loaded; None for what no machine loads
    virtual   where the kernel sees it; None for boot code, and what no machine loads
    runs_at   of code: the address at which it runs, in its own space
    reserved  it has addresses and a type, and no bytes in any file: the kernel finds it zeroed
    """

    def __init__(self, number: int, node: Node, types: Types, sources: Sequence[str]) -> None:
        self.number, self._node, self._types, self._sources = number, node, types, sources
        self.is_: str = node["is"]
        self.name: str = node["name"]
        self.size: int = node["size"]
        self.set_by: str = node.get("set_by", "")
        self.manifest: str = node.get("manifest", "")
        self.physical: int | None = node.get("physical")
        self.virtual: int | None = node.get("virtual")
        self.runs_at: int = node.get("runs_at", 0)
        self.reserved: bool = node.get("reserved", False)

    @property
    def type(self) -> Type | None:
        """Of a structure."""
        return self._types[self._node["type"]] if self.is_ == "structure" else None

    def leaves(self) -> Iterator[Leaf]:
        """All in order, from offset 0 to `size` without holes."""
        if self.type:
            for spot in self.type.leaves():
                yield self._field(spot)
        elif self.is_ == "padding":
            yield self._padding()
        else:
            count = len(self._node["sizes"] if self.is_ == "code" else self._node["leaves"])
            for index in range(count):
                yield self._numbered(index)

    def at(self, offset: int) -> Leaf:
        """The leaf that owns a byte; IndexError outside the part."""
        if not 0 <= offset < self.size:
            raise IndexError(f"{self.name} has {self.size:#x} bytes, and none at {offset:#x}")
        if self.type:
            return self._field(self.type.at(offset)[-1])
        if self.is_ == "padding":
            return self._padding()
        return self._numbered(self._index(offset))

    def lines(self) -> Iterator[Line]:
        """Of code: every line that has bytes, in the order of those."""
        for index in range(len(self._node["sizes"]) if self.is_ == "code" else 0):
            yield self._line(index)

    def line_at(self, offset: int) -> Line:
        """Of code: the line that made a byte."""
        return self._line(self._index(offset))

    @functools.cached_property
    def labels(self) -> list[tuple[int, str]]:
        """Of code: its labels and their offsets, in address order."""
        return [(offset, name) for offset, name in self._node.get("labels", ())]

    def label_at(self, offset: int) -> str:
        """Of code: the last label at or before a byte, with the distance from there."""
        before = bisect.bisect_right(self.labels, (offset, "\U0010ffff")) - 1
        if before < 0:
            return ""
        at, name = self.labels[before]
        return name if at == offset else f"{name}+{offset - at:#x}"

    def function_at(self, offset: int) -> str:
        """Of code: the last label at or before a byte that is not local to another one."""
        before = bisect.bisect_right(self.labels, (offset, "\U0010ffff")) - 1
        while before >= 0 and self._is_local(self.labels[before][1]):
            before -= 1
        return self.labels[before][1] if before >= 0 else ""

    def __repr__(self) -> str:
        return f"<{self.is_} {self.name}, {self.size:#x} bytes>"

    def _is_local(self, label: str) -> bool:
        return label.rpartition(".")[0] in self._names

    @functools.cached_property
    def _names(self) -> set[str]:
        return {name for _, name in self.labels}

    @functools.cached_property
    def _starts(self) -> list[int]:
        """The offset of each line or leaf, and at the end the size of all."""
        sizes = self._node["sizes"] if self.is_ == "code" else [r[0] for r in self._node["leaves"]]
        return list(accumulate(sizes, initial=0))

    def _index(self, offset: int) -> int:
        return bisect.bisect_right(self._starts, offset) - 1

    def _numbered(self, index: int) -> Leaf:
        start = self._starts[index]
        if self.is_ == "leaves":
            size, kind, path, place, text = self._node["leaves"][index]
            return Leaf(start, size, Kind(kind), self, start, path, place, text)
        line = self._line(index)
        kind = Kind.DATA if line.is_data else Kind.INSTRUCTION
        label = self.label_at(start)
        return Leaf(start, line.size, kind, self, start, label, line.place, line.text)

    def _field(self, spot: Spot) -> Leaf:
        return Leaf(
            spot.offset, spot.size, Kind.FIELD, self, spot.offset,
            spot.path, spot.manual, spot.doc, spot.type,
        )  # fmt: skip

    def _padding(self) -> Leaf:
        return Leaf(0, self.size, Kind.PADDING, self, 0, text=self._node["text"])

    def _line(self, index: int) -> Line:
        node, start = self._node, self._starts[index]
        return Line(
            offset=start,
            size=node["sizes"][index],
            file=self._sources[self._runs["source"].at(index)],
            line=node["line"][index],
            text=node["text"][index],
            is_data=bool(self._runs["data"].at(index)),
            bits=self._bits(start),
        )

    def _bits(self, offset: int) -> int:
        return next(int(bits) for at, bits in reversed(self._node["modes"]) if at <= offset)

    @functools.cached_property
    def _runs(self) -> dict[str, _Runs]:
        return {key: _Runs(self._node[key]) for key in ("source", "data")}


class _Runs:
    """A list of equal neighbours, stored as [value, count]."""

    def __init__(self, runs: Sequence[Any]) -> None:
        self._values = [value for value, _ in runs]
        self._ends = list(accumulate(count for _, count in runs))

    def at(self, index: int) -> int:
        return int(self._values[bisect.bisect_right(self._ends, index)])
