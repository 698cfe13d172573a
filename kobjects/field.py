"""What a schema knows of one field, and the types that a number can have."""

from __future__ import annotations

import enum
import operator
from dataclasses import dataclass
from typing import Any

from kobjects.errors import FieldValueError


@dataclass(frozen=True)
class Field:
    """One named field.

    type      what the annotation says
    must      the value that the manual demands, to which `check()` holds the field; None: any
    default   the value of a field that a constructor is not given
    reserved  the manual gives the field no meaning
    """

    name: str
    doc: str
    type: Any
    must: Any = None
    default: Any = 0
    reserved: bool = False

    @property
    def enum(self) -> type[enum.IntEnum] | None:
        """The enumeration of the field's values, if it has one."""
        return self.type if is_enumeration(self.type) else None


@dataclass(frozen=True)
class Specifier:
    """What the right-hand side of a field says in a class body: `bits(...)`, `u32(...)`."""

    doc: str


class Members(dict[int, Any]):
    """The members of an enumeration by number; an unknown number gives a typed member UNKNOWN.

    Unknown ones are made anew each time, so that a hostile file can't fill the memory.
    """

    def __init__(self, kind: Any) -> None:
        super().__init__({int(member): member for member in kind.__members__.values()})
        self.kind = kind

    def __missing__(self, number: int) -> Any:
        if issubclass(self.kind, enum.Flag):
            try:
                return self.kind(number)
            except ValueError:
                pass  # flags with boundary=STRICT refuse bits that have no name
        member = int.__new__(self.kind, number)
        member._name_ = "UNKNOWN"
        member._value_ = number
        return member


class Truth(dict[int, Any]):
    """0 and 1 as bool. Any other number stays what it is: true, and not lost."""

    def __init__(self) -> None:
        super().__init__({0: False, 1: True})

    def __missing__(self, number: int) -> int:
        return number


def is_enumeration(kind: Any) -> bool:
    """Whether a field of this type has named values."""
    return isinstance(kind, type) and issubclass(kind, int) and issubclass(kind, enum.Enum)


def is_number(kind: Any) -> bool:
    """Whether this can be the type of a number: int, bool or an enumeration."""
    return kind in (int, bool) or is_enumeration(kind)


def is_known(value: int, kind: Any) -> bool:
    """Whether the enumeration `kind` names this value; of flags, each bit."""
    if issubclass(kind, enum.Flag):
        return not int(value) & ~sum(int(member) for member in kind)
    return int(value) in kind._value2member_map_


def to_number(value: object, kind: Any) -> int:
    """The plain int of a value meant for a field of type `kind`; refuses what is of another."""
    if isinstance(value, enum.Enum) and is_enumeration(kind) and not isinstance(value, kind):
        raise FieldValueError(f"takes {kind.__name__}, not {type(value).__name__}.{value.name}")
    try:
        return int(operator.index(value))  # type: ignore[arg-type]
    except TypeError:
        wanted = getattr(kind, "__name__", str(kind))
        problem = f"takes {wanted}, not {type(value).__name__} {value!r}"
        raise FieldValueError(problem) from None


def show_number(number: int) -> str:
    """Digits for a person: below ten the base does not matter."""
    return f"{number:#x}" if abs(number) > 9 else str(number)
