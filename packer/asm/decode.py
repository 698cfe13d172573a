"""Machine code as capstone reads it, for people: one text for each instruction."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

_RELATIVE = re.compile(r"\[[re]ip ([+-]) (0x[0-9a-f]+|\d+)\]")
_NUMBER = re.compile(r"(?<![\w.])(0x[0-9a-f]+)")


class Decoded(NamedTuple):
    """One instruction: its bytes, and its text in Intel syntax."""

    offset: int
    size: int
    text: str


def decode(
    code: bytes, address: int, bits: int, name: Callable[[int], str] = lambda address: ""
) -> Iterator[Decoded]:
    """The instructions of code that runs at an address, as 16-, 32- or 64-bit code, up to where
    none can be read. `name` gives what lies at an address; where it has an answer, that follows in
    angle brackets. ModuleNotFoundError without capstone.
    """
    import capstone  # type: ignore[import-untyped]

    modes = {16: capstone.CS_MODE_16, 32: capstone.CS_MODE_32, 64: capstone.CS_MODE_64}
    decoder = capstone.Cs(capstone.CS_ARCH_X86, modes[bits])
    for here, size, mnemonic, operands in decoder.disasm_lite(code, address):
        text = f"{mnemonic} {operands}".strip()
        yield Decoded(here - address, size, text + _named(operands, here + size, name))


def _named(operands: str, end: int, name: Callable[[int], str]) -> str:
    """What the addresses among the operands are called."""
    places = [
        (end + (int(distance, 0) if sign == "+" else -int(distance, 0))) % (1 << 64)
        for sign, distance in _RELATIVE.findall(operands)
    ]
    places = places or [int(number, 0) for number in _NUMBER.findall(operands)]
    found = [called for place in places if (called := name(place))]
    return f" <{', '.join(found)}>" if found else ""
