"""Changing fields by paths: what follows, what stays, and what other programs say of it then."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import pytest

from kobjects.errors import FieldValueError, KobjectsError, UnknownNameError
from kobjects.firmware.fat import BiosParameterBlock
from kobjects.firmware.fatlayout import FatLayout, put_entry
from kobjects.firmware.gpt import GptEntry, GptHeader
from kobjects.identify import find, identify
from kobjects.patch import from_text, patch
from kobjects.path import value_at
from tests.kobjects.blobs import SECTORS, acpi_tables, fat_volume, gpt_disk
from tests.kobjects.firmware.tools import run
from tests.kobjects.samples import Everything, Ring
from tests.kobjects.test_findings import entry_at, in_header, spoil
from tests.kobjects.test_identify import PROGRAM

NAME = "gpt.partitions[0].name"


def at(blob: Any, path: str) -> Any:
    node, rest = find(identify(blob), path)
    return value_at(node.value, rest)


def test_a_partition_is_renamed_in_both_copies_and_every_sum_is_right(tmp_path: Path) -> None:
    disk = gpt_disk()
    done = patch(disk, {NAME: "renamed"}).changes
    assert [(change.path, change.reason) for change in done] == [
        ("gpt.partitions[0].name", ""),
        ("gpt.partitions[0].name", "the copy"),
        ("gpt.primary.header_crc32", "follows"),
        ("gpt.primary.entries_crc32", "follows"),
        ("gpt.backup.header_crc32", "follows"),
        ("gpt.backup.entries_crc32", "follows"),
    ]
    assert str(done[0]) == "gpt.partitions[0].name: ESP -> renamed"
    assert identify(disk).all_findings() == []
    file = tmp_path / "disk.img"
    file.write_bytes(disk)
    assert "Partition name: 'renamed'" in run("sgdisk", "--info=1", file)
    assert "No problems found" in run("sgdisk", "--verify", file)


def test_a_field_of_the_primary_header_is_the_backups_too(tmp_path: Path) -> None:
    disk = gpt_disk()
    patch(disk, {"gpt.primary.disk_guid": "11111111-2222-3333-4444-555555555555"})
    file = tmp_path / "disk.img"
    file.write_bytes(disk)
    assert "No problems found" in run("sgdisk", "--verify", file)
    assert identify(disk).all_findings() == []
    backup = GptHeader.parse(disk[(SECTORS - 1) * 512 :])
    assert str(backup.disk_guid).startswith("11111111-2222")


def test_the_spans_are_all_that_was_written() -> None:
    disk = gpt_disk()
    copy = bytearray(disk)
    for offset, data in patch(disk, {NAME: "renamed"}).spans:
        copy[offset : offset + len(data)] = data
    assert copy == disk


def test_a_file_in_pieces_is_changed_where_they_lie() -> None:
    """The program's first cluster is moved away from the others, and its header changed there."""
    volume = bytearray(fat_volume())
    layout = FatLayout.of(BiosParameterBlock.parse(volume[11:]))
    table = volume[layout.fat : layout.fat + layout.fat_size]
    put_entry(table, 12, 100, 4)
    put_entry(table, 12, 3, 0)
    for copy in range(2):
        place = layout.fat + copy * layout.fat_size
        volume[place : place + len(table)] = table
    old, new = layout.place(3), layout.place(100)
    volume[new : new + layout.cluster] = volume[old : old + layout.cluster]
    volume[old : old + layout.cluster] = bytes(layout.cluster)
    patch(volume, {"fat[EFI][BOOTX64.EFI].cluster_low": 100})
    assert identify(volume).all_findings() == []
    program = "fat[EFI][BOOTX64.EFI].pe"
    patch(volume, {f"{program}.sections[1].name": "moved", f"{program}.coff.timestamp": 7})
    assert identify(volume).all_findings() == []
    assert volume[old : old + layout.cluster] == bytes(layout.cluster)
    assert at(volume, f"{program}.coff.timestamp") == 7


