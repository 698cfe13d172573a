"""GPT and extended boot records beside sgdisk, sfdisk and parted."""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path
from typing import Any

import pytest

from kobjects.errors import KobjectsError
from kobjects.firmware.gpt import (
    BIOS_BOOT,
    EFI_SYSTEM,
    LINUX_DATA,
    TYPES,
    UNUSED,
    Gpt,
    GptAttributes,
    GptEntry,
    GptHeader,
)
from kobjects.firmware.mbr import (
    EXTENDED_TYPES,
    ExtendedBootRecord,
    MasterBootRecord,
    PartitionType,
)
from kobjects.text import Guid, Utf16
from tests.kobjects.firmware.tools import run, sparse

SECTORS = 32768
DISK = Guid("11111111-2222-3333-4444-555555555555")

ENTRIES = (
    GptEntry(
        type=EFI_SYSTEM,
        unique=Guid("0a" * 4 + "-0b0b-0c0c-0d0d-" + "0e" * 6),
        first_lba=2048,
        last_lba=10239,
        name=Utf16("EFI system"),
    ),
    GptEntry(
        type=LINUX_DATA,
        unique=Guid("1a" * 4 + "-1b1b-1c1c-1d1d-" + "1e" * 6),
        first_lba=10240,
        last_lba=20479,
        name=Utf16("Grüße"),
        attributes=GptAttributes(required=True, legacy_boot=True),
    ),
)


def forged(path: Path) -> Path:
    image = bytearray(SECTORS * 512)
    for offset, data in Gpt.make(ENTRIES, SECTORS, DISK).pieces():
        image[offset : offset + len(data)] = data
    path.write_bytes(image)
    return path


def test_sgdisk_verifies_a_forged_table(tmp_path: Path) -> None:
    disk = forged(tmp_path / "disk.img")
    assert "No problems found." in run("sgdisk", "--verify", disk)
    one = run("sgdisk", "--info=1", disk)
    assert "Partition name: 'EFI system'" in one
    assert "C12A7328-F81F-11D2-BA4B-00A0C93EC93B (EFI system partition)" in one
    assert "First sector: 2048" in one
    assert "Last sector: 10239" in one
    two = run("sgdisk", "--info=2", disk)
    assert "Partition unique GUID: 1A1A1A1A-1B1B-1C1C-1D1D-1E1E1E1E1E1E" in two
    assert "Attribute flags: 0000000000000005" in two


def test_sfdisk_and_parted_read_a_forged_table(tmp_path: Path) -> None:
    disk = forged(tmp_path / "disk.img")
    table: dict[str, Any] = json.loads(run("sfdisk", "--json", disk))["partitiontable"]
    assert (table["label"], table["id"]) == ("gpt", str(DISK).upper())
    assert (table["firstlba"], table["lastlba"]) == (34, SECTORS - 34)
    found = [(p["start"], p["size"], p["type"].lower(), p["name"]) for p in table["partitions"]]
    assert found == [
        (e.first_lba, e.last_lba - e.first_lba + 1, str(e.type), str(e.name)) for e in ENTRIES
    ]
    assert table["partitions"][1]["attrs"] == "RequiredPartition LegacyBIOSBootable"
    assert "No errors detected" in run("sfdisk", "--verify", disk)
    lines = run("parted", "-sm", disk, "unit", "s", "print").splitlines()
    assert lines[1].split(":")[1:6] == ["32768s", "file", "512", "512", "gpt"]
    assert lines[2].startswith("1:2048s:10239s:8192s::EFI system:boot, esp")


def test_the_schemas_read_what_sgdisk_wrote(tmp_path: Path) -> None:
    disk = sparse(tmp_path / "disk.img", SECTORS * 512)
    run(
        "sgdisk",
        "--clear",
        f"--disk-guid={DISK}",
        "--new=1:2048:4095",
        "--typecode=1:EF02",
        "--new=2:4096:8191",
        "--typecode=2:EF00",
        "--change-name=2:the ESP",
        "--attributes=2:set:63",
        disk,
    )
    data = disk.read_bytes()
    primary = GptHeader.parse(data[512:])
    backup = GptHeader.parse(data[primary.alternate_lba * 512 :])
    assert primary.check() == backup.check() == []
    assert primary.disk_guid == backup.disk_guid == DISK
    assert (backup.my_lba, backup.alternate_lba) == (SECTORS - 1, 1)
    start = primary.partition_entry_lba * 512
    entries = GptEntry[primary.number_of_entries].parse(data[start:])
    assert zlib.crc32(data[start : start + 128 * 128]) == primary.entries_crc32
    assert [e.type for e in entries if e.used] == [BIOS_BOOT, EFI_SYSTEM]
    assert (entries[1].first_lba, entries[1].last_lba) == (4096, 8191)
    assert str(entries[1].name) == "the ESP"
    assert entries[1].attributes.type_specific == 0x8000
    made = Gpt.make([e for e in entries if e.used], SECTORS, DISK)
    assert made.primary == primary
    assert made.backup == backup
    assert MasterBootRecord.parse(data).partitions == made.mbr.partitions


