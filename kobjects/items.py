"""Codecs of what lies in a Record beside Words and Records: numbers, bytes, arrays, Constructs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from construct import Array, ConstructError, ListContainer, Renamed, Struct

from kobjects.codec import CODES, Codec, Part
from kobjects.errors import (
    AbstractError,
    BuildError,
    DefinitionError,
    FieldValueError,
    Finding,
    KobjectsError,
    ParseError,
    construct_path,
)
from kobjects.field import Members, Truth, is_enumeration, is_known, show_number, to_number


class NumberCodec(Codec):
    """An unsigned number of 1, 2, 4 or 8 bytes: an int, a bool or a member of an enumeration."""

    default: Any = 0

    def __init__(self, size: int, kind: Any = int, byteorder: str = "little") -> None:
        self.size, self.kind, self.schema, self.byteorder = size, kind, kind, byteorder
        self.maximum = (1 << 8 * size) - 1
        table: dict[int, Any] | None = None
        if kind is bool:
            table, self.default = Truth(), False
        elif is_enumeration(kind):
            table = Members(kind)
            self.default = table[0]
        typed = None if table is None else table.__getitem__
        self.typed = typed
        if byteorder == "little" or size == 1:
            self.format, self.lift = CODES[size], typed
        else:
            self.format = f"{size}s"
            self.lift = partial(_big_endian, typed)
            self.lower = lambda value: int.to_bytes(value, size, "big")
        self.prepare()

    def accept(self, value: Any) -> Any:
        if type(value) is not int and type(value) is not self.kind:
            value = to_number(value, self.kind)
        if not 0 <= value <= self.maximum:
            shown, most = show_number(value), show_number(self.maximum)
            raise FieldValueError(f"{shown} is out of range 0..{most} ({8 * self.size} bits)")
        return self.typed(value) if self.typed else value

    def accept_many(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        plain = self.kind is int and set(map(type, values)) == {int}
        if plain and min(values) >= 0 and max(values) <= self.maximum:
            return values
        return super().accept_many(values)

    def lint(self, value: Any) -> Iterator[Finding]:
        if self.kind is bool and value not in (0, 1):
            yield Finding("", int(value), "only 0 and 1 have a meaning")
        elif is_enumeration(self.kind) and not is_known(value, self.kind):
            yield Finding("", int(value), f"{self.kind.__name__} has no such member")


def _big_endian(typed: Callable[[int], Any] | None, item: bytes) -> Any:
    number = int.from_bytes(item, "big")
    return typed(number) if typed else number


class OctetsCodec(Codec):
    """A fixed number of bytes, kept as they are; `kind` is bytes or a class of `kobjects.text`."""

    def __init__(self, size: int, kind: Any = bytes) -> None:
        self.size, self.format, self.schema = size, f"{size}s", kind
        self.fill: bytes = getattr(kind, "fill", b"\0")
        if kind is not bytes:
            self.lift = partial(bytes.__new__, kind)
        self.prepare()

    @property
    def default(self) -> bytes:
        return self.accept(b"")

    def accept(self, value: object) -> bytes:
        octets = to_octets(value, self.schema)
        if len(octets) > self.size:
            raise FieldValueError(f"{len(octets)} bytes do not fit into {self.size}")
        filled = octets + self.fill * (self.size - len(octets))
        return filled if self.schema is bytes else bytes.__new__(self.schema, filled)


def to_octets(value: object, kind: Any) -> bytes:
    """The bytes of a value meant for a field of type `kind`, bytes or a kind of them."""
    if isinstance(value, str) and kind is not bytes:
        return bytes(kind(value))
    if not isinstance(value, bytes | bytearray | memoryview):
        raise FieldValueError(f"takes bytes, not {type(value).__name__} {value!r}")
    return bytes(value)


class ArrayCodec(Codec):
    """A fixed number of elements of one kind. Its value is a tuple."""

    def __init__(self, element: Codec, count: int, schema: Any = None) -> None:
        if element.size == 0 or count < 0:
            raise DefinitionError(f"no array has {count} elements of {element.size} bytes")
        self.element, self.count = element, count
        self.schema = self if schema is None else schema
        self.size = element.size * count
        self.format = f"{self.size}s"
        self.lift = self.read
        self.lower = element.write_many
        self.prepare()

    def read(self, data: Any, offset: int = 0) -> tuple[Any, ...]:
        try:
            return self.element.read_many(data, offset, self.count)
        except KobjectsError:
            self._blame(data, offset)
            raise

    def _blame(self, data: Any, offset: int) -> None:
        """Raise the error of the element that can't be read, with its place."""
        for index in range(self.count):
            at = index * self.element.size
            try:
                self.element.read(data, offset + at)
            except KobjectsError as error:
                error.inside(f"[{index}]", at)
                raise error from error.__cause__

    def write(self, value: object) -> bytes:
        return self.element.write_many(self.accept(value))

    def accept(self, value: object) -> tuple[Any, ...]:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise BuildError(f"takes {self.count} elements, not {type(value).__name__} {value!r}")
        if len(value) != self.count:
            raise BuildError(f"takes {self.count} elements, not {len(value)}")
        return self.element.accept_many(tuple(value))

    @cached_property
    def default(self) -> tuple[Any, ...]:
        return (self.element.default,) * self.count

    def plain(self, value: Any) -> Any:
        return tuple(map(self.element.plain, value))

    def lint(self, value: Any) -> Iterator[Finding]:
        for index, element in enumerate(value):
            for finding in self.element.lint(element):
                yield finding.inside(f"[{index}]")

    def parts(self) -> Iterator[Part]:
        for index in range(self.count):
            yield Part(f"[{index}]", index * self.element.size, self.element)

    def __repr__(self) -> str:
        return f"{getattr(self.element.schema, '__name__', self.element.schema)}[{self.count}]"


