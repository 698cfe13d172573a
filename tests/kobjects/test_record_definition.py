"""What the class statement of a Record may say, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from construct import Bytes, Const, Struct, VarInt

from kobjects.errors import DefinitionError, UnknownNameError
from kobjects.record import (
    Record,
    array,
    construct_field,
    nested,
    octets,
    reserved_bytes,
    u8,
    u16,
    u32,
    u64,
)
from kobjects.schema import Schema
from kobjects.word import bits
from tests.kobjects.samples import Odd, untyped


def define(fields: dict[str, tuple[Any, Any]], **options: Any) -> Any:
    """The class statement `class X(Record, **options)` with these fields."""
    body = {name: specifier for name, (_, specifier) in fields.items()}
    annotations = {name: kind for name, (kind, _) in fields.items()}
    return Schema("X", (Record,), {**body, "__annotations__": annotations}, **options)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"a": (int, u8()), "b": (int, u16())}, "X: size=4, but the fields take 3 bytes"),
        ({"a": (int, u8()), "b": (int, u16(at=2))}, "X.b: at=0x2, but .* end at 0x1"),
        ({"a": (Odd, u32())}, "X.a: Odd takes 3 bytes, not 4"),
        ({"a": (bytes, u32())}, r"X.a: u32\(\) is an int, a bool, an enumeration or a Word"),
        ({"a": (int, u32(must=1 << 32))}, "X.a: 0x100000000 is out of range"),
        ({"a": (int, nested())}, "X.a: <class 'int'> is not a schema"),
        ({"a": (Record, nested())}, "X.a: Record is abstract"),
        ({"a": (tuple, array("u24", 1))}, "X.a: 'u24' is none of u8, u16, u32, u64"),
        ({"a": (tuple, array(Bytes(0), 4))}, "X.a: no array has 4 elements of 0 bytes"),
        ({"a": (int, construct_field(VarInt))}, "X.a: .* has no fixed size"),
        ({"a": (int, bits("7:0"))}, r"X.a: a Record's fields are u8\(\), octets\(\)"),
        ({"replace": (int, u32())}, "X.replace: the field would hide the method replace"),
        ({"a": (int, None)}, "X.a: a field needs to say where it lies"),
    ],
)
def test_a_class_that_cannot_be_right_is_refused(fields: Any, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        define(fields, size=4)


def test_a_misspelt_class_argument_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"X: the class has no argument 'sise'.*'size'"):
        define({"a": (int, u8())}, sise=1)


def test_an_abstract_record_hands_down_its_fields() -> None:
    class Header(Record):
        kind: int = u8()
        length: int = u8()

    class Cpu(Header, size=4):
        number: int = u16(at=2)

    assert list(Cpu.fields) == ["kind", "length", "number"]
    assert Cpu(kind=1, length=4, number=7).build() == b"\x01\x04\x07\x00"
    with pytest.raises(DefinitionError, match="Header is abstract"):
        Header()


def test_big_endian_records() -> None:
    class Big(Record, size=8, byteorder="big"):
        a: int = u16()
        b: int = u32()
        c: int = u16(byteorder="little")

    assert Big(a=1, b=2, c=3).build() == bytes([0, 1, 0, 0, 0, 2, 3, 0])
    assert Big.parse(bytes(range(8))).b == 0x02030405


def test_a_construct_that_has_no_zero_value_needs_a_default() -> None:
    signature = Const(b"AB")
    with pytest.raises(DefinitionError, match=r"X\.a: .*b'AB'"):
        define({"a": (bytes, construct_field(signature))}, size=2)
    made = define({"a": (bytes, construct_field(signature, default=b"AB"))}, size=2)
    assert made().build() == b"AB"


def test_every_specifier_has_its_size() -> None:
    specifiers = {u8: 1, u16: 2, u32: 4, u64: 8}
    for specifier, size in specifiers.items():
        assert define({"a": (int, specifier())}, size=size)(a=1).build() == b"\x01".ljust(
            size, b"\0"
        )
    assert define({"a": (bytes, octets(5)), "b": (bytes, reserved_bytes(2))}, size=7).size == 7


def test_names_of_tuple_and_construct_can_be_fields() -> None:
    class Busy(Record, size=10):
        name: int = u8()
        size: int = u8()
        offset: int = u8()
        count: int = u8()
        index: int = u8()
        fields: int = u8()  # type: ignore[assignment]  # shadowing is what is tried
        source: int = u8()
        length: int = u8()
        columns: int = u8()
        view: int = u8()

    value = Busy.parse(bytes(range(10)))
    assert [getattr(value, name) for name in untyped(Busy).fields] == list(range(10))
    assert Busy.size == 10
    assert Busy.offset("count") == 3
    assert Busy.view(bytearray(10)).index == 0
    assert Struct("busy" / Busy).parse(bytes(10)).busy == Busy()
