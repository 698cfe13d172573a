"""Who owns each byte. Bytes enter an image only through a `Ledger`, which asks for their owner.

Owners come in two sizes. A *part* is a unit of code, a structure or padding: an image has some
hundreds, and they are known at once. An *owner* is one leaf of a part: an instruction, a field. An
image has tens of thousands, so they are worked out only when someone asks.
"""

from __future__ import annotations

import bisect
import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from construct import Construct

from kobjects.describe import leaves_of
from kobjects.record import Record, leaves
from packer import origins
from packer.asm import Unit


class Kind(enum.Enum):
    """What sort of thing owns a byte."""

    INSTRUCTION = "instruction"
    DATA = "data"
    FIELD = "field"
    PADDING = "padding"


@dataclass(frozen=True)
class Owner:
    """The one owner of bytes [start, start + size).

    part   the unit, region, header or padding that it belongs to
    path   where in the part: the nearest label with a distance, or the path of a field
    place  file:line of a line of assembly; the manual's section that describes a field
    text   the line of assembly, the field's meaning, the reason for padding
    """

    start: int
    size: int
    kind: Kind
    part: str
    path: str = ""
    place: str = ""
    text: str = ""

    @property
    def end(self) -> int:
        return self.start + self.size


class Part(Protocol):
    """Something that owns a run of bytes and can say which leaf owns which of them."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int: ...

    def owners(self) -> Iterator[Owner]:
        """The leaves in address order, from offset 0 to `size` without holes."""
        ...


@dataclass(frozen=True)
class CodePart:
    """A unit of assembly: each line owns the bytes it was encoded to."""

    name: str
    unit: Unit

    @property
    def size(self) -> int:
        return len(self.unit.code)

    def owners(self) -> Iterator[Owner]:
        labels = sorted((offset, label) for label, offset in self.unit.symbols.items())
        offsets = [offset for offset, _ in labels]
        for line in self.unit.lines:
            if not line.size:
                continue
            before = bisect.bisect_right(offsets, line.offset) - 1
            yield Owner(
                line.offset,
                line.size,
                Kind.DATA if line.is_data else Kind.INSTRUCTION,
                self.name,
                _label(*labels[before], line.offset) if before >= 0 else "",
                f"{line.file}:{line.line}",
                line.text.strip(),
            )


@dataclass(frozen=True)
class SchemaPart:
    """A structure: each leaf field of its schema owns its bytes."""

    name: str
    schema: Construct[Any, Any]

    @property
    def size(self) -> int:
        return self.schema.sizeof()

    def owners(self) -> Iterator[Owner]:
        manual = _manual(self.schema)
        for leaf in leaves(self.schema):
            place = _manual(leaf.schema) or manual
            yield Owner(leaf.offset, leaf.size, Kind.FIELD, self.name, leaf.path, place, leaf.doc)


@dataclass(frozen=True)
class RecordPart:
    """A structure whose schema has no fixed size: each leaf field of its value owns its bytes."""

    name: str
    record: Record

    @property
    def size(self) -> int:
        return len(self.record.build())

    def owners(self) -> Iterator[Owner]:
        manual = _manual(type(self.record))
        for path, offset, size, _, doc in leaves_of(self.record):
            if size:
                yield Owner(offset, size, Kind.FIELD, self.name, path, manual, doc)


@dataclass(frozen=True)
class BlobPart:
    """Bytes that somebody else made as one, and what they are: a single leaf."""

    name: str
    size: int
    text: str

    def owners(self) -> Iterator[Owner]:
        yield Owner(0, self.size, Kind.DATA, self.name, text=self.text)


@dataclass(frozen=True)
class PaddingPart:
    """Zero bytes that nothing reads, and why they are there."""

    reason: str
    size: int

    @property
    def name(self) -> str:
        return "padding"

    def owners(self) -> Iterator[Owner]:
        yield Owner(0, self.size, Kind.PADDING, self.name, text=self.reason)


@dataclass(frozen=True)
class Span:
    """Bytes [start, start + size) of an image: those of `part` from its byte `skip` on.

    `set_by` is the line of the source that decided on their values.
    """

    start: int
    size: int
    part: Part
    skip: int = 0
    set_by: str = ""

    @property
    def end(self) -> int:
        return self.start + self.size

    def owners(self) -> Iterator[Owner]:
        """The part's leaves, cut to this span, at offsets of the image."""
        reached = 0
        for owner in self.part.owners():
            if owner.start != reached:
                raise ValueError(
                    f"{self.part.name}: bytes up to {reached:#x} have owners, but {owner.path!r} "
                    f"starts at {owner.start:#x}"
                )
            reached = owner.end
            first, last = max(owner.start, self.skip), min(owner.end, self.skip + self.size)
            if first < last:
                yield replace(owner, start=first - self.skip + self.start, size=last - first)
        if reached != self.part.size:
            raise ValueError(
                f"{self.part.name}: {self.part.size:#x} bytes, of which {reached:#x} have owners"
            )


@dataclass(frozen=True)
class Provenance:
    """The owner of every byte of an image, which begins at offset 0."""

    spans: Sequence[Span]

    @property
    def size(self) -> int:
        return self.spans[-1].end if self.spans else 0

    def __iter__(self) -> Iterator[Owner]:
        """Every leaf in order: their sizes add up to `size`."""
        for span in self.spans:
            yield from span.owners()

    def span_at(self, offset: int) -> Span:
        """The span that holds the byte; IndexError outside the image."""
        if not 0 <= offset < self.size:
            raise IndexError(f"offset {offset:#x} lies outside the {self.size:#x} bytes")
        starts = [span.start for span in self.spans]
        return self.spans[bisect.bisect_right(starts, offset) - 1]

    def at(self, offset: int) -> Owner:
        """The leaf that owns the byte; IndexError outside the image."""
        return next(owner for owner in self.span_at(offset).owners() if offset < owner.end)


class Ledger:
    """An image being written from its first byte to its last, each byte with its owner."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._spans: list[Span] = []

    def __len__(self) -> int:
        return len(self._data)

    def add(self, part: Part, data: bytes, skip: int = 0, set_by: str = "") -> None:
        """Append bytes of `part`: all of them, or those from byte `skip` on. `set_by` is the line
        that decided on them; if nothing is said, the caller's.
        """
        if not data:
            return
        if skip + len(data) > part.size:
            raise ValueError(
                f"{part.name} has {part.size:#x} bytes, not {skip:#x} + {len(data):#x}"
            )
        set_by = set_by or origins.of_caller(__file__)
        self._spans.append(Span(len(self), len(data), part, skip, set_by))
        self._data += data

    def pad(self, end: int, reason: str) -> None:
        """Append zeros up to offset `end`."""
        if end < len(self):
            raise ValueError(f"{reason}: {end:#x} lies before the end, {len(self):#x}")
        self.add(PaddingPart(reason, end - len(self)), bytes(end - len(self)))

    def include(self, data: bytes, owners: Provenance) -> None:
        """Append a whole image with the owners that its bytes already have."""
        for span in owners.spans:
            self.add(span.part, data[span.start : span.end], span.skip, span.set_by)

    def finish(self) -> tuple[bytes, Provenance]:
        return bytes(self._data), Provenance(tuple(self._spans))


def _manual(schema: object) -> str:
    """The section of the manual that defines a schema, or the elements of an array; or nothing."""
    source = getattr(getattr(schema, "element", schema), "source", None)
    return str(source) if source else ""


def _label(offset: int, label: str, here: int) -> str:
    return label if here == offset else f"{label}+{here - offset:#x}"
