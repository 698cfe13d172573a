"""What the class statement of a Record makes: a codec, of a fixed or of a variable size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kobjects.derive import total_size
from kobjects.errors import DefinitionError, inside, unknown_name
from kobjects.recordcodec import RecordCodec
from kobjects.variablerecord import VariableRecordCodec


def arrange(inherited: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The fields of a subclass in order: its own take the place of the tail that it inherits."""
    place = next((k for k, (specifier, _) in inherited.items() if specifier.tail), None)
    if place is None or not own:
        return {**inherited, **own}
    keys = [*inherited]
    after = keys[keys.index(place) + 1 :]
    before = {key: inherited[key] for key in keys[: keys.index(place)]}
    return {**before, **own, **{key: inherited[key] for key in after}}


def define(
    inherited: RecordCodec | None,
    name: str,
    specifiers: Mapping[str, Any],
    adds_fields: bool,
    options: dict[str, Any],
) -> RecordCodec | None:
    """The codec of a Record class, None for an abstract one; `options` as in its statement."""
    size, least = options.get("size"), options.get("least")
    if size is None and least is None and inherited is not None:
        if adds_fields:
            raise DefinitionError(
                "to add fields to a Record that has a size, say size= or least= again"
            )
        if isinstance(inherited, VariableRecordCodec):
            least = inherited.least
        else:
            size = inherited.size
    if size is None and least is None:
        return None
    if size is not None and least is not None:
        raise DefinitionError("size= is for a fixed size and least= for one that varies")
    root = _root(inherited)
    origin = options.get("origin", inherited.origin if inherited else 0)
    byteorder = options.get("byteorder", inherited.byteorder if inherited else "little")
    length = options.get("length", root.length_field if root else None)
    tag = options.get("tag")
    made = dict(specifiers)
    if length:
        _amend(name, made, length, "derive", total_size())
    if tag is not None:
        if root is None or root.by is None:
            raise DefinitionError("tag= is for a subclass of a Record with by=")
        _amend(name, made, root.by, "must", tag)
    codec = _codec(name, made, size, least, origin, byteorder, length, options.get("by"))
    if codec.by is None:
        codec.root = root
    if tag is not None and root is not None:
        root.register(codec.fields[str(root.by)].must, codec)
    return codec


def _codec(
    name: str,
    specifiers: Mapping[str, Any],
    size: int | None,
    least: int | None,
    origin: int,
    byteorder: str,
    length: str | None,
    by: str | None,
) -> RecordCodec:
    if least is None:
        return RecordCodec(name, specifiers, size, origin, byteorder)
    return VariableRecordCodec(name, specifiers, least, origin, byteorder, length, by)


def _root(inherited: RecordCodec | None) -> VariableRecordCodec | None:
    """The Record with `length=` and `by=` among those that a class inherits from."""
    if isinstance(inherited, VariableRecordCodec) and inherited.root is None:
        return inherited
    return inherited.root if inherited else None


def _amend(name: str, specifiers: dict[str, Any], field: str, what: str, value: Any) -> None:
    if field not in specifiers:
        raise unknown_name(name, field, specifiers)
    specifier, kind = specifiers[field]
    if getattr(specifier, what) is None:
        with inside(field):
            specifiers[field] = (replace(specifier, **{what: value}), kind)
