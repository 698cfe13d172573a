"""What the class statement of a Word may say, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from construct import Struct

from kobjects.errors import DefinitionError, UnknownNameError
from kobjects.record import u8
from kobjects.schema import Schema
from kobjects.word import Word, bit, bits, reserved
from tests.kobjects.samples import Odd


def define(fields: dict[str, tuple[Any, Any]], **options: Any) -> Any:
    """The class statement `class X(Word, **options)` with these fields."""
    body = {name: specifier for name, (_, specifier) in fields.items()}
    annotations = {name: kind for name, (kind, _) in fields.items()}
    return Schema("X", (Word,), {**body, "__annotations__": annotations}, **options)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"a": (int, bits("4:0")), "b": (int, bits("7:4"))}, "'a' and 'b' both have bit 4"),
        ({"a": (int, bits("2:0")), "b": (int, bits("6:4"))}, "bit 7,3 is in no field"),
        ({"a": (int, bits("8:0"))}, "'a' has bit 8 of 8 bits"),
        ({"a": (int, bits("7:4,4:0"))}, "X.a: '7:4,4:0' names a bit twice"),
        ({"a": (int, bits("0:7"))}, "X.a: '0:7': the high bit comes first"),
        ({"a": (int, bits("7-0"))}, "X.a: '7-0' is not a bit position"),
        ({"a": (bool, bits("7:0"))}, "X.a: a bool has one bit, not 8"),
        ({"a": (str, bits("7:0"))}, "X.a: bits are an int, a bool or an enumeration"),
        ({"a": (int, bits("7:0", unit=3))}, "X.a: unit=3 is not a power of two"),
        ({"a": (int, bits("7:0", default=256))}, "X.a: 0x100 is out of range 0..0xff"),
        ({"a": (int, bits("7:0", must=-1))}, "X.a: -1 is out of range"),
        ({"a": (int, 3)}, "X.a: a field needs to say where it lies"),
        ({"_a": (int, bits("7:0"))}, "X._a: a field's name can't begin with an underscore"),
        ({"build": (int, bits("7:0"))}, "X.build: the field would hide the method build"),
        ({"a": ("Nowhere", bits("7:0"))}, "X.a: annotation 'Nowhere'"),
    ],
)
def test_a_class_that_cannot_be_right_is_refused(fields: Any, message: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        define(fields, bits=8)
    assert message in str(refused.value)


def test_all_that_is_wrong_with_the_bits_is_told_at_once() -> None:
    fields = {"a": (int, bits("4:0")), "b": (int, bits("9:4"))}
    with pytest.raises(DefinitionError, match=r"'b' has bit 9:8 .*; 'a' and 'b' both have bit 4"):
        define(fields, bits=8)


def test_a_field_without_a_type_is_refused() -> None:
    with pytest.raises(DefinitionError, match=r"X\.a: a field needs a type: a: int"):
        Schema("X", (Word,), {"a": bits("7:0")}, bits=8)


def test_a_word_takes_only_bits() -> None:
    with pytest.raises(DefinitionError, match=r"X\.a: a Word's fields are bit\(\)"):
        define({"a": (int, u8())}, bits=8)


def test_a_word_is_whole_bytes() -> None:
    with pytest.raises(DefinitionError, match="bits=7 is not a whole number of bytes"):
        define({"a": (int, bits("6:0"))}, bits=7)


def test_a_misspelt_class_argument_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"X: the class has no argument 'bit'.*'bits'"):
        define({"a": (int, bits("7:0"))}, bit=8)


def test_reserved_bits_are_0_1_or_ignored() -> None:
    with pytest.raises(DefinitionError, match="must=2"):
        reserved("7:0", must=2)


def test_an_abstract_word_hands_down_its_fields() -> None:
    class Common(Word):
        present: bool = bit(0)
        address: int = bits("7:4", unit=16)

    class Table(Common, bits=8):
        zero: int = reserved("3:1")

    class Page(Common, bits=8):
        level: int = bits("3:1")
        address: int = bits("7:4", "not scaled here")

    assert list(Table.fields) == ["present", "address", "zero"]
    assert Table(address=0x20) == 0x20
    assert Page(address=2, level=1, present=True) == 0x23
    for forbidden in (Common, lambda: Common.size, lambda: Common.parse(b"\0"), lambda: Common[2]):
        with pytest.raises(DefinitionError, match="Common is abstract"):
            forbidden()


def test_a_word_with_a_size_hands_down_all_but_gets_no_more_fields() -> None:
    class Named(Odd):
        @property
        def both(self) -> int:
            return self.low + self.middle

    assert Named(low=1, middle=2).both == 3
    assert type(Named.parse(bytes(3))) is Named
    with pytest.raises(DefinitionError, match="say bits= again"):
        Schema("X", (Odd,), {"a": bit(0), "__annotations__": {"a": bool}})


def test_every_name_that_construct_asks_a_schema_for_can_be_a_field() -> None:
    names = [
        "name",
        "docs",
        "parsed",
        "flagbuildnone",
        "offset",
        "view",
        "columns",
        "parse",
        "size",
    ]

    fields = {name: (bool, bit(number)) for number, name in enumerate(names)}
    made = define(fields | {"rest": (int, bits("15:9"))}, bits=16)
    container = Struct("x" / made, "y" / made[2])
    parsed = container.parse(b"\xff\x01" * 3)
    assert all(getattr(parsed.x, name) is True for name in names)
    assert container.build(parsed) == b"\xff\x01" * 3
