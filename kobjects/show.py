"""The short text of a value: what is not zero, by name."""

from __future__ import annotations

from enum import Enum
from typing import Any

from kobjects.field import Field, show_number
from kobjects.text import Text

_ROOM = 100
"""Characters of fields that a text has before it ends in an ellipsis."""


def show_word(word: Any) -> str:
    """`SegmentDescriptor(0x00af9b000000ffff: limit=0xfffff, present, long)`."""
    cls = type(word)
    shown = [
        _named(name, value)
        for name, value in word.asdict().items()
        if value and not _is_as_demanded(cls.fields[name], value)
    ]
    number = f"{word + 0:#0{2 * cls.size + 2}x}"
    return f"{cls.__name__}({number}: {_fitting(shown)})" if shown else f"{cls.__name__}({number})"


def show_record(record: Any) -> str:
    """`PartitionEntry(status=0x80, first_lba=0x800)`."""
    fields = zip(type(record).fields, tuple(record), strict=True)
    shown = [_named(name, value) for name, value in fields if _matters(value)]
    return f"{type(record).__name__}({_fitting(shown)})"


def _is_as_demanded(field: Field, value: Any) -> bool:
    """A reserved field that obeys its rule says nothing."""
    return field.reserved and bool(value == field.must)


def _fitting(parts: list[str]) -> str:
    taken: list[str] = []
    room = _ROOM
    for part in parts:
        room -= len(part) + 2
        if room < 0 and taken:
            return ", ".join([*taken, "…"])
        taken.append(part)
    return ", ".join(taken)


def _matters(value: Any) -> bool:
    if isinstance(value, bytes | tuple):
        return any(map(_matters, value))
    return bool(value)


def _named(name: str, value: Any) -> str:
    return name if value is True else f"{name}={_brief(value)}"


def _brief(value: Any) -> str:
    if isinstance(value, Enum):
        number = show_number(int(value.value))
        return f"UNKNOWN({number})" if value.name == "UNKNOWN" else str(value.name or number)
    if type(value) is int:
        return show_number(value)
    if isinstance(value, Text):
        return repr(str(value))
    if isinstance(value, bytes):
        text = value.rstrip(b"\0")
        return repr(text) if len(text) <= 16 else f"{text[:12]!r}… {len(value)} bytes"
    if type(value) is tuple:
        inner = [_brief(element) for element in value[:4]]
        return f"({', '.join(inner if len(value) <= 4 else [*inner[:2], f'… {len(value)}'])})"
    return repr(value)
