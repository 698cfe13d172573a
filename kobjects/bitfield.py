"""The fields of a Word: bits at positions that a manual gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kobjects import positions as where
from kobjects.errors import DefinitionError, FieldValueError, KobjectsError
from kobjects.field import Field, Members, Specifier, is_enumeration, is_number, to_number
from kobjects.field import show_number as show


@dataclass(frozen=True)
class BitField(Field):
    """A field of a Word.

    positions  where its bits lie as (high, low), the most significant part first
    unit       value = bits * unit; a power of two
    """

    positions: where.Positions = ()
    unit: int = 1

    @cached_property
    def width(self) -> int:
        """In bits."""
        return where.width(self.positions)

    @cached_property
    def mask(self) -> int:
        """Its bits in the Word, all set."""
        return where.mask(self.positions)

    @property
    def shift(self) -> int | None:
        """The lowest bit of a contiguous field; None for a split one."""
        return self.positions[0][1] if len(self.positions) == 1 else None

    @property
    def scale(self) -> int:
        """unit = 1 << scale."""
        return self.unit.bit_length() - 1

    @property
    def maximum(self) -> int:
        """The largest value."""
        return ((1 << self.width) - 1) * self.unit

    def expression(self, members: str) -> str:
        """Python for the field's value in the int `x`; `members` names the table of its enum."""
        if self.type is bool:
            return f"x & {self.mask:#x} != 0"
        number = where.gather_expression(self.positions, self.scale)
        return f"{members}[{number}]" if self.enum else number

    def placer(self) -> Callable[[Any], int]:
        """A function from a value to the bits that hold it in the Word; it refuses what can't."""
        kind, maximum, remainder = self.type, self.maximum, self.unit - 1
        shift = -1 if self.shift is None else self.shift - self.scale
        parts = [
            ((1 << bits) - 1, low, to + self.scale)
            for bits, low, to in where.placed(self.positions)
        ]

        def place(value: Any) -> int:
            if type(value) is not int and type(value) is not kind:
                value = to_number(value, kind)
            if not 0 <= value <= maximum or value & remainder:
                raise self.refusal(value)
            if shift >= 0:
                return value << shift  # type: ignore[no-any-return]
            word = 0
            for ones, low, to in parts:
                word |= (value >> to & ones) << low
            return word

        return place

    def refusal(self, value: int) -> FieldValueError:
        """The error of a number that does not fit."""
        steps = f" in steps of {show(self.unit)}" if self.unit > 1 else ""
        bits = where.show_positions(self.positions)
        return FieldValueError(
            f"{show(value)} is out of range 0..{show(self.maximum)}{steps} (bits {bits})"
        )


@dataclass(frozen=True)
class BitSpecifier(Specifier):
    """What `bit`, `bits` and `reserved` say."""

    positions: str | int
    must: Any = None
    default: Any = None
    unit: int = 1
    reserved: bool = False

    def field(self, name: str, kind: Any) -> BitField:
        """The field of this name and type; refuses what its bits can't hold."""
        positions = where.parse_positions(self.positions)
        wide = where.width(positions)
        if not is_number(kind):
            raise DefinitionError(f"bits are an int, a bool or an enumeration, not {kind!r}")
        if kind is bool and wide != 1:
            raise DefinitionError(f"a bool has one bit, not {wide}")
        if self.unit < 1 or self.unit & (self.unit - 1):
            raise DefinitionError(f"unit={self.unit} is not a power of two")
        must = self.must
        if self.reserved and must is not None:
            must = (1 << wide) - 1 if must else 0
        default = (must if self.default is None else self.default) or 0
        default = Members(kind)[int(default)] if is_enumeration(kind) else kind(default)
        field = BitField(name, self.doc, kind, must, default, self.reserved, positions, self.unit)
        for value in (default, must or 0):
            try:
                field.placer()(value)
            except KobjectsError as error:
                raise DefinitionError(error.problem) from None
        return field


def bit(position: int, doc: str = "", *, must: int | None = None, default: Any = None) -> Any:
    """One bit. `must`: the value that the manual demands; `default`: what a constructor gives."""
    return BitSpecifier(doc, position, must, default)


def bits(
    positions: str, doc: str = "", *, unit: int = 1, must: int | None = None, default: Any = None
) -> Any:
    """Some bits, `"7:4"` or, most significant part first, `"51:48,15:0"`.

    unit  the field's value is its bits times this power of two: `bits("51:12", unit=4096)` is an
          address in bytes, and one that is not a multiple is refused
    """
    return BitSpecifier(doc, positions, must, default, unit)


def reserved(positions: str | int, doc: str = "", *, must: int | None = 0) -> Any:
    """Bits without a meaning. `must`: what each of them has to be, 0 or 1; None: ignored."""
    if must not in (None, 0, 1):
        raise DefinitionError(f"must={must}: each reserved bit must be 0, 1 or None (ignored)")
    return BitSpecifier(doc, positions, must, None, 1, True)
