"""Bytes that have a text: beside Python's codecs and uuid."""

from __future__ import annotations

import pickle
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kobjects.errors import FieldValueError
from kobjects.record import Record, octets
from kobjects.text import Ascii, Guid, Spaced, Utf16, Utf16Big
from tests.kobjects.samples import untyped


class Labels(Record, size=64):
    """Every kind of text."""

    ascii: Ascii = octets(8, default="KPACK")
    spaced: Spaced = octets(8)
    guid: Guid = octets(16)
    wide: Utf16 = octets(16)
    big: Utf16Big = octets(16)


def test_a_text_fills_its_field_and_comes_back() -> None:
    labels = Labels(
        spaced=Spaced("EFI"), wide=Utf16("Grüße"), big=Utf16Big("CD"),
        guid=Guid("c12a7328-f81f-11d2-ba4b-00a0c93ec93b"),
    )  # fmt: skip
    assert labels.ascii == b"KPACK\0\0\0"
    assert labels.spaced == b"EFI     "
    assert labels.wide == "Grüße".encode("utf-16-le").ljust(16, b"\0")
    assert labels.big == "CD".encode("utf-16-be").ljust(16, b"\0")
    again = Labels.parse(labels.build())
    assert again == labels
    assert [str(value) for value in untyped(again)] == [
        "KPACK",
        "EFI",
        "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
        "Grüße",
        "CD",
    ]
    assert repr(labels.spaced) == "Spaced('EFI')"
    assert repr(labels).startswith("Labels(ascii='KPACK', spaced='EFI', guid='c12a7328-")
    assert type(labels.spaced) is Spaced
    assert pickle.loads(pickle.dumps(labels)) == labels


@given(st.binary(min_size=64, max_size=64))
def test_no_byte_is_lost_and_every_text_can_be_shown(data: bytes) -> None:
    labels = Labels.parse(data)
    assert labels.build() == data
    assert all(isinstance(str(value), str) for value in untyped(labels))


@given(st.uuids())
def test_a_guid_is_what_uuid_calls_little_endian(value: uuid.UUID) -> None:
    assert Guid(str(value)) == value.bytes_le
    assert str(Guid(value.bytes_le)) == str(value)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("ascii", "Grüße", "ascii: 'Grüße' can't be written in ascii"),
        ("ascii", "KPACKKPACK", "ascii: 10 bytes do not fit into 8"),
        ("guid", "c12a7328", "guid: 'c12a7328' is no GUID such as 01234567-89ab-"),
        ("ascii", 3, "ascii: takes bytes, not int 3"),
    ],
)
def test_what_does_not_fit_is_refused(field: str, value: object, message: str) -> None:
    with pytest.raises(FieldValueError, match=message):
        untyped(Labels)(**{field: value})
