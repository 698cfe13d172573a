"""The registers that an operand may name, with class and width."""

from __future__ import annotations

from typing import NamedTuple


def words(text: str) -> tuple[str, ...]:
    """The words of a table that is written as prose."""
    return tuple(text.split())


class Register(NamedTuple):
    """`kind` is general, segment, control, debug, mmx, vector, mask, x87 or pointer (rip)."""

    name: str
    kind: str
    bits: int
    number: int = 0

    @property
    def high_byte(self) -> bool:
        """ah, ch, dh, bh: not encodable beside a REX prefix."""
        return self.bits == 8 and self.name.endswith("h")


def _general() -> list[Register]:
    legacy = words("ax cx dx bx sp bp si di")
    found = []
    for number, name in enumerate(legacy):
        found += [Register("r" + name, "general", 64, number)]
        found += [Register("e" + name, "general", 32, number)]
        found += [Register(name, "general", 16, number)]
        byte = name[0] + "l" if number < 4 else name + "l"
        found += [Register(byte, "general", 8, number)]
    found += [Register(f"{letter}h", "general", 8, n + 4) for n, letter in enumerate("acdb")]
    for number in range(8, 16):
        for suffix, bits in (("", 64), ("d", 32), ("w", 16), ("b", 8)):
            found.append(Register(f"r{number}{suffix}", "general", bits, number))
    return found


def _all() -> list[Register]:
    found = _general()
    found += [Register(name, "segment", 16, n) for n, name in enumerate(words("es cs ss ds fs gs"))]
    # Control and debug registers are as wide as the mode: width 0 says that it tells nothing.
    found += [Register(f"cr{number}", "control", 0, number) for number in (0, 2, 3, 4, 8)]
    found += [Register(f"dr{number}", "debug", 0, number) for number in (0, 1, 2, 3, 6, 7)]
    found += [Register(f"mm{number}", "mmx", 64, number) for number in range(8)]
    found += [Register(f"xmm{number}", "vector", 128, number) for number in range(16)]
    found += [Register(f"ymm{number}", "vector", 256, number) for number in range(16)]
    found += [Register("rip", "pointer", 64), Register("eip", "pointer", 32)]
    return found


REGISTERS = {register.name: register for register in _all()}

# Words that are no symbol's name: registers and what qualifies an operand.
SIZES = {
    "byte": 8,
    "word": 16,
    "dword": 32,
    "fword": 48,
    "qword": 64,
    "tbyte": 80,
    "xmmword": 128,
    "ymmword": 256,
}
RESERVED = frozenset({*REGISTERS, *SIZES, "ptr", "far", "near", "short", "offset", "const"})
