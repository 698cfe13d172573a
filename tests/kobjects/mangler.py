"""Mutants of good files: the same ones for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator

NUMBERS = (0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 1 << 31, (1 << 32) - 1, (1 << 63) - 1,
           (1 << 64) - 1)  # fmt: skip
"""Values that counts, offsets and lengths are replaced by."""


def mutants(data: bytes, seed: int, count: int, hot: int = 4096) -> Iterator[bytes]:
    """`count` of them, each with one to eight changes. Half of the changes hit the bytes that are
    not zero, so that a disk's empty space does not take all of them; `hot` bytes at either end and
    around what is there count as such.
    """
    dice = random.Random(seed)
    places = [index for index in range(0, len(data), 8) if any(data[index : index + 8])] or [0]
    for _ in range(count):
        mutant = bytearray(data)
        for _ in range(dice.choice((1, 1, 2, 4, 8))):
            place = dice.choice(places) + dice.randrange(8)
            if dice.random() < 0.2:
                place = dice.randrange(min(hot, len(data)))
            _change(mutant, min(place, len(mutant) - 1), dice)
            if len(mutant) < 16:
                break
        yield bytes(mutant)


def _change(mutant: bytearray, place: int, dice: random.Random) -> None:
    kind = dice.randrange(6)
    if kind == 0:
        mutant[place] ^= 1 << dice.randrange(8)
    elif kind == 1:
        mutant[place] = dice.randrange(256)
    elif kind in (2, 3):
        width = dice.choice((1, 2, 4, 8))
        place -= place % width
        number = dice.choice(NUMBERS) & (1 << 8 * width) - 1
        mutant[place : place + width] = number.to_bytes(width, "little")[: len(mutant) - place]
    elif kind == 4:
        size = dice.randrange(1, 64)
        source = dice.randrange(len(mutant))
        piece = mutant[source : source + size]
        mutant[place : place + len(piece)] = piece[: len(mutant) - place]
    elif dice.random() < 0.3:
        del mutant[max(place, 16) :]
