"""What is known of a register: a number, or a name with a distance, bits that may be set, and a
limit.

Two values of one name and distance are the same number. A name stands for one number only as long
as nothing makes it anew; `state.py` renames what is left of it then.
"""

from __future__ import annotations

from typing import NamedTuple

ALL = (1 << 64) - 1
LOW = (1 << 32) - 1
CPUID = "cpuid:"
"""Names of what CPUID gave: leaf, subleaf and register follow. Their value is that AND `may`."""

CONTROL = ("cr0:", "cr4:")
"""Names of what a control register held: what is called so may have more bits set, not fewer."""


class Value(NamedTuple):
    """`name` + `offset` modulo 2^64, no bit outside `may`, and at most `most`."""

    name: str
    offset: int = 0
    may: int = ALL
    most: int = ALL


Known = Value | int
"""An int is exactly that number, from 0 to 2^64 - 1."""


def unknown(name: str, size: int = 8) -> Value:
    """Anything of so many bytes."""
    most = (1 << 8 * size) - 1
    return Value(name, 0, most, most)


def may(value: Known) -> int:
    return value if isinstance(value, int) else value.may


def most(value: Known) -> int:
    return value if isinstance(value, int) else value.most


def join(one: Known, other: Known, name: str) -> Known:
    """What holds of both; `name` is for a number that is not the same. What was a join already and
    grows again grows to the next power of two, so that no number grows for long.
    """
    if one == other:
        return one
    if (
        isinstance(one, Value)
        and isinstance(other, Value)
        and (one.name, one.offset) == (other.name, other.offset)
    ):
        name, offset = one.name, one.offset
    else:
        offset = 0
    highest = max(most(one), most(other))
    if isinstance(one, Value) and highest > one.most:
        highest = (1 << highest.bit_length()) - 1
    return Value(name, offset, may(one) | may(other), highest)


def add(value: Known, distance: int, name: str) -> Known:
    """The sum with a number, which may be negative."""
    if isinstance(value, int):
        return (value + distance) & ALL
    top = value.most + distance
    fits = distance >= 0 and top <= ALL
    bits = (1 << top.bit_length()) - 1 if fits else ALL
    if value.name.startswith(CPUID):
        return Value(name, 0, bits, top if fits else ALL)
    return Value(value.name, value.offset + distance, bits, top if fits else ALL)


def bitwise_and(value: Known, mask: int, name: str) -> Known:
    if isinstance(value, int):
        return value & mask
    bits = value.may & mask
    same = value.name.startswith(CPUID) or bits == value.may
    kept = value.name if same else name
    return Value(kept, value.offset if same else 0, bits, min(bits, value.most))


def bitwise_or(one: Known, other: Known, name: str) -> Known:
    if isinstance(one, int) and isinstance(other, int):
        return one | other
    bits = may(one) | may(other)
    for value in (one, other):
        if isinstance(value, Value) and value.name.startswith(CONTROL):
            return Value(value.name, value.offset, bits, bits)
    return Value(name, 0, bits, bits)


def shifted(value: Known, left: int, size: int, name: str) -> Known:
    """Shifted left by `left` bits, right if that is negative; `size` bytes of it."""
    full = (1 << 8 * size) - 1

    def shift(number: int) -> int:
        return (number << left) & full if left >= 0 else (number & full) >> -left

    if isinstance(value, int):
        return shift(value)
    exact = left < 0 or value.most << left <= full
    bits = shift(value.may)
    return Value(name, 0, bits, shift(value.most) if exact and value.most <= full else bits)


def narrowed(value: Known, size: int, name: str) -> Known:
    """Its lowest bytes, zero-extended."""
    full = (1 << 8 * size) - 1
    if isinstance(value, int):
        return value & full
    if value.may & ~full == 0:
        return value
    bits = value.may & full
    kept = value.name if value.name.startswith(CONTROL) and size >= 4 else name
    return Value(kept, 0, bits, min(bits, value.most) if value.most <= full else bits)