def test_the_types_are_those_sgdisk_knows(tmp_path: Path) -> None:
    """sgdisk has names of its own, so its number for each type is compared through an entry."""
    disk = sparse(tmp_path / "disk.img", SECTORS * 512)
    codes = {
        "EF00": EFI_SYSTEM,
        "EF02": BIOS_BOOT,
        "8300": LINUX_DATA,
        "8200": "0657fd6d",
        "8304": "4f68bce3",
        "0700": "ebd0a0a2",
        "0C01": "e3c9e316",
        "EF01": "024dee41",
    }
    arguments = ["--clear"]
    for number, code in enumerate(codes, 1):
        arguments += [f"--new={number}:0:+1M", f"--typecode={number}:{code}"]
    run("sgdisk", *arguments, disk)
    entries = GptEntry[128].parse(disk.read_bytes()[1024:])
    for entry, wanted in zip(entries, codes.values(), strict=False):
        assert entry.type in TYPES
        assert str(entry.type).startswith(str(wanted))


def test_a_change_keeps_the_crc_right_and_a_wrong_one_wrong() -> None:
    header = Gpt.make(ENTRIES, SECTORS).primary
    changed = header.replace(last_usable_lba=1000)
    data = changed.build()
    assert changed.header_crc32 == zlib.crc32(data[:16] + bytes(4) + data[20:])
    spoilt = GptHeader.parse(data[:56] + b"x" + data[57:])
    assert [finding.path for finding in spoilt.check()] == ["header_crc32"]
    assert spoilt.replace(my_lba=5).header_crc32 == changed.header_crc32


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([(20, 40)], r"entries\[0\]: blocks 20 to 40 are not within the usable 34 to 32734"),
        ([(2048, 32735)], r"entries\[0\]: blocks 2048 to 32735 are not within"),
        ([(100, 200), (150, 300)], r"entries\[1\]: begins at block 150, but entries\[0\] ends at"),
        ([(200, 100)], r"entries\[0\]: blocks 200 to 100 are not within"),
    ],
)
def test_partitions_that_cannot_be_are_refused(blocks: list[tuple[int, int]], message: str) -> None:
    entries = [GptEntry(type=LINUX_DATA, first_lba=a, last_lba=b) for a, b in blocks]
    with pytest.raises(KobjectsError, match=message):
        Gpt.make(entries, SECTORS)


def test_an_unused_entry_is_all_zero() -> None:
    assert not GptEntry().used
    assert GptEntry().build() == bytes(128)
    assert bytes(16) == UNUSED


def test_logical_partitions_are_where_sfdisk_says(tmp_path: Path) -> None:
    disk = sparse(tmp_path / "disk.img", SECTORS * 512)
    script = """label: dos
        start=2048, size=2048, type=83
        start=4096, size=20000, type=5
        start=6144, size=4096, type=83
        start=12288, size=2048, type=82
    """
    run("sfdisk", "--quiet", disk, stdin=re.sub(r"(?m)^ +", "", script))
    data = disk.read_bytes()
    extended = MasterBootRecord.parse(data).partitions[1]
    assert extended.type in EXTENDED_TYPES
    found, place = [], extended.first_lba
    while True:
        record = ExtendedBootRecord.parse(data[place * 512 :])
        assert record.check() == []
        logical = record.logical
        found.append((place + logical.first_lba, logical.sectors, logical.type))
        if record.link.type is PartitionType.EMPTY:
            break
        place = extended.first_lba + record.link.first_lba
    table: dict[str, Any] = json.loads(run("sfdisk", "--json", disk))["partitiontable"]
    listed = [(p["start"], p["size"], int(p["type"], 16)) for p in table["partitions"]]
    assert found == listed[2:]
