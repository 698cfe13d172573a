"""Records of variable size: what they read, what they refuse, and that nothing is lost."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import construct
import pytest
from construct import Byte, GreedyRange, Int8ul, Int16ul, Struct, this
from hypothesis import given
from hypothesis import strategies as st

from kobjects.errors import DefinitionError, ParseError, SizeError, UnknownNameError
from kobjects.path import locate
from kobjects.record import Record, array, leaves, octets, padding, tail, u8, u16
from kobjects.schema import Schema
from tests.kobjects.samples import untyped
from tests.kobjects.test_derived import define
from tests.kobjects.varying import (
    Colour,
    Drawing,
    Group,
    Item,
    Kind,
    Line,
    Note,
    Point,
    Route,
)

PLAIN_ROUTE = Struct(
    "count" / Int8ul,
    "name_size" / Int8ul,
    "zero" / Int16ul,
    "flag" / Byte,
    "points" / construct.Array(this.count, Struct("x" / Int16ul, "y" / Int16ul)),
    "name" / construct.Bytes(this.name_size),
)
"""`Route` in Construct's own words."""

ALL: list[Any] = [Route, Item, Drawing, Note, Group]


@given(st.binary(max_size=60))
def test_a_record_reads_what_plain_construct_reads(data: bytes) -> None:
    try:
        plain = PLAIN_ROUTE.parse(data)
    except construct.StreamError:
        with pytest.raises(ParseError):
            Route.parse(data)
        return
    route = Route.parse(data)
    assert (route.count, route.flag, bytes(route.name)) == (plain.count, plain.flag, plain.name)
    assert [(p.x, p.y) for p in route.points] == [(p.x, p.y) for p in plain.points]


@given(st.sampled_from(ALL), st.binary(max_size=80))
def test_what_is_read_is_written_again(schema: Any, data: bytes) -> None:
    value = refused = None
    try:
        value = schema.parse(data)
    except ParseError as error:
        refused = error.offset
    if value is None:
        assert refused is not None
        assert 0 <= refused <= len(data)
        return
    built = value.build()
    assert data.startswith(built)
    assert schema.parse(built) == value
    assert schema.build(value.asdict()) == built
    assert pickle.loads(pickle.dumps(value)) == value
    assert copy.copy(value) is value


def test_a_tag_chooses_the_subclass_if_the_size_fits() -> None:
    drawing = Drawing.parse(
        Drawing(
            items=(
                Colour(red=1),
                Line(width=3, points=(Point(x=5),)),
                Group(items=(Colour(blue=4), Group())),
                Item(kind=Kind.COLOUR, payload=b"short"),
                Item(kind=untyped(77)),
            )
        ).build()
    )
    assert [type(item) for item in drawing.items] == [Colour, Line, Group, Item, Item]
    group: Any = drawing.items[2]
    assert group.items[0].blue == 4
    assert drawing.items[3].payload == b"short"
    assert drawing.items[4].kind.name == "UNKNOWN"
    assert Colour().kind is Kind.COLOUR
    assert isinstance(drawing.items[0], Item)


def test_a_subclass_has_no_tail_of_its_parent() -> None:
    assert list(Colour.fields) == ["kind", "length", "red", "green", "blue"]
    with pytest.raises(UnknownNameError, match="Colour has no field 'payload'"):
        getattr(Colour(), "payload")  # noqa: B009  # a checker believes in it


@pytest.mark.parametrize(
    ("schema", "data", "path", "offset", "expected", "found", "problem"),
    [
        (Route, b"\1\2", "zero", 2, 2, 0, "expected 2 bytes of 5, found 0"),
        (Route, bytes([200, 0, 0, 0, 0]) + bytes(10), "points", 5, 800, 10,
         "count is 200, which takes 800 bytes of the 10 that are left"),
        (Item, b"\1", "length", 1, 1, 0, "expected 1 bytes of 2, found 0"),
        (Item, b"\1\1ab", "length", 1, 2, 1, "1 bytes, but Item has at least 2"),
        (Item, b"\1\5ab", "length", 1, 5, 4, "5 bytes, but only 4 are left"),
        (Line, b"\2\7" + bytes(5), "points[0]", 4, 4, 3, "expected 4 bytes, found 3"),
        (Drawing, b"DR\x0e\0" + bytes(4) + b"\1\5abc\3", "items[1].length", 14, 1, 0,
         "expected 1 bytes of 2, found 0"),
        (Group, b"\3\6\3\4\3\1", "items[0].items[0].length", 5, 2, 1, "has at least 2"),
    ],
)  # fmt: skip
def test_a_record_that_cannot_be_read_is_refused_with_its_place(
    schema: Any, data: bytes, path: str, offset: int, expected: int, found: int, problem: str
) -> None:
    with pytest.raises(ParseError) as caught:
        schema.parse(data)
    error = caught.value
    assert (error.path, error.offset) == (path, offset)
    assert (error.expected, error.found) == (expected, found)
    assert problem in error.problem


