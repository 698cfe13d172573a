"""The schemas for other assemblers: the same names that our own sources use, as constants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kobjects.emit.equates import equates
from kobjects.emit.shapes import in_order

MASK = (1 << 64) - 1


def nasm(schemas: Iterable[Any]) -> str:
    """`Thread.frame equ -0xb0`, for `%include` or the top of a source of NASM."""
    lines = (f"{name} equ {number}" for name, number in constants(schemas).items())
    return _text(";", "nasm", lines)


def gas(schemas: Iterable[Any]) -> str:
    """`.set Thread.frame, -0xb0`, for `.include` in a source of GNU as, in either syntax."""
    lines = (f".set {name}, {number}" for name, number in constants(schemas).items())
    return _text("#", "gas", lines)


def constants(schemas: Iterable[Any]) -> Mapping[str, str]:
    """What `equates` gives for these schemas and all that they need, as numbers of 64 bits.

    The mask of a Word with more bits comes in quadwords, `Gate.offset.0` the least significant.
    """
    found: dict[str, str] = {}
    for name, value in equates(*in_order(schemas)).items():
        if value <= MASK:
            found[name] = f"{value:#x}"
            continue
        count = -(-value.bit_length() // 64)
        for index in range(count):
            found[f"{name}.{index}"] = f"{value >> 64 * index & MASK:#x}"
    return found


def _text(comment: str, language: str, lines: Iterable[str]) -> str:
    lead = f"{comment} Made by `kpack export --lang {language}`: change the schemas, not this file."
    return "\n".join([lead, *lines]) + "\n"
