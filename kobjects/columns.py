"""Columns: an array of a schema in a buffer as numpy arrays, one per field, without a copy.

    columns = PageTableEntry.columns(dump)
    columns.address[columns.present & columns.writable]

Fields of Words are computed when they are asked for. Enumerations are plain numbers.
"""

from __future__ import annotations

import operator
from functools import reduce
from typing import Any

from kobjects import positions as where
from kobjects.bitfield import BitField
from kobjects.codec import CODES, Codec
from kobjects.errors import ParseError, unknown_name
from kobjects.items import ArrayCodec, NumberCodec
from kobjects.recordcodec import RecordCodec
from kobjects.wordcodec import WordCodec


def columns(codec: Codec, buffer: Any) -> Any:
    """The columns of a buffer that holds nothing but elements: of an array, or of this codec.

    Elements without fields, such as numbers, are one numpy array.
    """
    try:
        import numpy as np
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("columns need numpy: pip install 'kobjects[inspect]'") from error
    if isinstance(codec, ArrayCodec):
        codec = codec.element
    size = memoryview(buffer).nbytes
    if size % codec.size:
        raise ParseError(f"{size} bytes are not a whole number of elements of {codec.size} bytes")
    return _column(codec, np.frombuffer(buffer, dtype=_dtype(codec)))


class Columns:
    """The fields of a Word or Record, by attribute or by name in brackets, each one an array.

    A Record inside is Columns again. `array` is the numpy array underneath.
    """

    def __init__(self, codec: Any, array: Any) -> None:
        self.codec, self.array = codec, array

    @property
    def names(self) -> list[str]:
        """The fields."""
        return [*self.codec.fields]

    def __len__(self) -> int:
        """How many elements."""
        return len(self.array)

    def __getitem__(self, name: str) -> Any:
        try:
            field = self.codec.fields[name]
        except KeyError:
            raise unknown_name(self.codec.name, name, self.codec.fields) from None
        if isinstance(field, BitField):
            return _bits(self.codec, self.array, field)
        return _column(field.codec, self.array[name])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __repr__(self) -> str:
        return f"<{len(self)} of {self.codec.name}: {', '.join(self.names)}>"


def _column(codec: Codec, array: Any) -> Any:
    if isinstance(codec, WordCodec | RecordCodec):
        return Columns(codec, array)
    if isinstance(codec, ArrayCodec):
        return _column(codec.element, array)
    return array != 0 if isinstance(codec, NumberCodec) and codec.kind is bool else array


def _dtype(codec: Codec) -> Any:
    """The numpy type of the bytes that a codec reads."""
    import numpy as np

    if isinstance(codec, RecordCodec):
        return np.dtype([(name, _dtype(field.codec)) for name, field in codec.fields.items()])
    if isinstance(codec, ArrayCodec):
        return np.dtype((_dtype(codec.element), (codec.count,)))
    if codec.format in "BHIQ":
        return np.dtype(f"<u{codec.size}")
    if isinstance(codec, NumberCodec | WordCodec) and codec.size in CODES:
        return np.dtype(f">u{codec.size}")
    if isinstance(codec, WordCodec) and codec.byteorder == "little" and codec.size % 8 == 0:
        return np.dtype(("<u8", (codec.size // 8,)))
    return np.dtype(("u1", (codec.size,)))


def _bits(codec: WordCodec, array: Any, field: BitField) -> Any:
    """One field of Words. Up to 64 bits it is an array of numbers, beyond one of Python's ints."""
    import numpy as np

    units, per_unit = _units(codec, array)
    if field.type is bool:
        number, bit = divmod(field.positions[0][0], per_unit)
        return units[number] & units[number].dtype.type(1 << bit) != 0
    if field.width + field.scale > 64:
        units = [unit.astype(object) for unit in units]
    parts = []
    for bits, low, to in where.placed(field.positions):
        for unit in range(low // per_unit, (low + bits - 1) // per_unit + 1):
            first, last = max(low, unit * per_unit), min(low + bits, (unit + 1) * per_unit)
            part = units[unit] >> (first - unit * per_unit) & (1 << last - first) - 1
            if distance := to + first - low + field.scale:
                part = (part if part.dtype == object else part.astype(np.uint64)) << distance
            parts.append(part)
    return reduce(operator.or_, parts)


def _units(codec: WordCodec, array: Any) -> tuple[list[Any], int]:
    """The Words as arrays of numbers, the least significant first, and the bits of each."""
    import numpy as np

    if codec.size in CODES:
        return [array], codec.bits
    if array.dtype == np.uint8:
        octets = array if codec.byteorder == "little" else array[..., ::-1]
        padded = np.zeros((*octets.shape[:-1], -(-codec.size // 8) * 8), np.uint8)
        padded[..., : codec.size] = octets
        array = padded.view("<u8")
    return [array[..., number] for number in range(array.shape[-1])], 64
