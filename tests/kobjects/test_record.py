"""Records: what a class statement may say, what their values hold, and that nothing is lost."""

from __future__ import annotations

import copy
import inspect
import pickle
import pydoc
from typing import Any

import pytest
from construct import (
    Array,
)
from hypothesis import given
from hypothesis import strategies as st

from kobjects.errors import BuildError, FieldValueError, UnknownNameError
from tests.kobjects.samples import (
    PLAIN_PARTITION,
    Descriptor,
    Entry,
    Everything,
    Gate,
    Network,
    Odd,
    Partition,
    Ring,
    Sector,
    untyped,
)

Loose = untyped(Everything)
LoosePartition = untyped(Partition)
every_byte = st.binary(min_size=Everything.size, max_size=Everything.size)


# What a value holds


def test_fields_are_of_their_own_types() -> None:
    value = Everything.parse(bytes(range(100)))
    assert value.name == bytes(range(8))
    assert isinstance(value.ring, Ring)
    assert value.ring.name == "UNKNOWN"
    assert type(value.odd) is Odd
    assert value.network == 0x0D0E
    assert type(value.network) is Network
    assert value.big == 0x0F10
    assert value.words == (0x1211, 0x1413, 0x1615)
    assert type(value.entry) is Entry
    assert [type(gate) for gate in value.gates] == [Gate, Gate]
    assert value.partition.first_lba == 0x4A494847
    assert value.point["x"] == 0x504F
    assert value.digests[1] == bytes(range(89, 93))


def test_a_constructor_fills_in_what_the_manual_demands() -> None:
    assert Sector().magic == 0xAA55
    assert Sector().partitions == (Partition(),) * 4
    value = Everything()
    assert (value.name, value.ring, value.entry) == (b"KPACK\0\0\0", Ring.USER, Entry())
    assert value.active is False
    assert Sector(magic=0).magic == 0


def test_values_inside_may_be_mappings_and_numbers() -> None:
    value = Loose(
        partition={"count": 3},
        odd={"low": 1},
        entry=7,
        gates=[{"ist": 1}, 0],
        point={"x": 1, "y": 2},
    )
    assert value.partition == Partition(count=3)
    assert value.odd == Odd(low=1)
    assert type(value.entry) is Entry
    assert value.gates == (Gate(ist=1), 0)
    assert Everything.parse(value.build()).point["y"] == 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Partition(status=256), r"status: 0x100 is out of range 0\.\.0xff \(8 bits\)"),
        (lambda: Partition(count=-1), "count: -1 is out of range"),
        (lambda: Partition(first=b"long"), "first: 4 bytes do not fit into 3"),
        (lambda: LoosePartition(first=3), "first: takes bytes, not int 3"),
        (lambda: LoosePartition(count="3"), "count: takes int, not str '3'"),
        (lambda: Loose(entry=Descriptor()), "entry: takes Entry, not Descriptor"),
        (
            lambda: Loose(gates=[Gate(), Entry()]),
            r"gates\[1\]: takes Gate, not Entry",
        ),
        (
            lambda: Loose(words=[1, 2, 1 << 16]),
            r"words\[2\]: 0x10000 is out of range",
        ),
        (lambda: Loose(partition={"count": -1}), r"partition\.count: -1 is out"),
    ],
)
def test_a_value_out_of_range_is_refused(make: Any, message: str) -> None:
    with pytest.raises(FieldValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Loose(partition=Sector()), "partition: takes Partition, not Sector"),
        (lambda: Loose(words=[1]), "words: takes 3 elements, not 1"),
        (lambda: Loose(words=[1, 2, 3, 4]), "words: takes 3 elements, not 4"),
        (lambda: Loose(words=5), "words: takes 3 elements, not int 5"),
        (lambda: Loose(words="abc"), "words: takes 3 elements, not str 'abc'"),
        (lambda: Everything(point={"x": 1}), "point: KeyError: 'y'"),
        (lambda: Loose(point={"x": 1, "y": "z"}), r"point\.y: .*given value 'z'"),
    ],
)
def test_a_value_of_another_kind_is_refused(make: Any, message: str) -> None:
    with pytest.raises(BuildError, match=message):
        make()


