"""Schemas as data: a table of types, each once, that refer to each other by their number.

What a schema says of its bytes is in the table: names, offsets, bits, members, meanings, manuals.
So a map can be read without the packages that declared them, and by programs in other languages.
"""

from __future__ import annotations

import enum
from typing import Any

from construct import Array, Bytes, FormatField, Renamed, Struct

from kobjects.codec import Codec
from kobjects.cpu.paging_choice import LARGE, ChoiceCodec
from kobjects.field import is_enumeration
from kobjects.items import ArrayCodec, ConstructCodec, NumberCodec, OctetsCodec, codec_of
from kobjects.positions import show_positions
from kobjects.recordcodec import RecordCodec
from kobjects.wordcodec import WordCodec

Node = dict[str, Any]


class Types:
    """The table in the making: `add` gives the number of a schema's type."""

    def __init__(self) -> None:
        self.table: list[Node] = []
        self._numbers: dict[Any, int] = {}
        self._kept: list[Any] = []

    def add(self, schema: Any) -> int:
        """The number of a schema: a Record or Word class, an array, a Construct of fixed size."""
        return self._codec(codec_of(schema))

    def _codec(self, codec: Codec) -> int:
        """One number for each class, whatever codec a field has for it."""
        key: Any = id(codec)
        if isinstance(codec, NumberCodec):
            key = ("number", codec.size, codec.kind, codec.byteorder)
        elif isinstance(codec, OctetsCodec):
            key = ("bytes", codec.size, codec.schema)
        elif isinstance(codec, ArrayCodec):
            key = ("array", codec.count, self._codec(codec.element))
        return self._once(key, codec, lambda: self._describe(codec))

    def _once(self, key: Any, source: Any, describe: Any) -> int:
        if key not in self._numbers:
            self._kept.append(source)  # an id is one's own only as long as the object lives
            node = describe()  # what it refers to comes first
            self._numbers[key] = len(self.table)
            self.table.append(node)
        return self._numbers[key]

    def _describe(self, codec: Codec) -> Node:
        if isinstance(codec, WordCodec):
            return self._word(codec)
        if isinstance(codec, RecordCodec):
            fields = [
                [part.step, part.offset, self._codec(part.codec), part.field.doc]
                for part in codec.parts()
                if part.field
            ]
            return {"is": "record", **_named(codec), "fields": fields}
        if isinstance(codec, ArrayCodec):
            element = self._codec(codec.element)
            return {"is": "array", "size": codec.size, "count": codec.count, "of": element}
        if isinstance(codec, NumberCodec):
            return self._number(codec.size, codec.byteorder, codec.kind)
        if isinstance(codec, OctetsCodec):
            text = {} if codec.schema is bytes else {"name": _name(codec.schema)}
            return {"is": "bytes", "size": codec.size, **text}
        if isinstance(codec, ChoiceCodec):
            of = [self._codec(codec.table), self._codec(codec.page)]
            return {"is": "choice", "size": codec.size, "mask": LARGE, "of": of}
        return self._construct(codec)

    def _word(self, codec: WordCodec) -> Node:
        fields = []
        for field in codec.fields.values():
            row: Node = {"name": field.name, "bits": show_positions(field.positions)}
            row |= {"doc": field.doc} if field.doc else {}
            row |= self._kind(field.type)
            row |= {"unit": field.unit} if field.unit > 1 else {}
            row |= {"reserved": True} if field.reserved else {}
            row |= {"must": int(field.must)} if field.must is not None else {}
            fields.append(row)
        order = {} if codec.byteorder == "little" else {"order": codec.byteorder}
        return {"is": "word", **_named(codec), **order, "fields": fields}

    def _number(self, size: int, order: str, kind: Any) -> Node:
        big = {"order": "big"} if order == "big" else {}
        return {"is": "number", "size": size, **big, **self._kind(kind)}

    def _kind(self, kind: Any) -> Node:
        if kind is bool:
            return {"bool": True}
        return {"enum": self._enumeration(kind)} if is_enumeration(kind) else {}

    def _enumeration(self, kind: Any) -> int:
        members = {name: int(member) for name, member in kind.__members__.items()}
        flags = {"flags": True} if issubclass(kind, enum.Flag) else {}
        node = {"is": "enum", "name": _name(kind), **flags, "members": members}
        return self._once(kind, kind, lambda: node)

    def _construct(self, codec: Codec) -> Node:
        """A plain Construct: those that are numbers, bytes, arrays and structs; else only bytes."""
        schema = codec.schema
        while isinstance(schema, Renamed):
            schema = schema.subcon
        if isinstance(schema, FormatField) and schema.fmtstr[-1] in "BHILQ":
            order = "big" if schema.fmtstr[0] == ">" else "little"
            return self._number(codec.size, order, int)
        if isinstance(codec, ConstructCodec) and isinstance(schema, Struct):
            fields = [[p.step, p.offset, self._codec(p.codec), ""] for p in codec.parts()]
            return {"is": "record", "size": codec.size, "fields": fields}
        if isinstance(schema, Array):
            element = codec_of(schema.subcon)
            of = self._codec(element)
            count = codec.size // element.size
            return {"is": "array", "size": codec.size, "count": count, "of": of}
        what = {} if isinstance(schema, Bytes) else {"name": repr(schema)}
        return {"is": "bytes", "size": codec.size, **what}


def _named(codec: Any) -> Node:
    source = codec.schema.source
    manual = {"source": str(source)} if source else {}
    return {"name": _name(codec.schema), "size": codec.size, **manual}


def _name(cls: type) -> str:
    """What importing its module and looking up the rest gives."""
    return f"{cls.__module__}.{cls.__qualname__}"
