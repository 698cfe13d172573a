"""The fields of what `kobjects.identify` found, one by one, for people and as plain data."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from kobjects.errors import join
from kobjects.formats.node import Node
from kobjects.text import Text

LONGEST = 64
"""Bytes of a field, or elements of an array, that are shown."""


class Row(NamedTuple):
    """One field.

    path    from the structure's start
    offset  in the blob, in bytes; None for bits of a Word
    size    in bytes
    value   an int, a bool, a text, bytes, or a member of an enumeration
    doc     what the manual says of it, in short
    """

    path: str
    offset: int | None
    size: int
    value: Any
    doc: str


def rows(node: Node) -> Iterator[Row]:
    """Every field of a node's structure, in the order of its bytes; of Words, also their bits."""
    if node.value is None:
        return
    for path, offset, size, value, doc in leaves_of(node.value):
        place = next(node.area.pieces(offset, 1), (node.offset, 0))[0]
        yield Row(path, place, size, value, doc)
        yield from _bits(value, path)


def leaves_of(value: Any) -> Iterator[tuple[str, int, int, Any, str]]:
    """(path, offset, size, value, doc) of every leaf of a Record's value, in the order of its
    bytes. Words are leaves. Arrays are cut after `LONGEST` elements.
    """
    return _walk(type(value)._codec, value, "", 0, "")


def shown(value: Any) -> str:
    """A value for a person: numbers in hexadecimal beyond 9, members by name, texts in quotes."""
    if isinstance(value, enum.Enum):
        return f"{value.name} ({int(value.value):#x})"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value + 0:#x}" if value > 9 else f"{value + 0}"
    if isinstance(value, Text):
        return str(value)
    if isinstance(value, bytes):
        return _octets(value)
    return str(value)


def plain(value: Any) -> Any:
    """A value for JSON: bytes are hexadecimal, members and Words numbers, texts texts."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Text):
        return str(value)
    return value.hex() if isinstance(value, bytes) else str(value)


def tree(node: Node) -> dict[str, Any]:
    """A node and all below it as plain data: offsets and sizes in bytes."""
    return {
        "name": node.name,
        "kind": node.kind,
        "label": node.label,
        "offset": node.offset,
        "size": node.size,
        "fields": [
            {"path": row.path, "offset": row.offset, "size": row.size, "value": plain(row.value)}
            | ({"name": row.value.name} if isinstance(row.value, enum.Enum) else {})
            for row in rows(node)
        ],
        "findings": [{"path": finding.path, "text": str(finding)} for finding in node.findings],
        "children": [tree(child) for child in node.children],
    }


def _walk(
    codec: Any, value: Any, path: str, offset: int, doc: str
) -> Iterator[tuple[str, int, int, Any, str]]:
    inside = False
    for count, (part, inner) in enumerate(codec.spread(value)):
        inside = True
        if count == LONGEST and part.step.startswith("["):
            break
        text = part.field.doc if part.field else doc
        yield from _walk(part.codec, inner, join(path, part.step), offset + part.offset, text)
    if not inside and (size := codec.length(value)):
        yield path, offset, size, value, doc


def _bits(value: Any, path: str) -> Iterator[Row]:
    """The fields of a Word that are not zero."""
    if not isinstance(value, int) or not hasattr(value, "asdict"):
        return
    for name, bits in value.asdict().items():
        if bits:
            field = cast(Any, type(value)).fields[name]
            yield Row(join(path, name), None, 0, bits, field.doc)


def _octets(value: bytes) -> str:
    if not any(value):
        return f"{len(value)} zeros"
    text = value[:LONGEST].hex(" ", 4)
    return f"{text} … {len(value)} bytes" if len(value) > LONGEST else text
