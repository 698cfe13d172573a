"""Bit positions as manuals write them: `"51:48,15:0"`, most significant part first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kobjects.errors import DefinitionError

Positions = tuple[tuple[int, int], ...]
"""Parts of one field as (high, low), both included; the first part is the most significant."""

_EXAMPLES = '"7", "7:4" or "15:8,3:0"'


def parse_positions(text: str | int) -> Positions:
    """The parts that `text` names. Refuses what isn't numbers, and a part with low above high."""
    if isinstance(text, int):
        text = str(text)
    parts: list[tuple[int, int]] = []
    for part in text.split(","):
        high, _, low = part.strip().partition(":")
        if not high.isdecimal() or not (low or high).isdecimal():
            raise DefinitionError(f"{text!r} is not a bit position such as {_EXAMPLES}")
        parts.append((int(high), int(low or high)))
        if parts[-1][0] < parts[-1][1]:
            raise DefinitionError(f"{part.strip()!r}: the high bit comes first, as in manuals")
    positions = tuple(parts)
    if mask(positions).bit_count() != width(positions):
        raise DefinitionError(f"{text!r} names a bit twice")
    return positions


def show_positions(positions: Iterable[tuple[int, int]]) -> str:
    """The text that gives these positions."""
    return ",".join(str(high) if high == low else f"{high}:{low}" for high, low in positions)


def width(positions: Positions) -> int:
    """How many bits a field at these positions has."""
    return sum(high - low + 1 for high, low in positions)


def mask(positions: Positions) -> int:
    """The field's bits where they lie, all set."""
    whole = 0
    for high, low in positions:
        whole |= (1 << high + 1) - (1 << low)
    return whole


def ranges(bits: int) -> str:
    """The set bits of a mask in the notation of `parse_positions`, highest first."""
    parts: list[tuple[int, int]] = []
    while bits:
        high = bits.bit_length() - 1
        zeros = ~bits & ((1 << high) - 1)
        low = zeros.bit_length()
        parts.append((high, low))
        bits &= (1 << low) - 1
    return show_positions(parts)


def placed(positions: Positions) -> Iterator[tuple[int, int, int]]:
    """For each part, (bits, low, to): `bits` bits at `low` of the word are at `to` of the value."""
    to = width(positions)
    for high, low in positions:
        bits = high - low + 1
        to -= bits
        yield bits, low, to


def gather_expression(positions: Positions, scale: int = 0) -> str:
    """Python for the field's value in the int `x`, shifted left by `scale`."""
    terms = []
    for bits, low, to in placed(positions):
        ones = (1 << bits) - 1
        distance = to + scale - low
        if distance > 0:
            terms.append(f"(x & {ones << low:#x}) << {distance}")
        elif distance < 0:
            terms.append(f"x >> {-distance} & {ones << to + scale:#x}")
        else:
            terms.append(f"x & {ones << low:#x}")
    return " | ".join(terms)