@pytest.mark.parametrize(
    "use",
    [
        lambda: LoosePartition(cuont=1),
        lambda: LoosePartition().cuont,
        lambda: Partition().replace(cuont=1),
        lambda: Sector().edit({"partitions[1].cuont": 1}),
        lambda: Sector.build({"partitions": [{"cuont": 1}, {}, {}, {}]}),
        lambda: Partition.offset("cuont"),
    ],
)
def test_a_misspelt_field_is_refused_with_the_right_name(use: Any) -> None:
    with pytest.raises(UnknownNameError, match=r"Partition has no field 'cuont'; did .* 'count'"):
        use()


def test_a_record_takes_no_positions() -> None:
    with pytest.raises(TypeError, match="Partition takes fields by name"):
        LoosePartition(1)


def test_a_record_can_not_change() -> None:
    for name in ("count", "anything"):
        with pytest.raises(AttributeError):
            setattr(Partition(), name, 3)


def test_check_looks_inside() -> None:
    value = Loose(
        name=b"x", active=5, ring=1, gates=[Gate(), Gate(zero_44=1)], partition={"ring": 2}
    )
    assert [str(finding) for finding in value.check()] == [
        "name: b'x\\x00\\x00\\x00\\x00\\x00\\x00\\x00', but must be b'KPACK\\x00\\x00\\x00'",
        "active: 0x5, but only 0 and 1 have a meaning",
        "ring: 0x1, but Ring has no such member",
        "gates[1].zero_44: 0x1, but must be 0",
        "partition.ring: 0x2, but Ring has no such member",
    ]
    assert Everything().check() == []
    assert [finding.path for finding in Sector[2].check([Sector(), Sector(magic=1)])] == [
        "[1].magic"
    ]


# That nothing is lost


@given(every_byte)
def test_every_byte_survives(data: bytes) -> None:
    value = Everything.parse(data)
    assert value.build() == data
    assert Everything.build(value) == Everything.build(value.asdict()) == data
    assert Everything(**value.asdict()) == value
    assert Everything.parse(Everything[2].build([value, value])) == value


@given(st.binary(min_size=48, max_size=48))
def test_a_record_reads_what_plain_construct_reads(data: bytes) -> None:
    plain, records = Array(3, PLAIN_PARTITION).parse(data), Partition[3].parse(data)
    for theirs, ours in zip(plain, records, strict=True):
        assert ours.asdict() == {name: theirs[name] for name in Partition.fields}
    assert Partition[3].build(records) == data


@given(st.integers(0, 255))
def test_a_byte_that_is_a_bool_keeps_what_it_holds(number: int) -> None:
    value = Everything.parse(bytes(8) + bytes([number]) + bytes(91))
    assert bool(value.active) == (number != 0)
    assert value.build()[8] == number


# What it is to Python


def test_a_record_is_a_value() -> None:
    one, same = Partition(count=1), Partition(count=1)
    assert one == same
    assert hash(one) == hash(same)
    assert one != LoosePartition()
    assert one != tuple(untyped(one))
    assert len({one, same, Partition()}) == 2


def test_a_record_survives_copy_and_pickle() -> None:
    value = Everything.parse(bytes(range(100)))
    assert copy.copy(value) is value
    assert copy.deepcopy([value])[0] == value
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(value, protocol)) == value


def test_its_text_is_short_and_names_what_is_set() -> None:
    assert repr(Partition(status=0x80, first_lba=2048)) == (
        "Partition(status=0x80, first_lba=0x800)"
    )
    assert repr(Partition()) == "Partition()"
    text = repr(Everything.parse(bytes(range(100))))
    assert text.startswith("Everything(name=b'\\x00\\x01")
    assert text.endswith("…)")
    assert len(text) < 140


def test_help_and_signature_name_the_fields() -> None:
    parameters = inspect.signature(Partition).parameters
    assert list(parameters) == list(Partition.fields)
    text = pydoc.plain(pydoc.render_doc(Partition))
    assert "cylinder, head, sector (offset 0x1, 3 bytes)" in text


def test_reserved_bytes_are_kept() -> None:
    value = Sector.parse(bytes(444) + b"xy" + bytes(66))
    assert value.reserved == b"xy"
    assert value.replace(signature=1).build()[444:446] == b"xy"
    assert value.check()[0].path == "reserved"
