"""Derived fields: those whose value follows from the rest of their Record.

    length: int = u32(derive=total_size())
    checksum: int = u8(derive=sum_zero())

A constructor computes them when they are not given. Parsing keeps what was read. `replace` and
`edit` compute anew those that were right and keep those that were wrong, so that a change spoils
nothing and mends nothing unasked; a derived field that is named takes the value that it is given.
`stale()` lists the wrong ones with what they should be, and `check()` tells of them.
"""

from __future__ import annotations

import struct
import zlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from kobjects.codec import CODES
from kobjects.errors import DefinitionError, unknown_name

if TYPE_CHECKING:
    from kobjects.recordcodec import RecordCodec

    Values = list[Any] | tuple[Any, ...]


class Derivation(ABC):
    """How one field follows from the others.

    rank  those of a lower rank are computed first: paddings -1, counts and sizes 0, sums over what
          all of these wrote 1
    rule  what `check()` says the value is
    """

    rank = 0
    rule: str

    def bind(self, codec: RecordCodec, name: str) -> None:  # noqa: B027  # most need nothing
        """Refuse a Record that lacks what this needs; `name` is the derived field."""

    @abstractmethod
    def compute(self, codec: RecordCodec, values: Values, index: int) -> Any:
        """The value of field number `index` of a Record of these values."""


class CountOf(Derivation):
    """The number of elements, or of bytes, that another field has."""

    def __init__(self, name: str) -> None:
        self.name, self.rule = name, f"the count of {name}"

    def bind(self, codec: RecordCodec, name: str) -> None:
        _require(codec, self.name)

    def compute(self, codec: RecordCodec, values: Values, index: int) -> Any:
        return len(values[codec.slots[self.name][0]])


class CopyOf(CountOf):
    """The value of another field."""

    def __init__(self, name: str) -> None:
        self.name, self.rule = name, f"{name}"

    def compute(self, codec: RecordCodec, values: Values, index: int) -> Any:
        return values[codec.slots[self.name][0]]


class TotalSize(Derivation):
    """Bytes of the whole Record, in units."""

    rule = "the size"

    def __init__(self, unit: int) -> None:
        self.unit = unit

    def compute(self, codec: RecordCodec, values: Values, index: int) -> Any:
        return codec.measure(values) // self.unit


class Padding(Derivation):
    """Zeros up to a multiple of `step` bytes from the Record's start; its bytes are kept while
    their number is right.
    """

    rank = -1

    def __init__(self, step: int) -> None:
        if step < 1:
            raise DefinitionError(f"no padding is to a multiple of {step}")
        self.step, self.rule = step, f"the padding to a multiple of {step}"

    def compute(self, codec: RecordCodec, values: Values, index: int) -> Any:
        fields = list(codec.fields.values())[:index]
        place = sum(f.codec.length(v) for f, v in zip(fields, values, strict=False))
        count = -place % self.step
        return values[index] if len(values[index]) == count else bytes(count)


class Checksum(Derivation):
    """Over some of the Record's bytes, in which the field itself counts as zero."""

    rank = 1

    def __init__(self, what: str, end: int | str | None) -> None:
        self.end = end
        over = "the structure" if end is None else f"the first {end} bytes"
        self.rule = f"the {what} of {over}"

    def bind(self, codec: RecordCodec, name: str) -> None:
        if codec.fields[name].floating:
            raise DefinitionError("a checksum lies before every field of variable size")
        if isinstance(self.end, str):
            _require(codec, self.end)

    def octets(self, codec: RecordCodec, values: Values, index: int) -> bytes:
        """The bytes that are summed."""
        data = bytearray(codec.join(values))
        field = list(codec.fields.values())[index]
        data[field.offset : field.offset + field.size] = bytes(field.size)
        end = self.end
        return bytes(data[: values[codec.slots[end][0]] if isinstance(end, str) else end])


class SumZero(Checksum):
    """What makes the sum of the numbers zero, each as wide as the field, little-endian."""

    def __init__(self, end: int | str | None) -> None:
        super().__init__("checksum", end)

    def compute(self, codec: RecordCodec, values: Values, index: int) -> Any:
        octets = self.octets(codec, values, index)
        size = list(codec.fields.values())[index].size
        octets += bytes(-len(octets) % size)
        total = sum(struct.unpack(f"<{len(octets) // size}{CODES[size]}", octets))
        return -total & (1 << 8 * size) - 1


class Crc32(Checksum):
    """The CRC-32 of Ethernet, zip and UEFI."""

    def __init__(self, end: int | str | None) -> None:
        super().__init__("CRC-32", end)

    def compute(self, codec: RecordCodec, values: Values, index: int) -> Any:
        return zlib.crc32(self.octets(codec, values, index))


def count_of(name: str) -> Derivation:
    """How many elements, or bytes, the field `name` has. A field that is the count of an array has
    this of itself.
    """
    return CountOf(name)


def copy_of(name: str) -> Derivation:
    """The same as the field `name`: a number that is there in both byte orders."""
    return CopyOf(name)


def total_size(unit: int = 1) -> Derivation:
    """Bytes of the Record, in units of `unit` bytes; without a padding that ends it."""
    return TotalSize(unit)


def sum_zero(end: int | str | None = None) -> Derivation:
    """What makes the sum of all numbers as wide as this field zero.

    end  how many bytes from the start are summed: a number, or the field that has it; None: all
    """
    return SumZero(end)


def crc32(end: int | str | None = None) -> Derivation:
    """The CRC-32 with this field as zero. `end` as in `sum_zero`."""
    return Crc32(end)


def _require(codec: RecordCodec, name: str) -> None:
    if name not in codec.fields:
        raise unknown_name(codec.name, name, codec.fields)