def test_what_was_wrong_stays_wrong() -> None:
    disk = spoil(gpt_disk(), in_header("entries_crc32"), bytes(4))
    patch(disk, {NAME: "renamed"})
    primary = GptHeader.parse(disk[512:])
    assert primary.entries_crc32 == 0
    backup = GptHeader.parse(disk[(SECTORS - 1) * 512 :])
    assert backup.entries_crc32 == zlib.crc32(disk[1024 : 1024 + 128 * 128])
    assert backup.check() == []


def test_a_copy_that_differs_is_left_alone() -> None:
    disk = gpt_disk()
    backup = GptHeader.parse(disk[(SECTORS - 1) * 512 :])
    place = backup.partition_entry_lba * 512
    spoil(disk, place, b"x")
    patch(disk, {NAME: "renamed"})
    assert str(GptEntry.parse(disk[place:]).name) == "ESP"
    assert str(GptEntry.parse(disk[entry_at(0) :]).name) == "renamed"


def test_a_sum_that_is_named_takes_what_it_is_given() -> None:
    disk = gpt_disk()
    patch(disk, {NAME: "x", "gpt.primary.entries_crc32": 5})
    primary = GptHeader.parse(disk[512:])
    assert (primary.entries_crc32, primary.check()) == (5, [])


def test_a_program_inside_a_file_keeps_its_checksum() -> None:
    disk = gpt_disk()
    done = patch(disk, {f"{PROGRAM}.coff.timestamp": "0x12345678"}).changes
    assert [change.path for change in done] == [
        f"{PROGRAM}.coff.timestamp",
        f"{PROGRAM}.optional.image.checksum",
    ]
    assert at(disk, f"{PROGRAM}.coff.timestamp") == 0x12345678
    assert identify(disk).all_findings() == []


def test_a_table_keeps_its_sum() -> None:
    tables = bytearray(acpi_tables())
    patch(tables, {"acpi.tables[1].entries[0].apic_id": "9"})
    assert at(tables, "acpi.tables[1].entries[0].apic_id") == 9
    assert identify(tables).all_findings() == []


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"gpt.partitions[0]": "1"}, UnknownNameError, "is a whole structure; name one of its"),
        ({"gpt.partitions[0].nmae": "1"}, UnknownNameError, "no field 'nmae'; did you mean 'name'"),
        ({"gpt.nothing.x": "1"}, UnknownNameError, "there is no nothing.x in GUID partition table"),
        ({"gpt.partitions[0].first_lba": "many"}, FieldValueError, "'many' is no number"),
        ({"gpt.partitions[0].first_lba": -1}, FieldValueError, r"gpt\.partitions\[0\]\.first_lba"),
        ({"gpt.partitions[0].attributes.required": "maybe"}, FieldValueError, "'maybe' is none of"),
        ({"gpt.partitions[0].name": "x" * 40}, FieldValueError, "80 bytes do not fit into 72"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_changed(
    changes: dict[str, Any], kind: Any, message: str
) -> None:
    disk = gpt_disk()
    before = bytes(disk)
    with pytest.raises(kind, match=message):
        patch(disk, {NAME: "renamed", **changes})
    assert disk == before


def test_a_structure_that_would_grow_is_refused() -> None:
    tables = bytearray(acpi_tables())
    with pytest.raises(FieldValueError, match=r"^acpi\.tables\[2\]: would have 38 bytes instead"):
        patch(tables, {"acpi.tables[2].content": "0102"})


def test_a_read_only_buffer_is_refused() -> None:
    with pytest.raises(KobjectsError, match="read-only; use a bytearray"):
        patch(acpi_tables(), {})


def test_texts_are_read_as_the_fields_type() -> None:
    value = Everything()
    assert from_text("0x10", value.big) == 16
    assert from_text("user", value.ring) is Ring.USER
    assert from_text("7", value.ring) == 7
    assert from_text("yes", value.entry.present) is True
    assert from_text("4b 50", value.name) == b"KP"
    for text, like, message in (
        ("x", value.name, "'x' is no hexadecimal number of bytes"),
        ("x", value.ring, "'x' is no number, nor one of KERNEL, USER"),
        ("x", value.words, "is no single value; name one of its parts"),
    ):
        with pytest.raises(FieldValueError, match=message):
            from_text(text, like)
