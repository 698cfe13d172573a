"""The names that assembly gets: every offset, mask, shift, size and value, as their schemas say."""

from __future__ import annotations

import enum

import pytest
from construct import Bytes

from kobjects.emit.equates import equates
from kobjects.errors import DefinitionError
from kobjects.record import Record, array, leaves, u32
from tests.kobjects.samples import Descriptor, Entry, Everything, Media, Ring, Sector, untyped


def test_equates_of_a_word() -> None:
    names = equates(Entry)
    assert names == {
        "Entry.size": 8,
        "Entry.present": 1,
        "Entry.present.shift": 0,
        "Entry.one": 2,
        "Entry.one.shift": 1,
        "Entry.ignored": 0xFFC,
        "Entry.ignored.shift": 2,
        "Entry.address": 0x000FFFFFFFFFF000,
        "Entry.address.shift": 12,
        "Entry.zero": 0x7FF << 52,
        "Entry.zero.shift": 52,
        "Entry.no_execute": 1 << 63,
        "Entry.no_execute.shift": 63,
    }


def test_a_split_field_has_a_mask_and_no_shift() -> None:
    class Split(Descriptor):
        """`Descriptor` under a name of its own."""

    with pytest.raises(DefinitionError, match=r"'Descriptor\.size' would be both 0x8 and 0x4000"):
        equates(Descriptor)
    assert Split.fields["limit"].shift is None
    assert Split.fields["limit"].mask == 0x000F00000000FFFF


def test_equates_of_a_record() -> None:
    names = equates(Sector)
    assert names["Sector.size"] == 512
    assert names["Sector.partitions"] == names["Sector.partitions.0"] == 0x1BE
    assert names["Sector.partitions.3.first_lba"] == 0x1BE + 48 + 8
    assert names["Sector.magic"] == 510
    for leaf in leaves(Sector):
        path = leaf.path.replace("[", ".").replace("]", "")
        assert names[f"Sector.{path}"] == leaf.offset


def test_offsets_count_from_the_origin_and_words_inside_give_no_bits() -> None:
    names = equates(Everything)
    assert names["Everything.name"] == -16
    assert names["Everything.partition.count"] == Everything.offset("partition.count") - 16
    assert names["Everything.gates.1"] - names["Everything.gates.0"] == 16
    assert not any(name.startswith("Everything.entry.") for name in names)
    assert names["Everything.size"] == 100


def test_equates_of_enumerations() -> None:
    assert equates(Ring, Media) == {
        "Ring.KERNEL": 0,
        "Ring.USER": 3,
        "Media.REMOVABLE": 1,
        "Media.OPTICAL": 4,
    }


def test_a_long_array_names_its_first_elements_only() -> None:
    class Table(Record, size=4 * 100):
        entries: tuple[int, ...] = array("u32", 100)

    names = equates(Table)
    assert names["Table.entries.63"] == 252
    assert "Table.entries.64" not in names


class One(Record, size=4):
    """Shares its name with an enumeration made below."""

    a: int = u32()


def test_a_name_with_two_values_is_refused_and_with_one_is_not() -> None:
    assert equates(One, One) == {"One.size": 4, "One.a": 0}
    same_name = untyped(enum.IntEnum)("One", {"size": 5})
    with pytest.raises(DefinitionError, match=r"'One\.size' would be both 0x4 and 0x5"):
        equates(One, same_name)


@pytest.mark.parametrize("schema", [Bytes(3), Entry[4]])
def test_what_has_no_name_gives_no_equates(schema: object) -> None:
    with pytest.raises(DefinitionError, match="has no name that equates could begin with"):
        equates(schema)


def test_what_is_no_schema_gives_no_equates() -> None:
    with pytest.raises(DefinitionError, match="'Entry' is not a schema"):
        equates("Entry")
