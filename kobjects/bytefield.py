"""The fields of a Record: numbers, bytes, arrays, Records, Words and Constructs, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from kobjects.codec import Codec
from kobjects.errors import DefinitionError, KobjectsError
from kobjects.field import Field, Specifier, is_number
from kobjects.items import ArrayCodec, NumberCodec, OctetsCodec, codec_of

_WIDTHS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}


@dataclass(frozen=True)
class ByteField(Field):
    """A field of a Record: `offset` and `size` in bytes, from the Record's start."""

    offset: int = 0
    size: int = 0
    codec: Codec = field(default=cast(Codec, None), repr=False)

    @property
    def schema(self) -> Any:
        """A Word or Record class, an array, a Construct, int, bool, an enumeration, or bytes."""
        return self.codec.schema


@dataclass(frozen=True)
class ByteSpecifier(Specifier):
    """What `u8`, `octets` and the others say. `codec` makes the codec for a type and byte order."""

    codec: Callable[[Any, str], Codec]
    at: int | None = None
    must: Any = None
    default: Any = None
    reserved: bool = False

    def field(self, name: str, kind: Any, offset: int, byteorder: str) -> ByteField:
        """The field of this name and type at this offset, which `at` asserts."""
        codec = self.codec(kind, byteorder)
        if self.at is not None and self.at != offset:
            raise DefinitionError(f"at={self.at:#x}, but the fields before it end at {offset:#x}")
        try:
            must = None if self.must is None else codec.accept(self.must)
            given = must if self.default is None else self.default
            default = codec.default if given is None else codec.accept(given)
        except KobjectsError as error:
            raise DefinitionError(error.problem, path=error.path) from None
        return ByteField(
            name, self.doc, kind, must, default, self.reserved, offset, codec.size, codec
        )


def u8(doc: str = "", *, at: int | None = None, must: Any = None, default: Any = None) -> Any:
    """One byte: an int, a bool, an enumeration or a Word, as the annotation says.

    at       asserts the offset in bytes
    must     the value that the manual demands, and the default
    default  what a constructor gives
    """
    return ByteSpecifier(doc, partial(_number, 1, None), at, must, default)


def u16(
    doc: str = "",
    *,
    at: int | None = None,
    must: Any = None,
    default: Any = None,
    byteorder: str | None = None,
) -> Any:
    """Two bytes; see `u8`. `byteorder` "little" or "big", None: as the Record."""
    return ByteSpecifier(doc, partial(_number, 2, byteorder), at, must, default)


def u32(
    doc: str = "",
    *,
    at: int | None = None,
    must: Any = None,
    default: Any = None,
    byteorder: str | None = None,
) -> Any:
    """Four bytes; see `u8` and `u16`."""
    return ByteSpecifier(doc, partial(_number, 4, byteorder), at, must, default)


def u64(
    doc: str = "",
    *,
    at: int | None = None,
    must: Any = None,
    default: Any = None,
    byteorder: str | None = None,
) -> Any:
    """Eight bytes; see `u8` and `u16`."""
    return ByteSpecifier(doc, partial(_number, 8, byteorder), at, must, default)


def octets(
    count: int, doc: str = "", *, at: int | None = None, must: Any = None, default: Any = None
) -> Any:
    """Bytes as they are. A value that is too short is filled up with zeros."""
    return ByteSpecifier(doc, lambda kind, order: OctetsCodec(count), at, must, default)


def reserved_bytes(
    count: int, doc: str = "", *, at: int | None = None, must: int | None = None
) -> Any:
    """Bytes without a meaning, kept as they are. `must=0`: the manual demands zeros."""
    demanded = None if must is None else bytes([must]) * count
    return ByteSpecifier(doc, lambda kind, order: OctetsCodec(count), at, demanded, None, True)


def nested(doc: str = "", *, at: int | None = None, default: Any = None) -> Any:
    """The Record or Word that the annotation names."""
    return ByteSpecifier(doc, lambda kind, order: codec_of(kind), at, None, default)


def array(
    element: Any, count: int, doc: str = "", *, at: int | None = None, default: Any = None
) -> Any:
    """A tuple of `count` elements, each a Record, a Word, any Construct, "u8", … "u64", or what
    another specifier says: `array(octets(16), 8)`.
    """

    def codec(kind: Any, byteorder: str) -> Codec:
        if isinstance(element, ByteSpecifier):
            return ArrayCodec(element.codec(int, byteorder), count)
        if not isinstance(element, str):
            return ArrayCodec(codec_of(element), count)
        if element not in _WIDTHS:
            raise DefinitionError(f"{element!r} is none of {', '.join(_WIDTHS)}")
        return ArrayCodec(NumberCodec(_WIDTHS[element], int, byteorder), count)

    return ByteSpecifier(doc, codec, at, None, default)


def construct_field(
    schema: Any, doc: str = "", *, at: int | None = None, must: Any = None, default: Any = None
) -> Any:
    """Any Construct of a fixed size. The field's value is what that Construct parses to."""
    return ByteSpecifier(doc, lambda kind, order: codec_of(schema), at, must, default)


def _number(size: int, byteorder: str | None, kind: Any, inherited: str) -> Codec:
    if is_number(kind):
        return NumberCodec(size, kind, byteorder or inherited)
    if not hasattr(kind, "_codec"):
        raise DefinitionError(
            f"u{8 * size}() is an int, a bool, an enumeration or a Word: {kind!r}"
        )
    codec = codec_of(kind)
    if codec.size != size:
        raise DefinitionError(f"{kind.__name__} takes {codec.size} bytes, not {size}")
    return codec
