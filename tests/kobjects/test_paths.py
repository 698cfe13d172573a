"""Paths: edits, offsets, and the leaves that a schema ends in."""

from __future__ import annotations

from typing import Any

import pytest
from construct import Array, Bytes, Int8ul, Int16ul, Int32ul, Padding, Struct

from kobjects.errors import FieldValueError, UnknownNameError
from kobjects.record import leaves
from tests.kobjects.samples import Descriptor, Entry, Everything, Gate, Partition, Ring, Sector


def test_edit_follows_paths_and_leaves_the_rest() -> None:
    before = Everything.parse(bytes(range(100)))
    after = before.edit(
        {
            "partition.count": 1,
            "partition.ring": Ring.USER,
            "gates[1].present": True,
            "gates[1].ist": 5,
            "words[0]": 9,
            "point.y": 3,
            "entry": 0,
        }
    )
    assert (after.partition.count, after.partition.ring) == (1, Ring.USER)
    assert (after.gates[1].ist, after.gates[1].present) == (5, True)
    assert after.words == (9, *before.words[1:])
    assert after.point == {"x": before.point["x"], "y": 3}
    assert before == Everything.parse(bytes(range(100)))
    undone = after.edit(
        {name: getattr(before, name) for name in ("partition", "gates", "words", "point", "entry")}
    )
    assert undone.build() == bytes(range(100))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("gates[2].ist", r"no \[2\] in 2 elements"),
        ("gates.ist", "gates: no ist in 2 elements"),
        ("partition[0]", r"Partition has no field '\[0\]'"),
        ("partition.build", "Partition has no field 'build'"),
        ("entry.present.x", "entry.present: bool has no field 'x'"),
        ("point.z", "point: Container has no field 'z'; it has x, y"),
        ("gates[1", "not a path"),
        (".gates", "not a path"),
        ("", "not a path"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(path: str, message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        Everything().edit({path: 1})


def test_edit_names_the_place_of_a_bad_value() -> None:
    with pytest.raises(FieldValueError, match=r"^gates\[1\]\.ist: 8 is out of range"):
        Everything().edit({"gates[1].ist": 8})


def test_offsets_follow_paths() -> None:
    assert Sector.offset("partitions[2].first_lba") == 0x1BE + 32 + 8
    assert Sector[3].offset("[2].magic") == 2 * 512 + 510
    assert Everything.offset("point.y") == Everything.offset("point") + 2
    assert Everything.offset("digests[1]") == 89
    assert Everything.fields["entry"].offset == 23
    assert Everything.origin == 16
    assert Sector.origin == 0
    with pytest.raises(UnknownNameError, match=r"an array has no field '\[4\]'"):
        Sector.offset("partitions[4]")


LEAVES = [
    Sector,
    Everything,
    Descriptor,
    Descriptor[3],
    Everything[2],
    Bytes(7),
    Array(3, Int16ul),
    Struct("a" / Int8ul, Padding(3), "b" / Struct("c" / Int32ul, "d" / Partition)),
    Sector[2][2],
]


@pytest.mark.parametrize("schema", LEAVES, ids=str)
def test_leaves_cover_every_byte_once_in_order(schema: Any) -> None:
    end = 0
    paths = []
    for leaf in leaves(schema):
        assert leaf.offset == end
        end += leaf.size
        paths.append(leaf.path)
    assert end == schema.sizeof()
    assert len(set(paths)) == len(paths)


def test_a_leaf_knows_its_schema_its_text_and_its_value() -> None:
    found = {leaf.path: leaf for leaf in leaves(Everything)}
    assert found["entry"].schema is Entry
    assert found["entry"].doc == "one"
    assert found["partition.first_lba"].schema is int
    assert found["gates[1]"].schema is Gate
    assert found["gates[1]"].field is None
    assert found["gates[1]"].doc == "two of them"
    assert found["rest"].field is not None
    assert found["rest"].field.reserved
    assert found["point.y"].schema is Int32ul
    assert found["partition.count"].value(bytes(range(110)), base=10) == 0x58575655
    assert [(leaf.path, leaf.schema) for leaf in leaves(Descriptor)] == [("", Descriptor)]


def test_offset_and_leaves_agree() -> None:
    for schema in (Sector, Everything):
        for leaf in leaves(schema):
            assert schema.offset(leaf.path) == leaf.offset
