"""Errors say where: path, index and offset, in a schema, an array, and among plain Constructs."""

from __future__ import annotations

import io
import pickle
from typing import Any

import pytest
from construct import Array, Byte, Const, ConstructError, GreedyRange, Int32ul, Struct

from kobjects.errors import (
    BuildError,
    FieldValueError,
    Finding,
    KobjectsError,
    ParseError,
    UnknownNameError,
    construct_path,
    join,
    unknown_name,
)
from kobjects.record import Record, array, construct_field, u16, u32
from tests.kobjects.samples import (
    Descriptor,
    Entry,
    Everything,
    Gate,
    Odd,
    Partition,
    Sector,
    untyped,
)


def caught(use: Any) -> Any:
    with pytest.raises(KobjectsError) as error:
        use()
    return error.value


@pytest.mark.parametrize(
    ("schema", "available", "path", "offset", "expected", "found"),
    [
        (Descriptor, 5, "", 0, 8, 5),
        (Gate, 0, "", 0, 16, 0),
        (Odd, 2, "", 0, 3, 2),
        (Entry[512], 8 * 100 + 3, "[100]", 800, 8, 3),
        (Gate[4], 63, "[3]", 48, 16, 15),
        (Partition, 9, "first_lba", 8, 4, 1),
        (Sector, 0x1BE + 20, "partitions[1].ring", 0x1BE + 20, 1, 0),
        (Sector, 500, "partitions[3].last", 499, 3, 1),
        (Sector[3], 1030, "[2].code", 1024, 440, 6),
        (Everything, 82, "point.y", 81, 4, 1),
    ],
)
def test_a_short_read_names_the_field_that_is_cut(
    schema: Any, available: int, path: str, offset: int, expected: int, found: int
) -> None:
    error = caught(lambda: schema.parse(bytes(available)))
    assert isinstance(error, ParseError)
    assert (error.path, error.offset) == (path, offset)
    assert (error.expected, error.found) == (expected, found)
    assert f"expected {expected} bytes" in str(error)
    assert f"found {found}" in str(error)
    assert f"(at offset {offset:#x})" in str(error)


def test_a_short_read_among_plain_constructs_counts_from_the_stream() -> None:
    mixed = Struct("head" / Int32ul, "inner" / Struct("table" / Entry[4], "sector" / Sector))
    error = caught(lambda: mixed.parse(bytes(4 + 32 + 447)))
    assert error.path == "inner.sector.partitions[0].first"
    assert error.offset == 36 + 447
    assert error.index == 0


def test_a_bad_value_among_plain_constructs_is_named() -> None:
    mixed = Struct("head" / Int32ul, "table" / Entry[2])
    error = caught(lambda: mixed.build({"head": 0, "table": [0, 1 << 64]}))
    assert (error.path, error.index, error.offset) == ("table[1]", 1, 12)
    assert isinstance(error, FieldValueError)


def test_a_bad_value_deep_inside_is_named_with_its_offset() -> None:
    error = caught(lambda: Sector[2].build([{}, {"partitions": [{}, {}, {"count": -1}, {}]}]))
    assert error.path == "[1].partitions[2].count"
    assert error.offset == 512 + Sector.offset("partitions[2].count")
    assert str(error) == (
        "[1].partitions[2].count: -1 is out of range 0..0xffffffff (32 bits) (at offset 0x3ea)"
    )


class Signed(Record, size=8):
    """Elements that plain Construct may refuse."""

    head: int = u32()
    marks: tuple[bytes, ...] = array(Const(b"AB"), 2, default=(b"AB", b"AB"))


class Outer(Record, size=18):
    """Refusals two levels down."""

    head: int = u16()
    signed: tuple[Signed, ...] = array(Signed, 2)


def test_what_a_plain_construct_refuses_gets_a_place_too() -> None:
    good = Outer(head=1).build()
    assert Outer.parse(good).signed[1].marks == (b"AB", b"AB")
    error = caught(lambda: Outer.parse(good[:-1] + b"x"))
    assert isinstance(error, ParseError)
    assert (error.path, error.index, error.offset) == ("signed[1].marks[1]", 1, 16)
    assert "b'AB'" in str(error)
    assert isinstance(error.__cause__, ConstructError)
    error = caught(lambda: untyped(Outer)(signed=[{}, {"marks": [b"AB", b"xx"]}]))
    assert isinstance(error, BuildError)
    assert (error.path, error.offset) == ("signed[1].marks[1]", 16)


def test_paths_inside_a_plain_construct_are_spelt_as_ours() -> None:
    class Pair(Record, size=5):
        x: int = u16()
        inner: Any = construct_field(
            Struct("a" / Byte, "b" / Struct("c" / Const(b"AB"))), default={"a": 1, "b": {"c": None}}
        )

    error = caught(lambda: Pair.parse(bytes(5)))
    assert error.path == "inner.b.c"


def test_every_error_is_a_value_error_and_a_construct_error() -> None:
    for error in (ParseError("x"), BuildError("x"), FieldValueError("x"), UnknownNameError("x")):
        assert isinstance(error, ValueError)
        assert isinstance(error, ConstructError)
    assert isinstance(UnknownNameError("x"), AttributeError)


def test_a_short_element_ends_a_greedy_range() -> None:
    assert len(GreedyRange(Entry).parse(bytes(20))) == 2
    assert len(GreedyRange(Partition).parse(bytes(40))) == 2
    with pytest.raises(ParseError):
        Array(3, Entry).parse(bytes(20))


def test_a_stream_that_cannot_tell_still_gives_an_error_of_ours() -> None:
    class Pipe(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return bytes(3)

        def tell(self) -> int:
            raise OSError("a pipe")

    error = caught(lambda: untyped(Entry).parse_stream(Pipe()))
    assert (error.offset, error.found) == (0, 3)


def test_what_is_not_a_buffer_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        Entry.parse("text")
    with pytest.raises(TypeError):
        Sector[2].parse(None)


def test_an_error_survives_pickle() -> None:
    error = caught(lambda: Sector.parse(bytes(500)))
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.path, again.found) == (str(error), error.path, 1)
    assert type(again) is ParseError


def test_suggestions() -> None:
    assert "did you mean 'signature'" in str(unknown_name("X", "sgnature", ["signature", "size"]))
    assert str(unknown_name("X", "zzz", ["a", "b"])) == "X has no field 'zzz'; it has a, b"
    assert str(unknown_name("X", "zzz", map(str, range(30)))) == "X has no field 'zzz'"


def test_paths_are_joined() -> None:
    assert join("a", "b") == "a.b"
    assert join("a", "[2]") == "a[2]"
    assert join("", "b") == join("b", "") == "b"
    assert construct_path("(parsing) -> a -> b") == "a.b"
    assert construct_path(None) == construct_path("(parsing)") == ""
    assert Finding("a", 3, "must be 0").inside("[1]").path == "[1].a"
