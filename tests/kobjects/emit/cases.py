"""What the exporters are tried on: every schema of kobjects, samples with every kind of field, and
names that other languages reserve; with numbers that are the same in every run.
"""

from __future__ import annotations

import enum
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from kobjects.emit import catalog
from kobjects.emit.bitwise import fits_64_bits
from kobjects.emit.shapes import (
    fixed_fields,
    fixed_size,
    in_order,
    is_enumeration,
    is_machine_number,
)
from kobjects.items import NumberCodec, codec_of
from kobjects.record import Record, array, nested, octets, tail, u8, u16, u32, u64
from kobjects.recordcodec import RecordCodec
from kobjects.word import Word, bit, bits, reserved
from tests.kobjects.samples import Everything, Odd, Sector, Swapped

SAMPLES = 2
"""Numbers that each Word is tried with."""


class Below(enum.IntEnum):
    """A negative member, and two names of one number."""

    MINUS = -5
    SELF = 3
    ALIAS = 3


class Wide(Word, bits=192):
    """Three machine words, and a field that none of them holds."""

    low: int = bits("63:0")
    middle: int = bits("131:64", "68 bits")
    scaled: int = bits("187:132", unit=1 << 16)
    rest: int = reserved("191:188", must=None)


class Keywords(Word, bits=32, byteorder="big"):
    """Fields that C or Rust has other plans for, most significant byte first."""

    struct: int = bits("7:0,15:8")
    type: bool = bit(16)
    fn: int = bits("31:17", "ends a comment? */ no")


class Unaligned(Record, size=32):
    """A quadword at an odd offset, empty arrays, arrays of arrays."""

    match: int = u8("reserved by Rust")
    long: int = u64("reserved by C")
    self: int = u16()
    nothing: bytes = octets(0)
    keywords: Keywords = nested()
    pairs: tuple[Any, ...] = array(array("u16", 2), 3)
    below: int = u32(byteorder="big")
    last: int = u8()


class Natural(Record, size=24):
    """Nothing to pack; `Unaligned` fits nowhere else."""

    first: int = u64()
    second: int = u32(at=8)
    third: tuple[int, ...] = array("u16", 2, at=12)
    fourth: int = u64(at=16)


class Varying(Record, least=12):
    """What varies lies behind what does not."""

    count: int = u16()
    kind: Below = u8()
    flag: bool = u8()
    size: int = u32()
    names: bytes = octets("size", "as many as `size` says")
    pairs: tuple[Natural, ...] = array(Natural, "count")
    behind: int = u32("where it lies depends on what is before")
    rest: bytes = tail("all that is left")


class Loose(Record, least=0):
    """Nothing of it is fixed."""

    rest: bytes = tail()


OWN: tuple[Any, ...] = (
    Varying,
    Loose,
    Below,
    Wide,
    Keywords,
    Unaligned,
    Natural,
    Everything,
    Sector,
    Odd,
    Swapped,
)


SETS: dict[str, list[Any]] = {
    "kobjects": in_order(catalog.everything()),
    "samples": in_order(OWN),
}
"""Two, because some samples have names that kobjects has too."""


class WordCase(NamedTuple):
    """A Word with one value of each of its fields that a language can hold, and new values."""

    schema: Any
    data: bytes
    fields: list[tuple[str, Any]]
    """Names of fields, and the field itself."""
    values: list[int]
    news: list[int]
    changed: list[bytes]
    """The Word's bytes after each new value was put in, one at a time."""


def word_classes(schemas: list[Any]) -> Iterator[Any]:
    for schema in schemas:
        if not is_enumeration(schema) and issubclass(schema, Word):
            yield schema


def fields(schemas: list[Any]) -> Iterator[tuple[Any, str, Any]]:
    """(Word, name, field) of every field with a mask that is one number."""
    for schema in word_classes(schemas):
        for name, field in schema.fields.items() if schema.size <= 8 else ():
            yield schema, name, field


def words(schemas: list[Any]) -> Iterator[WordCase]:
    for schema in word_classes(schemas):
        dice = random.Random(schema.__name__)
        for _ in range(SAMPLES):
            word = schema.from_int(dice.getrandbits(8 * schema.size))
            chosen = [
                (name, field)
                for name, field in schema.fields.items()
                if not field.reserved and fits_64_bits(field)
            ]
            news = [_new(field, dice) for _, field in chosen]
            changed = [
                word.replace(**{name: new}).build()
                for (name, _), new in zip(chosen, news, strict=True)
            ]
            values = [int(getattr(word, name)) for name, _ in chosen]
            yield WordCase(schema, word.build(), chosen, values, news, changed)


def records(schemas: list[Any]) -> Iterator[tuple[Any, bytes]]:
    """Every Record with random bytes for its fixed fields, where it has any."""
    for schema in schemas:
        if is_enumeration(schema) or not issubclass(schema, Record):
            continue
        if fixed_fields(record_of(schema)):
            yield schema, random.Random(schema.__name__).randbytes(fixed_size(record_of(schema)))


def record_of(schema: Any) -> RecordCodec:
    codec = codec_of(schema)
    assert isinstance(codec, RecordCodec)
    return codec


def members(schema: Any, data: bytes) -> Iterator[tuple[str, int, int, int | None]]:
    """(name, offset, size, value) of the fields of a Record; a value only of machine numbers."""
    for field in fixed_fields(record_of(schema)):
        if field.size:
            name = field.name
            codec = codec_of(field.schema) if hasattr(field.schema, "_codec") else field.codec
            plain = isinstance(codec, NumberCodec) and is_machine_number(codec)
            raw = data[field.offset : field.offset + field.size]
            yield name, field.offset, field.size, int.from_bytes(raw, "little") if plain else None


def enumerations(schemas: list[Any]) -> Iterator[tuple[Any, str, int]]:
    """(enumeration, name, number) of every member."""
    for schema in schemas:
        if is_enumeration(schema):
            for name, member in schema.__members__.items():
                yield schema, name, int(member)


def _new(field: Any, dice: random.Random) -> int:
    if field.enum:
        return int(dice.choice([m for m in field.enum if 0 <= m <= field.maximum]))
    return dice.getrandbits(field.width) * int(field.unit)
