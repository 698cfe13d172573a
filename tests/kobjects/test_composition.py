"""Words and Records are Constructs, and go where Constructs go."""

from __future__ import annotations

from construct import (
    Array,
    Byte,
    Construct,
    GreedyRange,
    Int8ul,
    Int32ul,
    Optional,
    Prefixed,
    Struct,
    Switch,
    this,
)

from tests.kobjects.samples import Descriptor, Entry, Gate, Network, Odd, Partition, Sector

KERNEL_CODE = Descriptor.from_int(0x00AF9B000000FFFF)


def test_a_word_class_is_a_construct() -> None:
    assert isinstance(Descriptor, Construct)
    assert isinstance(Descriptor[4], Construct)


def test_words_compose_with_plain_construct() -> None:
    mixed = Struct(
        "count" / Int32ul,
        "table" / Descriptor[2],
        "items" / Entry[this.count],
        "plain" / Array(2, Odd),
        "choice" / Switch(this.count, {1: Network, 2: Gate}),
        "rest" / GreedyRange(Entry),
    )
    data = bytes([1, 0, 0, 0]) + bytes(range(16)) + bytes(8) + bytes(6) + b"\x12\x34" + bytes(16)
    parsed = mixed.parse(data)
    assert (parsed.choice.version, parsed.choice.length) == (1, 0x234)
    assert type(parsed.table[1]) is Descriptor
    assert len(parsed.rest) == 2
    assert mixed.build(parsed) == data


def test_words_can_be_optional() -> None:
    optional = Struct("word" / Optional(Entry), "rest" / Byte[3])
    assert optional.parse(b"abc").word is None
    assert optional.build({"word": None, "rest": [1, 2, 3]}) == b"\x01\x02\x03"
    assert (
        optional.build({"word": Entry(), "rest": [1, 2, 3]}) == b"\x02" + bytes(7) + b"\x01\x02\x03"
    )


def test_words_work_in_a_compiled_struct_and_in_sized_ones() -> None:
    compiled = Struct("word" / Entry, "rest" / Byte).compile()
    assert compiled.parse(bytes(9)).word == 0
    prefixed = Prefixed(Int8ul, Entry)
    assert prefixed.parse(b"\x08" + b"\x02" + bytes(7)) == 2
    assert ("a" / Entry + "b" / Odd).sizeof() == 11
    assert (Entry >> Odd).parse(bytes(11)) == [0, 0]
    assert ("a" / Entry * "its text").docs == "its text"


def test_bytes_that_follow_are_left_alone_and_any_buffer_will_do() -> None:
    data = KERNEL_CODE.build() + b"more"
    for buffer in (data, bytearray(data), memoryview(data)):
        assert Descriptor.parse(buffer) == KERNEL_CODE


def test_byte_order_and_odd_sizes() -> None:
    assert Network(version=1, length=0x234).build() == b"\x12\x34"
    assert Network[2].parse(b"\x12\x34\x56\x78")[1].length == 0x678
    assert Odd(low=1, top=True).build() == b"\x01\x00\x80"
    assert Odd[2].parse(b"\x01\x00\x80\x02\x00\x00") == (Odd(low=1, top=True), Odd(low=2))


def test_records_compose_with_plain_construct() -> None:
    mixed = Struct(
        "count" / Byte,
        "entries" / Partition[this.count],
        "pair" / Partition[2],
        "choice" / Switch(this.count, {1: Sector}, default=Byte),
        "maybe" / Optional(Sector),
        "rest" / GreedyRange(Partition),
    )
    data = b"\x01" + bytes(range(16)) * 3 + bytes(512) + bytes(32)
    parsed = mixed.parse(data)
    assert isinstance(parsed.choice, Sector)
    assert parsed.maybe is None
    assert type(parsed.entries[0]) is type(parsed.pair[1]) is Partition
    assert len(parsed.rest) == 2
    assert mixed.build(parsed) == data
    assert isinstance(Partition, Construct)
