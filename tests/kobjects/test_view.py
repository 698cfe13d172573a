"""Views read and write a buffer in place, and check what they are given."""

from __future__ import annotations

import ctypes
import mmap
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kobjects.errors import FieldValueError, KobjectsError, ParseError, UnknownNameError
from tests.kobjects.samples import (
    Descriptor,
    Entry,
    Everything,
    Gate,
    Network,
    Odd,
    Partition,
    Ring,
    Sector,
    Swapped,
)

WORDS: list[Any] = [Descriptor, Entry, Gate, Odd, Swapped, Network]


def test_a_view_is_the_buffer() -> None:
    buffer = bytearray(32)
    view = Entry.view(buffer, 8)
    view.address = 0x5000
    view.present = True
    assert buffer[8:16] == Entry(address=0x5000, present=True, one=0).build()
    buffer[8] = 0
    assert view.present is False
    assert ctypes.addressof(view) == ctypes.addressof(ctypes.c_char.from_buffer(buffer)) + 8


@given(st.sampled_from(WORDS), st.binary(min_size=16, max_size=16), st.data())
def test_setting_a_field_is_replacing_it(word: Any, data: bytes, choice: st.DataObject) -> None:
    buffer = bytearray(data)
    view, before = word.view(buffer), word.parse(data)
    assert int(view) == before
    assert view == before
    assert all(getattr(view, name) == getattr(before, name) for name in word.fields)
    name = choice.draw(st.sampled_from(sorted(word.fields)))
    field = word.fields[name]
    value = choice.draw(st.integers(0, (1 << field.width) - 1)) * field.unit
    setattr(view, name, value)
    assert buffer == before.replace(**{name: value}).build() + data[word.size :]


@given(st.binary(min_size=100, max_size=100))
def test_a_record_view_reads_what_parse_reads(data: bytes) -> None:
    view, value = Everything.view(bytearray(data)), Everything.parse(data)
    for name in ("name", "active", "ring", "odd", "network", "big", "entry", "point", "rest"):
        assert getattr(view, name) == getattr(value, name)
    assert tuple(view.words) == value.words
    assert tuple(view.digests) == value.digests
    assert all(mine == theirs for mine, theirs in zip(view.gates, value.gates, strict=True))
    assert view.partition == value.partition
    assert bytes(view) == data


def test_what_lies_inside_is_written_in_place() -> None:
    buffer = bytearray(Everything().build())
    view = Everything.view(buffer)
    view.name = b"new"
    view.big = 0x1234
    view.words[2] = 7
    view.gates[1].offset = 0x1122334455667788
    view.gates[-2] = Gate(ist=3)
    view.partition.count = 9
    view.partition.ring = Ring.USER
    view.odd = Odd(top=True)
    view.odd.low = 5
    view.point = {"x": 1, "y": 2}
    view.digests[0] = b"abcd"
    made = Everything.parse(buffer)
    assert made.name == b"new\0\0\0\0\0"
    assert (made.big, made.words) == (0x1234, (0, 0, 7))
    assert made.gates == (Gate(ist=3), Gate(offset=0x1122334455667788))
    assert made.partition == Partition(count=9, ring=Ring.USER)
    assert made.odd == Odd(top=True, low=5)
    assert made.point == {"x": 1, "y": 2}
    assert made.digests[0] == b"abcd"


def test_an_array_view() -> None:
    buffer = bytearray(24)
    view = Entry[3].view(buffer)
    view[1].address = 0x1000
    view[2] = Entry(no_execute=True)
    assert [entry.address for entry in view] == [0, 0x1000, 0]
    assert Entry[3].parse(buffer)[2].no_execute
    assert len(view) == 3
    assert bytes(view) == buffer
    assert Sector[2].view(bytearray(1024))[1].partitions[3].count == 0


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda v: setattr(v, "big", 1 << 16), FieldValueError, "^big: 0x10000 is out of range"),
        (lambda v: setattr(v, "entry", -1), FieldValueError, "^entry: -1 is out of range"),
        (lambda v: setattr(v.entry, "address", 1), FieldValueError, "^address: 1 .* steps"),
        (lambda v: v.words.__setitem__(1, -1), FieldValueError, r"^\[1\]: -1"),
        (lambda v: setattr(v, "bgi", 1), UnknownNameError, "no field 'bgi'; did you mean 'big'"),
        (lambda v: setattr(v.entry, "prsent", 1), UnknownNameError, "did you mean 'present'"),
        (lambda v: v.bgi, UnknownNameError, "no field 'bgi'; did you mean 'big'"),
        (lambda v: v.words[3], IndexError, "invalid index"),
        (lambda v: v.words.__setitem__(3, 0), IndexError, "out of range"),
    ],
)
def test_a_view_refuses_what_a_constructor_refuses(use: Any, error: Any, message: str) -> None:
    buffer = bytearray(range(100))
    with pytest.raises(error, match=message):
        use(Everything.view(buffer))
    assert buffer == bytes(range(100))


def test_a_view_needs_a_buffer_that_can_change_and_is_long_enough() -> None:
    with pytest.raises(KobjectsError, match=r"read-only; use a bytearray.*ACCESS_COPY"):
        Entry.view(bytes(8))
    with pytest.raises(ParseError, match="expected 8 bytes, found 4"):
        Entry.view(bytearray(12), 8)
    with pytest.raises(ParseError, match=r"partitions\[0\]\.first"):
        Sector.view(bytearray(0x1C0))


def test_a_view_over_a_mapping() -> None:
    mapping = mmap.mmap(-1, 4096)
    view = Entry.view(mapping, 16)
    view.present = True
    assert mapping[16] == 1
    del view
    mapping.close()


def test_a_view_shows_what_it_holds() -> None:
    assert repr(Partition.view(bytearray(Partition(count=1).build()))) == (
        "<view of Partition(count=1)>"
    )
    assert repr(Entry[3].view(bytearray(24))) == "<view of Entry[3]>"
