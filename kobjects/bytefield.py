"""The fields of a Record: numbers, bytes, arrays, Records, Words and Constructs, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from kobjects.codec import Codec
from kobjects.derive import Derivation, Padding, count_of
from kobjects.errors import DefinitionError, KobjectsError
from kobjects.field import Field, Specifier, is_number
from kobjects.items import ArrayCodec, NumberCodec, OctetsCodec, codec_of
from kobjects.variable import BytesCodec, PaddingCodec, SequenceCodec, VariableCodec

_WIDTHS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}


@dataclass(frozen=True)
class ByteField(Field):
    """A field of a Record: `offset` and `size` in bytes, from the Record's start.

    floating  the field is of variable size or lies behind one that is: `offset` and `size` are the
              least that they can be
    derive    how its value follows from the rest; None: it does not
    """

    offset: int = 0
    size: int = 0
    codec: Codec = field(default=cast(Codec, None), repr=False)
    floating: bool = False
    derive: Derivation | None = None

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
    derive: Derivation | None = None
    tail: bool = False

    def field(
        self, name: str, kind: Any, offset: int, byteorder: str, floating: bool = False
    ) -> ByteField:
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
            name, self.doc, kind, must, default, self.reserved, offset, codec.least, codec,
            floating or isinstance(codec, VariableCodec), self.derive,
        )  # fmt: skip


def u8(
    doc: str = "",
    *,
    at: int | None = None,
    must: Any = None,
    default: Any = None,
    derive: Derivation | None = None,
) -> Any:
    """One byte: an int, a bool, an enumeration or a Word, as the annotation says.

    at       asserts the offset in bytes
    must     the value that the manual demands, and the default
    default  what a constructor gives
    derive   how the value follows from the rest of the Record; see `kobjects.derive`
    """
    return ByteSpecifier(doc, partial(_number, 1, None), at, must, default, derive=derive)


def u16(
    doc: str = "",
    *,
    at: int | None = None,
    must: Any = None,
    default: Any = None,
    byteorder: str | None = None,
    derive: Derivation | None = None,
) -> Any:
    """Two bytes; see `u8`. `byteorder` "little" or "big", None: as the Record."""
    return ByteSpecifier(doc, partial(_number, 2, byteorder), at, must, default, derive=derive)


def u32(
    doc: str = "",
    *,
    at: int | None = None,
    must: Any = None,
    default: Any = None,
    byteorder: str | None = None,
    derive: Derivation | None = None,
) -> Any:
    """Four bytes; see `u8` and `u16`."""
    return ByteSpecifier(doc, partial(_number, 4, byteorder), at, must, default, derive=derive)


def u64(
    doc: str = "",
    *,
    at: int | None = None,
    must: Any = None,
    default: Any = None,
    byteorder: str | None = None,
    derive: Derivation | None = None,
) -> Any:
    """Eight bytes; see `u8` and `u16`."""
    return ByteSpecifier(doc, partial(_number, 8, byteorder), at, must, default, derive=derive)


def octets(
    count: int | str, doc: str = "", *, at: int | None = None, must: Any = None, default: Any = None
) -> Any:
    """Bytes as they are: `bytes`, or a kind of them from `kobjects.text`, as the annotation says. A
    value that is too short is filled up, with zeros or what its kind says.

    count  a number, or the earlier field that has it
    """

    def codec(kind: Any, byteorder: str) -> Codec:
        kind = kind if isinstance(kind, type) and issubclass(kind, bytes) else bytes
        return BytesCodec(kind, count) if isinstance(count, str) else OctetsCodec(count, kind)

    return ByteSpecifier(doc, codec, at, must, default)


def reserved_bytes(
    count: int, doc: str = "", *, at: int | None = None, must: int | None = None
) -> Any:
    """Bytes without a meaning, kept as they are. `must=0`: the manual demands zeros."""
    demanded = None if must is None else bytes([must]) * count
    return ByteSpecifier(doc, lambda kind, order: OctetsCodec(count), at, demanded, None, True)


def padding(step: int, doc: str = "") -> Any:
    """Bytes up to a multiple of `step` from the Record's start, zeros when it is made. At the end
    of a Record with `length=`, its bytes are not counted there.
    """
    made = Padding(step)
    return ByteSpecifier(doc, lambda kind, order: PaddingCodec(step), reserved=True, derive=made)


def nested(doc: str = "", *, at: int | None = None, default: Any = None) -> Any:
    """The Record or Word that the annotation names."""
    return ByteSpecifier(doc, lambda kind, order: codec_of(kind), at, None, default)


def array(
    element: Any, count: int | str, doc: str = "", *, at: int | None = None, default: Any = None
) -> Any:
    """A tuple of `count` elements, each a Record, a Word, any Construct, "u8", … "u64", or what
    another specifier says: `array(octets(16), 8)`.

    count  a number, or the earlier field that has it and is then derived from the elements
    """

    def codec(kind: Any, byteorder: str) -> Codec:
        inner = _element(element, byteorder)
        varies = isinstance(count, str)
        return SequenceCodec(inner, str(count)) if varies else ArrayCodec(inner, int(count))

    return ByteSpecifier(doc, codec, at, None, default)


def tail(doc: str = "", *, of: Any = None, at: int | None = None) -> Any:
    """All that is left of the Record: bytes, or a tuple of what `array` would take as elements.
    The fields that a subclass adds take its place.
    """

    def codec(kind: Any, byteorder: str) -> Codec:
        if of is not None:
            return SequenceCodec(_element(of, byteorder), None)
        return BytesCodec(kind if isinstance(kind, type) else bytes, None)

    return ByteSpecifier(doc, codec, at, tail=True)


def construct_field(
    schema: Any, doc: str = "", *, at: int | None = None, must: Any = None, default: Any = None
) -> Any:
    """Any Construct of a fixed size. The field's value is what that Construct parses to."""
    return ByteSpecifier(doc, lambda kind, order: codec_of(schema), at, must, default)


def derived_counts(fields: dict[str, ByteField]) -> dict[str, Derivation]:
    """The fields that are the count of another, each with how it follows."""
    return {
        field.codec.count: count_of(name)
        for name, field in fields.items()
        if isinstance(field.codec, SequenceCodec | BytesCodec) and field.codec.count is not None
    }


def _element(element: Any, byteorder: str) -> Codec:
    if isinstance(element, ByteSpecifier):
        return element.codec(int, byteorder)
    if not isinstance(element, str):
        return codec_of(element)
    if element not in _WIDTHS:
        raise DefinitionError(f"{element!r} is none of {', '.join(_WIDTHS)}")
    return NumberCodec(_WIDTHS[element], int, byteorder)


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
