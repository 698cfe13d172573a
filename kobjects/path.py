"""Paths into a value or a schema, such as `partitions[2].first_lba`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kobjects.codec import Codec
from kobjects.errors import KobjectsError, SizeError, UnknownNameError, join, unknown_name

_STEP = re.compile(r"([A-Za-z_]\w*)|\[(\d+)\]")


def split(path: str) -> list[str]:
    """The steps of a path, outermost first: names, and indices with their brackets."""
    found: list[str] = []
    at = 0
    while at < len(path):
        if found and path[at] == ".":
            at += 1
        elif found and path[at] != "[":
            break
        match = _STEP.match(path, at)
        if not match:
            break
        found.append(match[0])
        at = match.end()
    if at < len(path) or not found:
        raise UnknownNameError(f"{path!r} is not a path such as partitions[2].first_lba")
    return found


def offset_of(codec: Codec, path: str) -> int:
    """In bytes from the start of what the codec reads."""
    offset = 0
    for step in split(path):
        parts = {part.step: part for part in codec.parts()}
        if step not in parts:
            if step in getattr(codec, "fields", ()):
                raise SizeError(f"where {step} lies depends on the value: locate(value, {step!r})")
            raise unknown_name(getattr(codec.schema, "__name__", "an array"), step, parts)
        offset += parts[step].offset
        codec = parts[step].codec
    return offset


def locate(value: Any, path: str) -> tuple[int, int]:
    """Offset and size, in bytes, of what a path leads to in a Record."""
    codec, offset = type(value)._codec, 0
    for step in split(path):
        found = {part.step: (part, inner) for part, inner in codec.spread(value)}
        if step not in found:
            raise unknown_name(type(value).__name__, step, found)
        part, value = found[step]
        offset += part.offset
        codec = part.codec
    return offset, codec.length(value)


def value_at(value: Any, path: str) -> Any:
    """What a path leads to in a Record, a Word, an array's tuple, or a Container."""
    for step in split(path):
        value = _at(value, step)
    return value


def edit(value: Any, changes: Mapping[str, Any]) -> Any:
    """A Record, Word or tuple with what the paths lead to changed: all of it, or an error."""
    grouped: dict[str, dict[str, Any]] = {}
    for path, new in changes.items():
        first, *rest = split(path)
        inner = ""
        for step in rest:
            inner = join(inner, step)
        grouped.setdefault(first, {})[inner] = new
    made = {step: _edited(value, step, inner) for step, inner in grouped.items()}
    if isinstance(value, Mapping):
        return type(value)({**value, **made})  # type: ignore[call-arg]
    if _is_sequence(value):
        return tuple(made.get(f"[{index}]", element) for index, element in enumerate(value))
    return value.replace(**made)


def _edited(value: Any, step: str, changes: dict[str, Any]) -> Any:
    inner = _at(value, step)
    if "" in changes:
        return changes[""]
    try:
        return edit(inner, changes)
    except KobjectsError as error:
        error.inside(step)
        raise


def _at(value: Any, step: str) -> Any:
    """What one step leads to, in a Record, a Word, an array's tuple, or a Container."""
    if _is_sequence(value):
        if not step.startswith("[") or int(step[1:-1]) >= len(value):
            raise UnknownNameError(f"no {step} in {len(value)} elements")
        return value[int(step[1:-1])]
    known = value if isinstance(value, Mapping) else getattr(type(value), "fields", ())
    if step not in known:
        raise unknown_name(type(value).__name__, step, known)
    return value[step] if isinstance(value, Mapping) else getattr(value, step)


def _is_sequence(value: Any) -> bool:
    """An array's value; a Record is a tuple too, but its items have names."""
    return isinstance(value, tuple | list) and not hasattr(value, "replace")
