"""The schemas as data that any language can read, and as a document for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kobjects import positions as where
from kobjects.codec import Codec
from kobjects.emit import docs
from kobjects.emit.shapes import element, in_order, is_enumeration, is_flags
from kobjects.field import Field
from kobjects.items import ArrayCodec, NumberCodec, codec_of
from kobjects.recordcodec import RecordCodec
from kobjects.variable import BytesCodec, SequenceCodec
from kobjects.wordcodec import WordCodec

VERSION = 1
"""Of the form of the data."""


def describe(schemas: Iterable[Any]) -> dict[str, Any]:
    """These schemas and all that they need, as JSON can hold them.

    kind     "enumeration", "flags", "word" or "record"
    type     of a field: "bool", "u1" to "u64" and wider (of a Record "u8" to "u64"), `octets(n)`,
             another schema's name, and `[n]` behind it for each array that it is the element of
    values   the enumeration that a number is of
    mask     in the whole Word; the value is the bits there, in the order of `bits`, times `unit`
    offset   in bytes from the Record's start, not from `origin`
    floating the field varies in size or lies behind one that does: offset and size are the least;
             the count of elements or octets is the field that is named, or what is left
    varies   the Record has such fields: its size is the least
    must     the value that the manual demands; bytes in hexadecimal
    """
    return {"schema": VERSION, "schemas": [_schema(each) for each in in_order(schemas)]}


def markdown(schemas: Iterable[Any]) -> str:
    """These schemas and all that they need, a section with a table for each."""
    return docs.joined(_section(each) for each in describe(schemas)["schemas"])


def _schema(schema: Any) -> dict[str, Any]:
    source = getattr(schema, "source", None)
    common = {
        "name": schema.__name__,
        "module": schema.__module__,
        "doc": docs.of_class(schema),
        "source": str(source) if source else "",
    }
    if is_enumeration(schema):
        said = docs.of_members(schema)
        members = [
            {"name": name, "value": int(member), "doc": said.get(name, "")}
            for name, member in schema.__members__.items()
        ]
        kind = "flags" if is_flags(schema) else "enumeration"
        return common | {"kind": kind, "members": members}
    codec = codec_of(schema)
    return common | (_word(codec) if isinstance(codec, WordCodec) else _record(codec))


def _word(codec: WordCodec) -> dict[str, Any]:
    fields = [
        _field(field, field.type)
        | {
            "type": "bool" if field.type is bool else f"u{field.width + field.scale}",
            "bits": where.show_positions(field.positions),
            "mask": field.mask,
            "unit": field.unit,
        }
        for field in codec.fields.values()
    ]
    return {
        "kind": "word",
        "bits": codec.bits,
        "byteorder": codec.byteorder,
        "default": codec.base,
        "fields": fields,
    }


def _record(codec: Any) -> dict[str, Any]:
    fields = [
        _field(field, getattr(element(field.codec), "kind", None))
        | {
            "type": _type(field.codec),
            "byteorder": getattr(element(field.codec), "byteorder", "little"),
            "offset": field.offset,
            "size": field.size,
            "floating": field.floating,
        }
        for field in codec.fields.values()
    ]
    varies = any(field["floating"] for field in fields)
    size = {"size": codec.least, "varies": varies, "origin": codec.origin}
    return {"kind": "record", **size, "fields": fields}


def _field(field: Field, kind: Any) -> dict[str, Any]:
    must = field.must.hex() if isinstance(field.must, bytes) else field.must
    return {
        "name": field.name,
        "doc": field.doc,
        "reserved": field.reserved,
        "must": None if must is None else must if isinstance(must, str) else int(must),
        "values": kind.__name__ if is_enumeration(kind) else "",
    }


def _type(codec: Codec) -> str:
    if isinstance(codec, ArrayCodec | SequenceCodec):
        return f"{_type(codec.element)}[{'' if codec.count is None else codec.count}]"
    if isinstance(codec, BytesCodec):
        return f"octets({codec.count or ''})"
    if isinstance(codec, RecordCodec | WordCodec):
        return codec.name
    return f"u{8 * codec.size}" if isinstance(codec, NumberCodec) else f"octets({codec.size})"


def _section(described: dict[str, Any]) -> Iterator[str]:
    what = {
        "enumeration": "an enumeration",
        "flags": "flags",
        "word": f"{described.get('bits')} bits",
        "record": f"{described.get('size')} bytes{' or more' if described.get('varies') else ''}",
    }[described["kind"]]
    yield f"## {described['name']}"
    yield ""
    yield f"{what[0].upper()}{what[1:]}. {' '.join(described['doc'].split())}".rstrip()
    if described["source"]:
        yield ""
        yield f"Source: {described['source']}"
    yield ""
    yield from _table(described)


def _table(described: dict[str, Any]) -> Iterator[str]:
    if "members" in described:
        yield from _row("value", "name", "meaning")
        yield from _row("---:", "---", "---")
        for member in described["members"]:
            yield from _row(_shown(member["value"]), f"`{member['name']}`", member["doc"])
        return
    is_word = described["kind"] == "word"
    yield from _row("bits" if is_word else "offset", "name", "type", "meaning")
    yield from _row("---:", "---", "---", "---")
    for field in described["fields"]:
        place = field["bits"] if is_word else _shown_place(field, described)
        yield from _row(place, f"`{field['name']}`", _shown_type(field), _meaning(field))


def _shown_place(field: dict[str, Any], described: dict[str, Any]) -> str:
    place = f"{field['offset'] - described['origin']:#x}"
    return f"{place} on" if field["floating"] else place


def _shown_type(field: dict[str, Any]) -> str:
    order = ", most significant byte first" if field.get("byteorder") == "big" else ""
    return f"{field['type']}{' of ' if field['values'] else ''}{field['values']}{order}"


def _meaning(field: dict[str, Any]) -> str:
    must = field["must"]
    notes = [field["doc"], "reserved" if field["reserved"] else ""]
    if must is not None:
        notes.append(f"must be {must if isinstance(must, str) else _shown(must)}")
    if field.get("unit", 1) > 1:
        notes.append(f"a multiple of {field['unit']:#x}")
    return "; ".join(filter(None, notes))


def _row(*cells: str) -> Iterator[str]:
    yield f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in cells)} |"


def _shown(number: int) -> str:
    return str(number) if number < 10 else f"{number:#x}"
