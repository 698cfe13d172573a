"""Derived fields: computed, kept, followed and overridden."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import pytest

from kobjects.derive import count_of, crc32, sum_zero
from kobjects.errors import DefinitionError, FieldValueError, UnknownNameError
from kobjects.record import Record, octets, u8, u16, u32
from kobjects.schema import Schema
from tests.kobjects.varying import Colour, Drawing, Envelope, Item, Note, Point, Route, Sealed

SEALED = Sealed(value=0x01020304)


def define(fields: dict[str, tuple[Any, Any]], **options: Any) -> Any:
    body = {name: specifier for name, (_, specifier) in fields.items()}
    annotations = {name: kind for name, (kind, _) in fields.items()}
    return Schema("X", (Record,), {**body, "__annotations__": annotations}, **options)


def test_what_is_not_given_is_computed() -> None:
    """CRC-32 by zlib; the sum by hand: 4 + 3 + 2 + 1 and the 10 that makes 256."""
    data = SEALED.build()
    assert data[:8] == struct.pack("<IBBH", 0x01020304, 256 - 10, 5, 3)
    assert SEALED.crc == zlib.crc32(data[:8] + bytes(4))
    assert SEALED.check() == []
    assert SEALED.stale() == {}


def test_parsing_keeps_what_was_read() -> None:
    wrong = Sealed.parse(bytes(12))
    assert (wrong.crc, wrong.units, wrong.first) == (0, 0, 0)
    assert wrong.build() == bytes(12)
    assert wrong.stale() == {"units": 3, "crc": zlib.crc32(bytes(12))}
    assert [str(finding) for finding in wrong.check()] == [
        "units: 0x0, but the size is 3",
        f"crc: 0x0, but the CRC-32 of the structure is {zlib.crc32(bytes(12)):#x}",
    ]


def test_a_change_takes_those_along_that_were_right() -> None:
    changed = SEALED.replace(value=7)
    assert changed == Sealed(value=7)
    assert changed.stale() == {}


def test_a_change_leaves_those_alone_that_were_wrong() -> None:
    broken = SEALED.replace(crc=1)
    assert broken.crc == 1
    changed = broken.replace(value=7)
    assert (changed.crc, changed.first) == (1, 256 - 7)
    assert set(changed.stale()) == {"crc"}


def test_a_named_field_takes_what_it_is_given_and_others_follow() -> None:
    value = Sealed(value=1, units=9)
    assert value.units == 9
    assert value.crc == zlib.crc32(struct.pack("<IBBHI", 1, 255, 5, 9, 0))
    assert set(value.stale()) == {"units"}


def test_a_change_inside_reaches_the_sums_inside() -> None:
    envelope = Envelope(sealed=SEALED)
    changed = envelope.edit({"sealed.value": 7, "end": 3})
    assert changed.sealed == Sealed(value=7)
    assert changed.edit({"sealed.crc": 5}).stale() == {"sealed.crc": changed.sealed.crc}


def test_a_default_inside_is_computed_too() -> None:
    assert Envelope().sealed == Sealed()
    assert Envelope().stale() == {}
    assert Envelope.build({"sealed": {"value": 7}})[:12] == Sealed(value=7).build()


def test_counts_follow_what_they_count() -> None:
    route = Route(points=(Point(x=1), Point(x=2)), name=b"way")  # type: ignore[arg-type]
    assert (route.count, route.name_size) == (2, 3)
    assert route.replace(points=()).count == 0
    assert route.edit({"points[1].y": 9}).count == 2
    lying = route.replace(count=1)
    assert lying.stale() == {"count": 2}
    assert lying.replace(points=()).count == 1


def test_a_length_and_a_sum_follow_the_table() -> None:
    drawing = Drawing(items=(Colour(red=1), Item(kind=9, payload=b"ab")))  # type: ignore[arg-type]
    data = drawing.build()
    assert drawing.size == drawing.size_again == len(data) == 8 + 5 + 4
    numbers = struct.unpack("<9H", data + b"\0")
    assert sum(numbers) & 0xFFFF == 0
    assert Colour().length == 5
    shorter = drawing.replace(items=())
    assert shorter.build() == Drawing().build()
    assert Drawing.parse(data) == drawing


def test_paddings_follow_what_they_fill() -> None:
    note = Note(owner=b"GNU\0", text=b"12345", kind=3)
    assert (note.owner_padding, note.text_padding) == (b"", bytes(3))
    assert note.replace(owner=b"x").owner_padding == bytes(3)
    odd = Note.parse(note.build()[:-1] + b"!")
    assert odd.replace(kind=4).text_padding == b"\0\0!"
    assert [str(finding) for finding in odd.check()] == [
        "text_padding: b'\\x00\\x00!', but padding must be 0"
    ]


def test_a_count_that_does_not_fit_is_refused_with_its_name() -> None:
    with pytest.raises(FieldValueError, match=r"^name_size: 0x100 is out of range 0\.\.0xff"):
        Route(name=bytes(256))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"a": (int, u8(derive=count_of("b")))}, "X.a: X has no field 'b'"),
        ({"a": (int, u8(derive=sum_zero("b")))}, "X.a: X has no field 'b'"),
    ],
)
def test_a_derivation_from_nothing_is_refused(fields: Any, message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        define(fields, size=1)


def test_a_checksum_behind_what_varies_is_refused() -> None:
    fields = {
        "n": (int, u16()),
        "a": (bytes, octets("n")),
        "sum": (int, u32(derive=crc32())),
    }
    with pytest.raises(DefinitionError, match=r"X.sum: a checksum lies before every field"):
        define(fields, least=6)
