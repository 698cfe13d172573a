"""Codecs of what varies in size: bytes and arrays whose count is a field, and what is left.

Each is read between the bytes before it and the end of its Record, and given the fields before it.
No count is believed before the bytes for that many are seen to be there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Never

from kobjects.codec import Codec, Part
from kobjects.errors import (
    BuildError,
    DefinitionError,
    Finding,
    KobjectsError,
    SizeError,
    too_short,
)
from kobjects.items import ArrayCodec, to_octets

DEEPEST = 32
"""Records of variable size that may lie in each other; a file that nests more is refused."""


class VariableCodec(Codec):
    """Reads and writes values whose number of bytes differs."""

    least: int = 0
    format = ""

    @property
    def size(self) -> int:  # type: ignore[override]  # there is none
        raise SizeError(f"{self.what} has no fixed size, but at least {self.least} bytes")

    @property
    def what(self) -> str:
        """For messages."""
        return f"{getattr(self.schema, '__name__', self.schema)}"

    def read(self, data: Any, offset: int = 0) -> Any:
        whole = memoryview(data).cast("B")
        return self.scan(whole, offset, len(whole))[0]

    def read_many(self, data: Any, offset: int, count: int) -> Never:
        raise SizeError(f"{self.what} has no fixed size; an array of them is a field of a Record")

    def write(self, value: object) -> bytes:
        return self.emit(self.accept(value))

    def write_many(self, values: tuple[Any, ...]) -> bytes:
        return b"".join(map(self.emit, values))


class CountedCodec(VariableCodec):
    """What has as many parts as an earlier field of its Record says, or as are left.

    count  the name of that field; None: up to the end of the Record
    """

    count: str | None
    unit: int
    """Fewest bytes of a part."""

    def take(self, data: Any, at: int, end: int, count: int | None, depth: int) -> tuple[Any, int]:
        """The value at `at`, of which the part before `end` is there, and the offset after it."""
        if count is not None and count * self.unit > end - at:
            raise too_short(
                f"{self.count} is {count}, which takes {count * self.unit} bytes of the "
                f"{end - at} that are left",
                count * self.unit,
                end - at,
            )
        return self.take_parts(data, at, end, count, depth)

    def scan(self, data: Any, offset: int, end: int, depth: int = 0) -> tuple[Any, int]:
        return self.take(data, offset, end, None, depth)

    def take_parts(
        self, data: Any, at: int, end: int, count: int | None, depth: int
    ) -> tuple[Any, int]:
        """`take` once there are bytes enough for the count."""
        raise NotImplementedError


class BytesCodec(CountedCodec):
    """Bytes as they are: as many as a field says, or all that are left."""

    unit = 1

    def __init__(self, kind: Any, count: str | None) -> None:
        self.schema, self.count = kind, count

    def take_parts(
        self, data: Any, at: int, end: int, count: int | None, depth: int
    ) -> tuple[Any, int]:
        after = end if count is None else at + count
        octets = bytes(data[at:after])
        return (octets if self.schema is bytes else self.schema(octets)), after

    def accept(self, value: object) -> bytes:
        octets = to_octets(value, self.schema)
        return octets if self.schema is bytes else bytes.__new__(self.schema, octets)

    @property
    def default(self) -> bytes:
        return self.accept(b"")

    def emit(self, accepted: bytes) -> bytes:
        return bytes(accepted)

    def length(self, accepted: bytes) -> int:
        return len(accepted)


class PaddingCodec(BytesCodec):
    """Bytes up to a multiple of `step` from the Record's start, or up to the end of the data."""

    def __init__(self, step: int) -> None:
        super().__init__(bytes, None)
        self.step = step

    def take_padding(self, data: Any, start: int, at: int, end: int) -> tuple[bytes, int]:
        """The padding at `at` of a Record that begins at `start`."""
        after = min(at + (start - at) % self.step, max(end, at))
        return bytes(data[at:after]), after

    def lint(self, value: bytes) -> Iterator[Finding]:
        if any(value):
            yield Finding("", value, "padding must be 0")


class SequenceCodec(CountedCodec):
    """Elements of one kind: as many as a field says, or up to the end. Its value is a tuple."""

    def __init__(self, element: Codec, count: str | None) -> None:
        if not element.least:
            raise DefinitionError("no array has elements of 0 bytes")
        self.element, self.count, self.unit = element, count, element.least
        self.schema = self
        self.varies = isinstance(element, VariableCodec)

    def take_parts(
        self, data: Any, at: int, end: int, count: int | None, depth: int
    ) -> tuple[Any, int]:
        if self.varies:
            return self._scan_each(data, at, end, count, depth)
        if count is None:
            count, left = divmod(end - at, self.unit)
            if left:
                last = count * self.unit
                error = too_short(f"expected {self.unit} bytes, found {left}", self.unit, left)
                raise error.inside(f"[{count}]", last)
        after = at + count * self.unit
        return ArrayCodec(self.element, count).read(data[at:after]), after

    def _scan_each(
        self, data: Any, at: int, end: int, count: int | None, depth: int
    ) -> tuple[Any, int]:
        values: list[Any] = []
        place = at
        while place < end if count is None else len(values) < count:
            try:
                value, place = self.element.scan(data, place, end, depth)
            except KobjectsError as error:
                error.inside(f"[{len(values)}]", place - at)
                raise
            values.append(value)
        return tuple(values), place

    def accept(self, value: object) -> tuple[Any, ...]:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise BuildError(f"takes a sequence, not {type(value).__name__} {value!r}")
        accepted = []
        for index, element in enumerate(value):
            try:
                accepted.append(self.element.accept(element))
            except KobjectsError as error:
                error.inside(f"[{index}]")
                raise
        return tuple(accepted)

    @property
    def default(self) -> tuple[Any, ...]:
        return ()

    def emit(self, accepted: tuple[Any, ...]) -> bytes:
        return b"".join(map(self.element.emit, accepted))

    def length(self, accepted: tuple[Any, ...]) -> int:
        if self.varies:
            return sum(map(self.element.length, accepted))
        return len(accepted) * self.unit

    def plain(self, value: tuple[Any, ...]) -> Any:
        return tuple(map(self.element.plain, value))

    def lint(self, value: tuple[Any, ...]) -> Iterator[Finding]:
        for index, element in enumerate(value):
            for finding in self.element.lint(element):
                yield finding.inside(f"[{index}]")

    def spread(self, value: tuple[Any, ...]) -> Iterator[tuple[Part, Any]]:
        offset = 0
        for index, element in enumerate(value):
            yield Part(f"[{index}]", offset, self.element), element
            offset += self.element.length(element)

    def __repr__(self) -> str:
        return f"{getattr(self.element.schema, '__name__', self.element.schema)}[]"