class ConstructCodec(Codec):
    """Any Construct of a fixed size. Its value is what that Construct parses to."""

    def __init__(self, schema: Any) -> None:
        try:
            self.size = schema.sizeof()
        except Exception as error:
            raise DefinitionError(f"{schema!r} has no fixed size: {error}") from error
        self.schema, self.format = schema, f"{self.size}s"
        self.lift, self.lower = self._parse, self._build
        self.prepare()

    def _parse(self, item: bytes) -> Any:
        try:
            return _without_stream(self.schema.parse(item))
        except KobjectsError:
            raise
        except Exception as error:
            raise ParseError(_problem(error), path=_path(error)) from error

    def _build(self, value: Any) -> bytes:
        try:
            built = bytes(self.schema.build(value))
        except KobjectsError:
            raise
        except Exception as error:
            raise BuildError(_problem(error), path=_path(error)) from error
        if len(built) != self.size:
            raise BuildError(f"{self.schema!r} built {len(built)} bytes, not {self.size}")
        return built

    def accept(self, value: object) -> Any:
        self._build(value)
        return value

    @property
    def default(self) -> Any:
        return self._parse(bytes(self.size))

    def spread(self, value: Any) -> Iterator[tuple[Part, Any]]:
        keyed = isinstance(value, Mapping)
        for index, part in enumerate(self.parts()):
            yield part, value.get(part.step) if keyed else value[index]

    def parts(self) -> Iterator[Part]:
        """The members of a Struct and the elements of an Array; any other Construct is a leaf."""
        inner = _unwrap(self.schema)
        if isinstance(inner, Struct):
            offset = 0
            for index, member in enumerate(inner.subcons):
                part = Part(member.name or f"[{index}]", offset, codec_of(_unwrap(member)))
                yield part
                offset = part.end
        elif isinstance(inner, Array):
            yield from ArrayCodec(
                codec_of(inner.subcon), self.size // inner.subcon.sizeof()
            ).parts()


def codec_of(schema: Any) -> Codec:
    """The codec of a Word or Record class, an array, or any Construct of a fixed size."""
    codec = getattr(schema, "_codec", None)
    if isinstance(codec, Codec):
        return codec
    if not hasattr(schema, "_parsereport"):
        raise DefinitionError(f"{schema!r} is not a schema")
    if isinstance(schema, type):
        raise AbstractError(f"{schema.__name__} is abstract: it has no size")
    return ConstructCodec(schema)


def _without_stream(value: Any) -> Any:
    """A Struct leaves the stream that it read in its Container; a value must not hold one."""
    if isinstance(value, dict):
        return type(value)({k: _without_stream(v) for k, v in value.items() if k != "_io"})
    return type(value)(map(_without_stream, value)) if type(value) is ListContainer else value


def _unwrap(schema: Any) -> Any:
    while isinstance(schema, Renamed):
        schema = schema.subcon
    return schema


def _problem(error: Exception) -> str:
    """What plain Construct says, without the path that it puts on the first line."""
    lines = [line for line in str(error).splitlines() if not line.startswith("Error in path")]
    name = "" if isinstance(error, ConstructError) and lines else f"{type(error).__name__}: "
    return name + "".join(lines[:1])


def _path(error: Exception) -> str:
    return construct_path(getattr(error, "path", None))
