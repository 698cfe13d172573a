"""Names for assembly: the offsets, masks, shifts and values of schemas."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any

from kobjects.codec import Codec
from kobjects.errors import DefinitionError
from kobjects.items import ArrayCodec, codec_of
from kobjects.recordcodec import RecordCodec
from kobjects.wordcodec import WordCodec

LONGEST_ARRAY = 64
"""Elements of an array that have names of their own."""


def equates(*schemas: Any) -> dict[str, int]:
    """Name -> value of Records, Words and enumerations.

    Record R       `R.size` in bytes; `R.field` its offset from the origin, so negative before it;
                   `R.field.sub` in a Record inside; `R.field.0` in an array, for 64 elements. Where
                   the size varies `R.least`, and those fields whose offset does not
    Word W         `W.size` in bytes; `W.field` the mask in place; `W.field.shift` the lowest bit of
                   a contiguous field
    enumeration E  `E.MEMBER`

    A name that would have two values is refused.
    """
    found: dict[str, int] = {}
    for schema in schemas:
        for name, value in _names(schema):
            if found.setdefault(name, value) != value:
                raise DefinitionError(
                    f"the equate {name!r} would be both {found[name]:#x} and {value:#x}"
                )
    return found


def _names(schema: Any) -> Iterator[tuple[str, int]]:
    if isinstance(schema, type) and issubclass(schema, enum.IntEnum | enum.IntFlag):
        for name, member in schema.__members__.items():
            yield f"{schema.__name__}.{name}", int(member)
        return
    codec = codec_of(schema)
    if isinstance(codec, RecordCodec):
        yield f"{codec.name}.{'size' if codec.format else 'least'}", codec.least
        yield from _offsets(codec, codec.name, -codec.origin)
    elif isinstance(codec, WordCodec):
        yield f"{codec.name}.size", codec.size
        for name, field in codec.fields.items():
            yield f"{codec.name}.{name}", field.mask
            if field.shift is not None:
                yield f"{codec.name}.{name}.shift", field.shift
    else:
        raise DefinitionError(f"{schema!r} has no name that equates could begin with")


def _offsets(codec: Codec, prefix: str, base: int) -> Iterator[tuple[str, int]]:
    for index, part in enumerate(codec.parts()):
        if isinstance(codec, ArrayCodec) and index == LONGEST_ARRAY:
            return
        name = f"{prefix}.{index if isinstance(codec, ArrayCodec) else part.step}"
        yield name, base + part.offset
        if isinstance(part.codec, RecordCodec | ArrayCodec):
            yield from _offsets(part.codec, name, base + part.offset)
