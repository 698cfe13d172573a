"""How a field is taken out of a Word and put into it, in operators that C and Rust share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from kobjects import positions as where
from kobjects.bitfield import BitField
from kobjects.emit.shapes import is_machine_number
from kobjects.wordcodec import WordCodec


class Piece(NamedTuple):
    """Adjacent bits of a field: `bits` bits at `low` of the Word are at `to` of the value.

    octet  the byte that `low` counts in, as memory has it; None: `low` counts in the whole number
    """

    octet: int | None
    bits: int
    low: int
    to: int

    @property
    def ones(self) -> int:
        """As many set bits, from bit 0 on."""
        return (1 << self.bits) - 1


def pieces(word: WordCodec, field: BitField) -> Iterator[Piece]:
    """Where the bits of a field lie, the most significant part first; `to` counts the unit too."""
    for bits, low, to in where.placed(field.positions):
        to += field.scale
        if is_machine_number(word):
            yield Piece(None, bits, low, to)
            continue
        for number in range(low // 8, (low + bits - 1) // 8 + 1):
            first, last = max(low, 8 * number), min(low + bits, 8 * number + 8)
            octet = number if word.byteorder == "little" else word.size - 1 - number
            yield Piece(octet, last - first, first - 8 * number, to + first - low)


def taken(source: str, part: Piece, number: Callable[[int], str]) -> str:
    """The piece of `source`, a number of 64 bits, as bits of the value."""
    return _moved(source, part.low, part.to, part.ones, number)


def placed(value: str, part: Piece, number: Callable[[int], str]) -> str:
    """The piece of `value`, a number of 64 bits, as bits of the Word or octet."""
    return _moved(value, part.to, part.low, part.ones, number)


def together(terms: Sequence[str]) -> str:
    """The bits of several such pieces, which share none."""
    if len(terms) == 1 and terms[0].endswith(")"):
        return terms[0][1:-1]
    return " | ".join(terms)


def _moved(text: str, start: int, to: int, ones: int, number: Callable[[int], str]) -> str:
    if start:
        text = f"{text} >> {start}"
    text = f"({text} & {number(ones)})"
    return f"{text} << {to}" if to else text


def fits_64_bits(field: BitField) -> bool:
    """Whether a field's value, unit included, is a number of 64 bits."""
    return field.width + field.scale <= 64
