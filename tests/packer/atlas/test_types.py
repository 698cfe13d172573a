"""The table of types tells of bytes what the schemas themselves tell."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from construct import Array, Bytes, Int16ub, Int64ul, Struct
from hypothesis import given
from hypothesis import strategies as st

from kobjects.cpu.gates import GateDescriptor
from kobjects.cpu.paging import PAGE_DIRECTORY
from kobjects.cpu.tss import TaskStateSegment
from kobjects.errors import UnknownNameError
from kobjects.firmware.elf import Elf64Header
from kobjects.firmware.gpt import GptEntry
from kobjects.firmware.mbr import MasterBootRecord, PartitionEntry
from kobjects.kernel.thread import Thread
from kobjects.path import value_at
from kobjects.record import leaves
from packer.atlas.schemas import Types as Written
from packer.atlas.types import Type, Types
from stages.boot.stage import GlobalDescriptorTable

PLAIN = Struct("count" / Int16ub, "pages" / Bytes(6), "table" / Array(3, Int64ul))
SCHEMAS = [
    *(GateDescriptor[3], PAGE_DIRECTORY[4], TaskStateSegment, Elf64Header, GptEntry),
    *(MasterBootRecord, Thread, GlobalDescriptorTable, PLAIN, Int64ul, Bytes(5)),
]


def read(schema: Any) -> Type:
    written = Written()
    number = written.add(schema)
    found: Type = Types(written.table)[number]
    return found


@pytest.mark.parametrize("schema", SCHEMAS, ids=repr)
def test_the_leaves_are_the_schemas(schema: Any) -> None:
    found = [(spot.path, spot.offset, spot.size, spot.doc) for spot in read(schema).leaves()]
    assert found == [(leaf.path, leaf.offset, leaf.size, leaf.doc) for leaf in leaves(schema)]


@pytest.mark.parametrize("schema", SCHEMAS, ids=repr)
def test_every_byte_and_every_path_leads_to_its_leaf(schema: Any) -> None:
    type_ = read(schema)
    for spot in type_.leaves():
        for offset in (spot.offset, spot.offset + spot.size - 1):
            assert type_.at(offset)[-1] == spot
        assert type_.find(spot.path) == (spot, "")


@given(st.binary(min_size=104, max_size=104))
def test_numbers_and_members_are_those_of_the_schema(data: bytes) -> None:
    schema = TaskStateSegment
    value = schema.parse(data)
    for spot in read(schema).leaves():
        if spot.type.is_ == "number":
            number = spot.type.number(data[spot.offset : spot.offset + spot.size])
            assert number == value_at(value, spot.path)


@given(st.binary(min_size=16, max_size=16))
def test_the_bits_are_the_schemas(data: bytes) -> None:
    gate = GateDescriptor.parse(data)
    found = {row.name: row for row in read(GateDescriptor).bits(data)}
    assert {name: row.value for name, row in found.items()} == {
        name: int(value) for name, value in gate.asdict().items()
    }
    assert found["dpl"].shown == f"{int(gate.dpl)} ({gate.dpl.name})"
    assert found["present"].shown == ("yes" if gate.present else "no")


@given(st.binary(min_size=8, max_size=8))
def test_a_choice_is_made_by_the_bit_that_makes_it(data: bytes) -> None:
    entry = PAGE_DIRECTORY.parse(data)
    type_ = read(PAGE_DIRECTORY)
    assert type_.chosen(data).title == type(entry).__name__
    assert {row.name: row.value for row in type_.bits(data)} == {
        name: int(value) for name, value in entry.asdict().items()
    }


def test_names_can_be_imported() -> None:
    written = Written()
    for schema in SCHEMAS:
        written.add(schema)
    names = [node["name"] for node in written.table if "." in node.get("name", "")]
    assert "kobjects.cpu.gates.GateDescriptor" in names
    for name in names:
        module, _, inner = name.rpartition(".")
        assert getattr(importlib.import_module(module), inner).__name__ == inner


def test_a_records_field_can_be_told_by_its_number() -> None:
    gdt = read(GlobalDescriptorTable)
    assert gdt.find("[5].dpl") == gdt.find("user_code.dpl")
    assert gdt.find("user_code.dpl")[1] == "dpl"


@pytest.mark.parametrize(
    ("schema", "path", "text"),
    [
        (GateDescriptor[3], "[3]", "no [3] in 3 elements"),
        (GateDescriptor[3], "[0].dlp", "GateDescriptor has no field 'dlp'; did you mean 'dpl'?"),
        (GateDescriptor[3], "[0].dpl.x", "dpl in [0] is bits: nothing is inside"),
        (GateDescriptor[3], "dpl", "'dpl' of an array; say which of 3: [0]"),
        (MasterBootRecord, "sgnature", "did you mean 'signature'?"),
        (GlobalDescriptorTable, "[9]", "GlobalDescriptorTable has no field '[9]'"),
    ],
)
def test_a_path_that_leads_nowhere_says_what_there_is(schema: Any, path: str, text: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        read(schema).find(path)
    assert text in str(caught.value)


def test_the_manual_is_that_of_the_innermost_structure() -> None:
    spot, _ = read(MasterBootRecord).find("partitions[1].first_lba")
    assert spot.manual == str(PartitionEntry.source)
    spot, _ = read(TaskStateSegment).find("ist")
    assert spot.manual == str(TaskStateSegment.source)
