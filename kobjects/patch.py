"""Changing fields of a blob by their paths, and what follows from them.

    buffer = bytearray(open("disk.img", "rb").read())
    patch(buffer, {"gpt.partitions[0].first_lba": 4096})

Derived fields of the structure follow as they do in `Record.edit`. So do checksums over other bytes
(of a GPT's entries, of a PE image) and copies (the backup GPT, the backup boot sector of FAT32):
those that were right before are right afterwards, those that were wrong are left alone, and one
that is named takes what it is given.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kobjects.describe import leaves_of, shown
from kobjects.errors import FieldValueError, KobjectsError, UnknownNameError, join
from kobjects.formats.area import Area
from kobjects.formats.node import Follow, Node
from kobjects.identify import LIMIT, find, identify
from kobjects.path import value_at
from kobjects.text import Text

TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
"""What may be said for a bool."""


@dataclass(frozen=True)
class Change:
    """A field that was changed: from `old` to `new`, in bytes from `before` to `after`.

    reason  "" for what was asked, else why it was changed too
    """

    path: str
    offset: int
    before: bytes
    after: bytes
    old: Any
    new: Any
    reason: str = ""

    def __str__(self) -> str:
        why = f" ({self.reason})" if self.reason else ""
        return f"{self.path}: {shown(self.old)} -> {shown(self.new)}{why}"


@dataclass(frozen=True)
class Patch:
    """What was done: the fields that changed, and what was written where, in order."""

    changes: list[Change]
    spans: list[tuple[int, bytes]]


def patch(blob: Any, changes: Mapping[str, Any], *, limit: int = LIMIT) -> Patch:
    """Change what the paths lead to in a writable buffer, which keeps its size; what was done.

    A path leads to a field of a structure that `identify` finds. A value may be a text, read as the
    field's type. KobjectsError, before anything is changed, for a path that leads nowhere, a value
    that does not fit, or a structure that would have another size.
    """
    view = memoryview(blob).cast("B")
    if view.readonly:
        raise KobjectsError("the buffer is read-only; use a bytearray or a mapping ACCESS_COPY")
    tree = identify(view, limit=limit)
    paths = {id(node): path for path, node in tree.walk()}
    named: dict[int, tuple[Node, dict[str, Any]]] = {}
    for path, value in changes.items():
        node, rest = find(tree, path)
        if not rest:
            raise UnknownNameError(f"{path} is a whole structure; name one of its fields")
        named.setdefault(id(node), (node, {}))[1][rest] = value
    ready = [
        (node, edited(node, fields, paths[id(node)]), fields) for node, fields in named.values()
    ]
    following = list(_following(tree, view))
    copies = list(_copies(tree))
    done = Patch([], [])
    for node, data, _ in ready:
        _write(view, done, node, node.area, data, paths[id(node)])
    for node, mirror in copies:
        data = Area(view, node.area.extents).read(0, node.size)
        _write(view, done, node, mirror, data, paths[id(node)], "the copy")
    for node, follow in following:
        if follow.path not in named.get(id(node), (node, {}))[1]:
            _follow(view, done, node, follow, paths[id(node)])
    return done


def edited(node: Node, fields: Mapping[str, Any], path: str) -> bytes:
    """The bytes of a node's structure with some fields changed."""
    try:
        wanted = {
            name: from_text(value, value_at(node.value, name)) if isinstance(value, str) else value
            for name, value in fields.items()
        }
        data = bytes(node.value.edit(wanted).build())
    except KobjectsError as error:
        error.inside(path)
        raise
    if len(data) != node.size:
        raise FieldValueError(
            f"would have {len(data)} bytes instead of {node.size}, and what follows would have to "
            "move",
            path=path,
        )
    return data


def from_text(text: str, like: Any) -> Any:
    """The value that a person means for a field that now holds `like`: a number in any base, true
    or false, a member's name, a text, or hexadecimal bytes.
    """
    if isinstance(like, enum.Enum):
        member = type(like).__members__.get(text.upper())
        return _number(text, type(like).__members__) if member is None else member
    if isinstance(like, bool):
        if text.lower() not in TRUTH:
            raise FieldValueError(f"{text!r} is none of {', '.join(TRUTH)}")
        return TRUTH[text.lower()]
    if isinstance(like, int):
        return _number(text, ())
    if isinstance(like, Text):
        return type(like)(text)
    if isinstance(like, bytes):
        try:
            return bytes.fromhex(text)
        except ValueError:
            raise FieldValueError(f"{text!r} is no hexadecimal number of bytes") from None
    raise FieldValueError("is no single value; name one of its parts")


def _number(text: str, names: Any) -> int:
    try:
        return int(text, 0)
    except ValueError:
        known = f", nor one of {', '.join(names)}" if names else ""
        raise FieldValueError(f"{text!r} is no number{known}") from None


def _following(tree: Node, view: memoryview) -> Iterator[tuple[Node, Follow]]:
    """The fields that follow from bytes elsewhere and are right."""
    for _, node in tree.walk():
        for follow in node.follows:
            if value_at(node.value, follow.path) == follow.compute(view):
                yield node, follow


def _copies(tree: Node) -> Iterator[tuple[Node, Area]]:
    """The copies that are equal to what they are of."""
    for _, node in tree.walk():
        for mirror in node.mirrors:
            if mirror.read(0, mirror.size) == node.area.read(0, node.size):
                yield node, mirror


def _follow(view: memoryview, done: Patch, node: Node, follow: Follow, path: str) -> None:
    """Make one field right again."""
    area = Area(view, node.area.extents)
    value = type(node.value).parse(area.read(0, area.size))
    right = follow.compute(view)
    if value_at(value, follow.path) != right:
        data = value.edit({follow.path: right}).build()
        _write(view, done, node, area, data, path, "follows")


def _write(
    view: memoryview,
    done: Patch,
    node: Node,
    area: Area,
    data: bytes,
    path: str,
    reason: str = "",
) -> None:
    """Write the bytes of a node's structure to an area, and tell of each field that differs."""
    schema, before = type(node.value), area.read(0, area.size)
    if data == before:
        return
    old, new = leaves_of(schema.parse(before)), leaves_of(schema.parse(data))
    for was, now in zip(old, new, strict=False):
        step, offset, size = now[:3]
        pair = before[offset : offset + size], data[offset : offset + size]
        if pair[0] != pair[1]:
            place = next(area.pieces(offset, 1))[0]
            change = Change(join(path, step), place, *pair, was[3], now[3], reason)
            done.changes.append(change)
    at = 0
    for place, count in area.pieces(0, area.size):
        view[place : place + count] = data[at : at + count]
        done.spans.append((place, data[at : at + count]))
        at += count
