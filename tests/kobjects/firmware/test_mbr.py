"""The master boot record, as sfdisk reads it and as sfdisk writes it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kobjects.firmware.mbr import (
    Chs,
    MasterBootRecord,
    PartitionEntry,
    PartitionStatus,
    PartitionType,
)

SECTORS = 65536
"""Of the disks in these tests: 32 MiB."""


def sfdisk(*arguments: str, script: str = "") -> str:
    program = shutil.which("sfdisk")
    if program is None:
        pytest.skip("sfdisk is missing: apt-get install fdisk")
    done = subprocess.run(
        [program, *arguments], input=script, capture_output=True, text=True, check=True
    )
    return done.stdout


def partition(kind: PartitionType, first: int, sectors: int, *, active: bool) -> PartitionEntry:
    return PartitionEntry(
        status=PartitionStatus.ACTIVE if active else PartitionStatus.INACTIVE,
        first_chs=Chs.of_lba(first),
        type=kind,
        last_chs=Chs.of_lba(first + sectors - 1),
        first_lba=first,
        sectors=sectors,
    )


def write(folder: Path, record: MasterBootRecord) -> str:
    disk = folder / "disk.img"
    disk.write_bytes(record.build().ljust(SECTORS * 512, b"\0"))
    return str(disk)


def test_sfdisk_reads_what_the_schema_wrote(tmp_path: Path) -> None:
    entries = (
        partition(PartitionType.EXPERIMENTAL, 1, 2047, active=True),
        partition(PartitionType.LINUX, 2048, 60000, active=False),
        PartitionEntry(),
        PartitionEntry(),
    )
    record = MasterBootRecord(disk_signature=0x12345678, partitions=entries)
    disk = write(tmp_path, record)
    table: dict[str, Any] = json.loads(sfdisk("--json", disk))["partitiontable"]
    assert table["label"] == "dos"
    assert table["id"] == "0x12345678"
    found = [
        (part["start"], part["size"], int(part["type"], 16), part.get("bootable", False))
        for part in table["partitions"]
    ]
    assert found == [(1, 2047, 0x7F, True), (2048, 60000, 0x83, False)]


def test_sfdisk_finds_nothing_to_complain_of(tmp_path: Path) -> None:
    entry = partition(PartitionType.EXPERIMENTAL, 2048, 60000, active=True)
    record = MasterBootRecord(disk_signature=1, partitions=(entry, *[PartitionEntry()] * 3))
    assert "No errors detected" in sfdisk("--verify", write(tmp_path, record))


def test_the_schema_reads_what_sfdisk_wrote(tmp_path: Path) -> None:
    disk = tmp_path / "disk.img"
    disk.write_bytes(bytes(SECTORS * 512))
    script = """label: dos
        label-id: 0xcafef00d
        start=2048, size=4096, type=c, bootable
        start=40000, size=20000, type=82
    """
    sfdisk("--quiet", str(disk), script=script)
    record = MasterBootRecord.parse(disk.read_bytes())
    first, second = record.partitions[:2]
    assert record.disk_signature == 0xCAFEF00D
    assert record.signature == 0xAA55
    assert (first.status, first.type) == (PartitionStatus.ACTIVE, PartitionType.FAT32_LBA)
    assert (first.first_lba, first.sectors) == (2048, 4096)
    assert (second.status, second.type) == (PartitionStatus.INACTIVE, PartitionType.LINUX_SWAP)
    assert (second.first_lba, second.sectors) == (40000, 20000)
    assert record.partitions[2:] == (PartitionEntry(), PartitionEntry())
    assert record.check() == []


def test_cylinder_head_sector_are_those_sfdisk_computes(tmp_path: Path) -> None:
    """A sparse file of 8.4 GB, as far as these addresses reach; sfdisk fills the old fields too."""
    disk = tmp_path / "disk.img"
    with disk.open("wb") as file:
        file.truncate(1024 * 255 * 63 * 512)
    starts = (1, 63, 16065 + 62, 1023 * 255 * 63 + 8000)
    lines = ["label: dos", *(f"start={start}, size=60, type=83" for start in starts)]
    sfdisk("--quiet", "--force", str(disk), script="\n".join(lines) + "\n")
    with disk.open("rb") as file:
        entries = MasterBootRecord.parse(file.read(512)).partitions
    assert [entry.first_lba for entry in entries] == [*starts]
    assert [entry.first_chs for entry in entries] == [Chs.of_lba(start) for start in starts]
    assert [entry.last_chs for entry in entries] == [Chs.of_lba(start + 59) for start in starts]


def test_partition_types_are_those_sfdisk_lists() -> None:
    listed = re.findall(
        r"^ *([0-9a-f]{1,2})  (\S.*)$", sfdisk("--label", "dos", "--list-types"), re.M
    )
    names = {int(number, 16): name.strip() for number, name in listed}
    ours = {
        PartitionType.EMPTY: "Empty",
        PartitionType.FAT12: "FAT12",
        PartitionType.FAT16_SMALL: "FAT16 <32M",
        PartitionType.FAT16_LBA: "W95 FAT16 (LBA)",
        PartitionType.HIDDEN_NTFS: "Hidden HPFS/NTFS",
        PartitionType.HIDDEN_NTFS_WINRE: "Hidden NTFS WinRE",
        PartitionType.LINUX_EXTENDED: "Linux extended",
        PartitionType.LINUX_LVM: "Linux LVM",
        PartitionType.FREEBSD: "FreeBSD",
        PartitionType.OPENBSD: "OpenBSD",
        PartitionType.NETBSD: "NetBSD",
        PartitionType.HFS: "HFS / HFS+",
        PartitionType.LINUX_RAID: "Linux raid autodetect",
        PartitionType.EXTENDED: "Extended",
        PartitionType.FAT16: "FAT16",
        PartitionType.NTFS: "HPFS/NTFS/exFAT",
        PartitionType.FAT32: "W95 FAT32",
        PartitionType.FAT32_LBA: "W95 FAT32 (LBA)",
        PartitionType.EXTENDED_LBA: "W95 Ext'd (LBA)",
        PartitionType.LINUX_SWAP: "Linux swap / Solaris",
        PartitionType.LINUX: "Linux",
        PartitionType.GPT_PROTECTIVE: "GPT",
        PartitionType.EFI_SYSTEM: "EFI (FAT-12/16/32)",
    }
    assert {number: names[number] for number in ours} == ours
    assert set(PartitionType) - set(ours) == {PartitionType.EXPERIMENTAL}


def test_sectors_beyond_the_last_address_have_the_last_address() -> None:
    assert Chs.of_lba(1024 * 255 * 63).build() == b"\xfe\xff\xff"


def test_a_sector_without_signature_breaks_a_rule() -> None:
    record = MasterBootRecord.parse(bytes(512))
    assert [finding.path for finding in record.check()] == ["signature"]
