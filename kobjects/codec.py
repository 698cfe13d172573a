"""How the bytes of one kind of thing become a value: the engine under Words, Records and arrays.

Every codec is one item of a struct format, so that a Record of any fields is read by one unpack:
`format` says what the item is, `lift` makes the value of it, `lower` makes the item of a value.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from kobjects.errors import Finding, KobjectsError, ParseError, join, too_short
from kobjects.field import Field

CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
"""Items of the struct module that are numbers, by their bytes."""


class Codec(ABC):
    """Reads and writes values of a fixed number of bytes; `kobjects.variable` has the others.

    size    in bytes
    format  one item of the struct module, little-endian: "B", "H", "I", "Q" or "<size>s"
    lift    item -> value; None when the item is the value
    lower   accepted value -> item; None when the value is the item
    schema  what a person calls it: a Word or Record class, an array, a Construct, int, bytes
    """

    size: int
    format: str
    lift: Callable[[Any], Any] | None = None
    lower: Callable[[Any], Any] | None = None
    schema: Any

    @property
    def least(self) -> int:
        """The fewest bytes that a value has: `size`, unless that varies."""
        return self.size

    def prepare(self) -> None:
        """To be called once `format` is known."""
        self.item = struct.Struct("<" + self.format)

    def read(self, data: Any, offset: int = 0) -> Any:
        """The value at `offset` of a bytes-like object; struct.error when that is too short."""
        (item,) = self.item.unpack_from(data, offset)
        return self.lift(item) if self.lift else item

    def read_many(self, data: Any, offset: int, count: int) -> tuple[Any, ...]:
        """`count` values, one after the other."""
        items = struct.unpack_from(self._many(count), data, offset)
        return tuple(map(self.lift, items)) if self.lift else items

    def scan(self, data: Any, offset: int, end: int, depth: int = 0) -> tuple[Any, int]:
        """The value at `offset` of a bytes-like object that counts as far as `end`, and the offset
        after it. Offsets of errors count from the value's start.
        """
        if end - offset < self.size:
            raise short_read(self, end - offset)
        return self.read(data, offset), offset + self.size

    def emit(self, accepted: Any) -> bytes:
        """The bytes of a value already accepted."""
        return self.item.pack(self.lower(accepted) if self.lower else accepted)

    def length(self, accepted: Any) -> int:
        """How many bytes a value has."""
        return self.size

    def spread(self, value: Any) -> Iterator[tuple[Part, Any]]:
        """The parts of one value, each with what it holds."""
        parts = list(self.parts())
        yield from zip(parts, value if parts else (), strict=True)

    def write(self, value: object) -> bytes:
        """The bytes of a value, which is checked first."""
        return self.emit(self.accept(value))

    def write_many(self, values: tuple[Any, ...]) -> bytes:
        """The bytes of values already accepted, one after the other."""
        items = map(self.lower, values) if self.lower else values
        return struct.pack(self._many(len(values)), *items)

    def _many(self, count: int) -> str:
        return f"<{count}{self.format}" if len(self.format) == 1 else "<" + self.format * count

    @abstractmethod
    def accept(self, value: object) -> Any:
        """The value in its own type, checked; raises FieldValueError or BuildError."""

    def accept_many(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """Each accepted; an error names the index."""
        accepted = []
        for index, value in enumerate(values):
            try:
                accepted.append(self.accept(value))
            except KobjectsError as error:
                error.inside(f"[{index}]", index * self.size)
                raise
        return tuple(accepted)

    @property
    @abstractmethod
    def default(self) -> Any:
        """The value of a field that is not given."""

    def plain(self, value: Any) -> Any:
        """The value for `asdict`: mappings, tuples and scalars only."""
        return value

    def lint(self, value: Any) -> Iterator[Finding]:
        """What `check()` has against a value."""
        return iter(())

    def stale(self, value: Any) -> Iterator[tuple[str, Any]]:
        """The derived fields inside that are not what follows from the rest: (path, what does)."""
        for part, inner in self.spread(value):
            for path, right in part.codec.stale(inner):
                yield join(part.step, path), right

    def parts(self) -> Iterator[Part]:
        """What lies inside, in address order and without a gap; nothing when this is a leaf."""
        return iter(())


class Part(NamedTuple):
    """A field or an element of a schema: `step` is its name, or its index as in `[2]`."""

    step: str
    offset: int
    codec: Codec
    field: Field | None = None

    @property
    def end(self) -> int:
        """The offset after its last byte."""
        return self.offset + self.codec.least


class Leaf(NamedTuple):
    """A piece of a schema that has no fields or elements of its own.

    schema  a Word class, int, bool, an enumeration, bytes, or a plain Construct
    doc     of the field, or of the array that this is an element of
    field   what its Record says of it; None for an element and for a bare schema
    """

    path: str
    offset: int
    size: int
    schema: Any
    doc: str
    field: Field | None
    codec: Codec

    def value(self, data: Any, base: int = 0) -> Any:
        """Its value in a bytes-like object in which the whole schema begins at `base`."""
        return self.codec.read(data, base + self.offset)


def leaves(
    codec: Codec, path: str = "", offset: int = 0, field: Field | None = None, doc: str = ""
) -> Iterator[Leaf]:
    """The leaves of what the codec reads, in address order."""
    inside = False
    for part in codec.parts():
        inside = True
        at, inner = join(path, part.step), part.field
        yield from leaves(part.codec, at, offset + part.offset, inner, inner.doc if inner else doc)
    if codec.size and not inside:
        yield Leaf(path, offset, codec.size, codec.schema, doc, field, codec)


def short_read(codec: Codec, available: int) -> ParseError:
    """The error of reading something of which only `available` bytes are there."""
    path, offset, inner = "", 0, codec
    while cut := next((p for p in inner.parts() if p.end > available - offset), None):
        path, offset, inner = join(path, cut.step), offset + cut.offset, cut.codec
    found = max(available - offset, 0)
    whole = f" of {codec.least}" if inner is not codec else ""
    return too_short(
        f"expected {inner.least} bytes{whole}, found {found}",
        inner.least,
        found,
        path=path,
        offset=offset,
    )
