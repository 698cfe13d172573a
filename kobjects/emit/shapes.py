"""What exporters share: the order of schemas, how memory holds each, names without clashes."""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from kobjects.bytefield import ByteField
from kobjects.codec import Codec
from kobjects.errors import DefinitionError
from kobjects.items import ArrayCodec, NumberCodec, codec_of
from kobjects.recordcodec import RecordCodec
from kobjects.variable import SequenceCodec
from kobjects.wordcodec import WordCodec

MACHINE_SIZES = (1, 2, 4, 8)
"""Bytes of the numbers that every language has."""

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=[A-Z][a-z])|(?<=[A-Z])(?=[A-Z][a-z])")


def in_order(schemas: Iterable[Any]) -> list[Any]:
    """These schemas and all that their fields are of, each once and behind what it needs.

    DefinitionError for what has no name, and for two schemas of one name.
    """
    order: dict[Any, None] = {}
    for schema in schemas:
        _visit(schema, order)
    by_name: dict[str, Any] = {}
    for schema in order:
        other = by_name.setdefault(schema.__name__, schema)
        if other is not schema:
            raise DefinitionError(
                f"{schema.__name__} would be both {other.__module__}'s and {schema.__module__}'s; "
                "export one of them"
            )
    return list(order)


def is_enumeration(schema: Any) -> bool:
    """Whether a schema is a set of named numbers."""
    return isinstance(schema, type) and issubclass(schema, enum.IntEnum | enum.IntFlag)


def is_flags(schema: Any) -> bool:
    """Whether the members of an enumeration are bits that go together."""
    return isinstance(schema, type) and issubclass(schema, enum.IntFlag)


def is_machine_number(codec: Codec) -> bool:
    """Whether a processor loads it as one number: 1, 2, 4 or 8 bytes, the least significant first.

    What is none is exported as its octets.
    """
    little = codec.size == 1 or getattr(codec, "byteorder", "little") == "little"
    return isinstance(codec, WordCodec | NumberCodec) and codec.size in MACHINE_SIZES and little


def alignment(codec: Codec) -> int:
    """The address in bytes of which a compiler wants a multiple, given what we export it as."""
    if isinstance(codec, ArrayCodec):
        return alignment(codec.element)
    if isinstance(codec, RecordCodec):
        return _widest(codec) if is_natural(codec) else 1
    return codec.size if is_machine_number(codec) else 1


def is_natural(record: RecordCodec) -> bool:
    """Whether a compiler puts every field where it lies without being told to pack them."""
    fields = fixed_fields(record)
    aligned = all(field.offset % alignment(field.codec) == 0 for field in fields)
    return aligned and fixed_size(record) % _widest(record) == 0


def fixed_fields(record: RecordCodec) -> list[ByteField]:
    """The fields whose place and size no value changes, without those of no bytes.

    A Record of variable size is exported as far as these go.
    """
    return [field for field in record.fields.values() if field.size and not field.floating]


def floating_fields(record: RecordCodec) -> str:
    """The names of the others, for a comment; "" if there are none."""
    return ", ".join(field.name for field in record.fields.values() if field.floating)


def fixed_size(record: RecordCodec) -> int:
    """The bytes of the fixed fields."""
    return sum(field.size for field in fixed_fields(record))


def element(codec: Codec) -> Codec:
    """What an array is of, and an array of those; anything else itself."""
    while isinstance(codec, ArrayCodec | SequenceCodec):
        codec = codec.element
    return codec


def _widest(record: RecordCodec) -> int:
    return max((alignment(field.codec) for field in fixed_fields(record)), default=1)


def snake(name: str) -> str:
    """`PageTableEntry` as `page_table_entry`."""
    return _HUMP.sub("_", name).lower()


def screaming(name: str) -> str:
    """`PageTableEntry` as `PAGE_TABLE_ENTRY`."""
    return snake(name).upper()


class Claims:
    """Identifiers of one scope; two things of one name are refused."""

    def __init__(self, reserved: Collection[str] = (), help: str = "rename one") -> None:
        self._owner: dict[str, str] = {}
        self._reserved = reserved
        self._help = help

    def __call__(self, identifier: str, owner: str) -> str:
        """The identifier, now the owner's; with an underscore if the language reserves it."""
        if identifier in self._reserved:
            identifier += "_"
        other = self._owner.setdefault(identifier, owner)
        if other != owner:
            raise DefinitionError(f"{identifier} would be both {other} and {owner}; {self._help}")
        return identifier


def _visit(schema: Any, order: dict[Any, None]) -> None:
    if schema in order:
        return
    if not is_enumeration(schema):
        codec = codec_of(schema)
        if not isinstance(codec, RecordCodec | WordCodec):
            raise DefinitionError(f"{schema!r} has no name to be exported by")
        for inner in _needs(codec):
            _visit(inner, order)
    order[schema] = None


def _needs(codec: Codec) -> Iterator[Any]:
    if isinstance(codec, WordCodec):
        for field in codec.fields.values():
            if field.enum:
                yield field.enum
    elif isinstance(codec, RecordCodec):
        for member in codec.fields.values():
            inner = element(member.codec)
            if isinstance(inner, RecordCodec | WordCodec):
                yield inner.schema
            elif isinstance(inner, NumberCodec) and is_enumeration(inner.kind):
                yield inner.kind
