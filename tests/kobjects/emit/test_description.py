"""The schemas as data and as a document; and where the exporters find them by name."""

from __future__ import annotations

import enum
import json
from typing import Any

import pytest

from kobjects.cpu.segments import SegmentDescriptor
from kobjects.emit import catalog, description, docs
from kobjects.emit.shapes import is_enumeration, snake
from kobjects.errors import UnknownNameError
from kobjects.kernel import abi
from kobjects.kernel.slot import Slot, SlotNumber
from tests.kobjects.emit import cases
from tests.kobjects.samples import Entry, Everything, Media, Partition, Ring, untyped


def described(schema: Any) -> dict[str, Any]:
    found: dict[str, Any] = description.describe([schema])["schemas"][-1]
    return found


def field(schema: Any, name: str) -> dict[str, Any]:
    (found,) = [each for each in described(schema)["fields"] if each["name"] == name]
    return dict(found)


@pytest.mark.parametrize("schemas", cases.SETS.values(), ids=cases.SETS)
def test_everything_is_json(schemas: list[Any]) -> None:
    found = json.loads(json.dumps(description.describe(schemas)))
    assert found["schema"] == 1
    assert [each["name"] for each in found["schemas"]] == [each.__name__ for each in schemas]


def test_a_word_as_data() -> None:
    found = described(Entry)
    assert {key: found[key] for key in ("kind", "bits", "byteorder", "default")} == {
        "kind": "word",
        "bits": 64,
        "byteorder": "little",
        "default": 2,
    }
    assert field(Entry, "address") == {
        "name": "address",
        "doc": "physical address",
        "reserved": False,
        "must": None,
        "values": "",
        "type": "u52",
        "bits": "51:12",
        "mask": 0x000F_FFFF_FFFF_F000,
        "unit": 4096,
    }
    assert field(Entry, "one")["must"] == 1
    assert field(Entry, "present")["type"] == "bool"


@pytest.mark.parametrize(
    ("name", "type_", "offset", "size", "values", "byteorder", "must"),
    [
        ("name", "octets(8)", 0, 8, "", "little", "4b5041434b000000"),
        ("ring", "u8", 9, 1, "Ring", "little", None),
        ("odd", "Odd", 10, 3, "", "little", None),
        ("network", "Network", 13, 2, "", "big", None),
        ("big", "u16", 15, 2, "", "big", None),
        ("words", "u16[3]", 17, 6, "", "little", None),
        ("gates", "Gate[2]", 31, 32, "", "little", None),
        ("digests", "octets(4)[3]", 85, 12, "", "little", None),
    ],
)
def test_a_records_field_as_data(
    name: str, type_: str, offset: int, size: int, values: str, byteorder: str, must: str | None
) -> None:
    found = field(Everything, name)
    keys = ("type", "offset", "size", "values", "byteorder", "must")
    assert [found[key] for key in keys] == [type_, offset, size, values, byteorder, must]


def test_a_record_that_varies_as_data() -> None:
    found = described(cases.Varying)
    assert (found["size"], found["varies"]) == (12, True)
    assert not described(Everything)["varies"]
    places = {each["name"]: (each["offset"], each["size"]) for each in found["fields"]}
    assert places["names"] == (8, 0)
    assert places["behind"] == (8, 4)
    types = {each["name"]: (each["type"], each["floating"]) for each in found["fields"]}
    assert types == {
        "count": ("u16", False),
        "kind": ("u8", False),
        "flag": ("u8", False),
        "size": ("u32", False),
        "names": ("octets(size)", True),
        "pairs": ("Natural[count]", True),
        "behind": ("u32", True),
        "rest": ("octets()", True),
    }
    text = description.markdown([cases.Varying])
    assert "12 bytes or more. What varies lies behind what does not." in text
    assert "| 0x8 on | `pairs` | Natural[count] |" in text


def test_enumerations_as_data() -> None:
    assert described(Ring)["kind"] == "enumeration"
    assert described(Media)["kind"] == "flags"
    found = {each["name"]: each for each in described(abi.Abi)["members"]}
    assert found["STEP_BYTES"] == {
        "name": "STEP_BYTES",
        "value": int(abi.Abi.STEP_BYTES),
        "doc": "How much memory such a call zeroes.",
    }


def test_a_document() -> None:
    text = description.markdown([Partition])
    assert text.endswith(
        "## Partition\n\n16 bytes. Numbers, bytes and an enumeration.\n\n"
        'Source: UEFI Specification (version 2.10, August 2022), "Legacy Master Boot Record"\n\n'
        "| offset | name | type | meaning |\n"
        "| ---: | --- | --- | --- |\n"
        "| 0x0 | `status` | u8 | 0x80: active |\n"
        "| 0x1 | `first` | octets(3) | cylinder, head, sector |\n"
        "| 0x4 | `ring` | u8 of Ring |  |\n"
        "| 0x5 | `last` | octets(3) |  |\n"
        "| 0x8 | `first_lba` | u32 | first sector |\n"
        "| 0xc | `count` | u32 | sectors |\n"
    )
    assert "| 46:45 | `dpl` | u2 of Ring |" in description.markdown([SegmentDescriptor])
    assert "| -0x10 | `name` | octets(8) | must be 4b504143" in description.markdown([Everything])
    assert "| 1 | `SEND` |" in description.markdown([abi.Kind])


def test_a_bar_in_a_document_does_not_end_its_cell() -> None:
    """In the schemas `|` is an operator."""
    line = next(line for line in description.markdown([Slot]).splitlines() if "`key`" in line)
    assert line.replace("\\|", "").count("|") == 5


def test_names_are_classes_modules_and_rooms() -> None:
    assert catalog.find(["Slot"]) == [Slot]
    assert set(catalog.find(["kernel.slot"])) == {Slot, SlotNumber}
    assert Slot in catalog.find(["kernel"])
    assert SegmentDescriptor not in catalog.find(["kernel"])
    assert SegmentDescriptor in catalog.everything()
    assert len(catalog.find(["Slot", "kernel.slot", "SlotNumber"])) == 2, "each once"
    with pytest.raises(UnknownNameError, match="no schema, module or room 'Slots'; did you mean"):
        catalog.find(["Slots"])


def test_members_without_source_have_no_docs() -> None:
    assert docs.of_members(untyped(enum.IntEnum)("Made", {"A": 1})) == {}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("PageTableEntry", "page_table_entry"),
        ("PageDirectoryEntry2M", "page_directory_entry2m"),
        ("Cr0", "cr0"),
        ("Elf64Header", "elf64_header"),
        ("E820EntryExtended", "e820_entry_extended"),
        ("Leaf80000001Edx", "leaf80000001_edx"),
        ("GPTHeader", "gpt_header"),
    ],
)
def test_names_in_lower_case(name: str, expected: str) -> None:
    assert snake(name) == expected


def test_enumerations_are_told_from_words() -> None:
    assert is_enumeration(Ring)
    assert is_enumeration(Media)
    assert not is_enumeration(Entry)
