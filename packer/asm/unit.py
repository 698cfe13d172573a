"""The result: one flat unit of code, independent of where it will lie, and how it is linked."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from packer.asm.source import AsmError, Diagnostic, Place, did_you_mean

_NAME = re.compile(r"[\w.]+")


@dataclass(frozen=True, slots=True)
class Line:
    """The bytes that one source line made; the lines of a unit cover each byte once, in order.

    `text` is the source line, `is_data` tells data and padding from instructions.
    """

    offset: int
    size: int
    file: str
    line: int
    text: str
    is_data: bool


@dataclass(frozen=True, slots=True)
class Fixup:
    """A field that gets `symbol + addend` at link time, little-endian.

    A relative one counts from `relative_to`, the unit offset behind its instruction. `signed` says
    that the processor sign-extends the field.
    """

    offset: int
    size: int
    kind: Literal["absolute", "relative"]
    symbol: str
    addend: int
    relative_to: int
    signed: bool
    file: str
    line: int
    column: int
    source: str = ""

    @property
    def place(self) -> Place:
        written = _NAME.match(self.source, self.column - 1)
        length = len(written[0]) if written else 1
        return Place(self.file, self.line, self.column, length, self.source)


@dataclass(frozen=True)
class Unit:
    """`code` lies at base 0 with its fix-ups zero; `symbols` are label → offset.

    `modes` are (offset, 16, 32 or 64): how the processor is to read what lies from there on.
    """

    code: bytes
    symbols: dict[str, int]
    lines: tuple[Line, ...]
    fixups: tuple[Fixup, ...]
    modes: tuple[tuple[int, int], ...] = ((0, 64),)

    def link(self, base: int, resolve: Callable[[str], int]) -> bytes:
        """The code at address `base`. `resolve` gives the address of a symbol that is not a label
        of this unit, or raises KeyError. Raises AsmError with everything that is wrong."""
        code, wrong = bytearray(self.code), []
        for fixup in self.fixups:
            try:
                value = self._value(fixup, base, resolve)
            except KeyError as missing:
                wrong.append(self._undefined(fixup, missing))
                continue
            bits = 8 * fixup.size
            low, high = (-(1 << bits - 1), 1 << bits - 1) if fixup.signed else (0, 1 << bits)
            if fixup.signed and fixup.kind == "absolute" and value >> 63 == 1:
                value -= 1 << 64  # the upper half of the address space, sign-extended
            if not low <= value < high:
                wrong.append(_misfit(fixup, value))
                continue
            field = (value % (1 << bits)).to_bytes(fixup.size, "little")
            code[fixup.offset : fixup.offset + fixup.size] = field
        if wrong:
            raise AsmError(wrong)
        return bytes(code)

    def _value(self, fixup: Fixup, base: int, resolve: Callable[[str], int]) -> int:
        own = self.symbols.get(fixup.symbol)
        address = resolve(fixup.symbol) if own is None else base + own
        value = address + fixup.addend
        if fixup.kind == "absolute":
            return value
        # The instruction pointer wraps at 64 bits.
        distance = value - (base + fixup.relative_to)
        return (distance + (1 << 63)) % (1 << 64) - (1 << 63)

    def _undefined(self, fixup: Fixup, missing: KeyError) -> Diagnostic:
        # resolve's own words, if it has any beyond the name
        said = str(missing.args[0]) if missing.args else fixup.symbol
        known = did_you_mean(fixup.symbol, self.symbols)
        advice = said if said != fixup.symbol else known
        return Diagnostic("KP1040", fixup.place, f"undefined symbol {fixup.symbol}", advice)


def _misfit(fixup: Fixup, value: int) -> Diagnostic:
    bits = 8 * fixup.size
    kind = "sign-extended " if fixup.signed else ""
    what = f"the distance to {fixup.symbol}" if fixup.kind == "relative" else fixup.symbol
    return Diagnostic(
        "KP1041", fixup.place, f"{what} is {value:#x}, which doesn't fit the {kind}{bits} bits here"
    )