def test_a_length_that_no_field_takes_is_refused() -> None:
    class Odd(Record, least=2, length="length"):
        length: int = u8()
        count: int = u8()
        octets: bytes = octets("count")

    assert Odd.parse(b"\4\2ab") == Odd(octets=b"ab")
    with pytest.raises(ParseError, match=r"length: 5 bytes, of which the fields take 4"):
        Odd.parse(b"\5\2abc")


def test_records_nest_only_so_deep() -> None:
    data = b""
    for _ in range(100):
        data = bytes([3, len(data) + 2]) + data
    with pytest.raises(ParseError, match="lie deeper than 32 in each other"):
        Item.parse(data)


def test_where_a_field_lies_depends_on_the_value() -> None:
    route = Route(points=(Point(), Point(y=3)), name=b"way")  # type: ignore[arg-type]
    assert locate(route, "points[1].y") == (5 + 4 + 2, 2)
    assert locate(route, "name") == (13, 3)
    assert Route.offset("flag") == 4
    with pytest.raises(SizeError, match=r"depends on the value: locate\(value, 'name'\)"):
        Route.offset("name")
    drawing = Drawing(items=(Item(), Line(points=(Point(), Point(x=1)))))
    offset, size = locate(drawing, "items[1].points[1].x")
    assert drawing.build()[offset : offset + size] == b"\1\0"


def test_no_fixed_size_is_claimed() -> None:
    assert Route.least == 5
    assert repr(Route) == "<Route, at least 5 bytes>"
    for use in (
        lambda: Route.size,
        lambda: untyped(Route).sizeof(),
        lambda: Route[3],
        lambda: Route.view(bytearray(9)),
        lambda: list(leaves(Route)),
    ):
        with pytest.raises(SizeError, match="Route has no fixed size, but at least 5 bytes"):
            use()
    assert issubclass(SizeError, construct.SizeofError)


def test_they_go_where_constructs_go() -> None:
    mixed = Struct("head" / Byte, "notes" / GreedyRange(Note), "end" / Byte)
    one = Note(owner=b"GNU\0", text=b"12345")
    data = b"\7" + one.build() * 2 + b"\1"
    parsed = mixed.parse(data)
    assert parsed.notes == [one, one]
    assert mixed.build(parsed) == data
    with pytest.raises(ParseError) as caught:
        Struct("a" / Byte, "route" / Route).parse(b"\0\5\0\0\0\0")
    assert (caught.value.path, caught.value.offset) == ("route.points", 6)


class Big(Record, least=4, byteorder="big"):
    """Counts in network order."""

    count: int = u16()
    last: int = u16()
    values: tuple[int, ...] = array("u16", "count")


def test_big_endian_counts_and_elements() -> None:
    assert Big.parse(b"\0\2\0\0\1\2\3\4").values == (0x102, 0x304)
    assert Big(values=(1,)).build() == b"\0\1\0\0\0\1"


@pytest.mark.parametrize(
    ("fields", "options", "message"),
    [
        ({"a": (bytes, tail())}, {"size": 0}, "X: a varies in size; say least= instead of size="),
        ({"a": (int, u8())}, {"size": 1, "least": 1}, "X: size= is for a fixed size and least="),
        ({"a": (int, u8())}, {"least": 2}, "X: least=2, but the fields take 1 bytes"),
        ({"a": (bytes, octets("n"))}, {"least": 0}, "X.a: X has no earlier field 'n'"),
        ({"a": (bytes, tail()), "b": (int, u8())}, {"least": 1}, "X.a: what takes all that is"),
        ({"a": (int, u8())}, {"least": 1, "length": "b"}, "X: X has no field 'b'"),
        ({"a": (int, u8())}, {"size": 1, "tag": 3}, "X: tag= is for a subclass of a Record with"),
    ],
)
def test_a_class_that_cannot_be_right_is_refused(fields: Any, options: Any, message: str) -> None:
    with pytest.raises((DefinitionError, UnknownNameError), match=message):
        define(fields, **options)


def test_a_padding_to_nothing_is_refused() -> None:
    with pytest.raises(DefinitionError, match="no padding is to a multiple of 0"):
        padding(0)


def test_a_length_behind_what_varies_is_refused() -> None:
    body = {"n": u8(), "a": octets("n"), "size": u8()}
    annotations = {"n": int, "a": bytes, "size": int}
    with pytest.raises(DefinitionError, match="X: size must lie before the fields of variable"):
        Schema("X", (Record,), {**body, "__annotations__": annotations}, least=2, length="size")
