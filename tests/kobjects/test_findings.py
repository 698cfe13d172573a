"""Every finding of `identify`, each caused by one change of a blob that has none."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kobjects.firmware.gpt import GptEntry, GptHeader
from kobjects.firmware.mbr import MasterBootRecord, PartitionEntry, PartitionType
from kobjects.identify import find, identify
from kobjects.path import locate
from tests.kobjects.blobs import ESP, SECTORS, fat_volume, gpt_disk
from tests.kobjects.firmware.test_pe import forged as forged_pe


def findings(blob: Any) -> list[str]:
    return [str(finding) for finding in identify(blob).all_findings()]


def spoil(disk: bytearray, offset: int, data: bytes) -> bytearray:
    disk[offset : offset + len(data)] = data
    return disk


def entry_at(index: int) -> int:
    return 1024 + index * GptEntry.size


def in_header(name: str, block: int = 1) -> int:
    return block * 512 + GptHeader.offset(name)


LAST = SECTORS - 1

GPT_FAULTS: list[tuple[Callable[[bytearray], Any], str]] = [
    (lambda d: spoil(d, in_header("disk_guid"), b"x"),
     "gpt.primary.header_crc32: "),
    (lambda d: spoil(d, in_header("zero_20"), b"x"),
     "gpt.primary.zero_20: b'x\\x00\\x00\\x00', but must be"),
    (lambda d: spoil(d, entry_at(0) + GptEntry.offset("name"), b"X"),
     "gpt.primary.entries_crc32: "),
    (lambda d: spoil(d, entry_at(0) + GptEntry.offset("name"), b"X"),
     "gpt.backup: the entries are not those of the primary"),
    (lambda d: spoil(d, in_header("signature", LAST), b"x"),
     f"gpt.backup: there is no backup header in block {LAST}"),
    (lambda d: spoil(d, in_header("disk_guid", LAST), b"x"),
     "gpt.backup.disk_guid: "),
    (lambda d: spoil(d, in_header("alternate_lba"), b"\7\0"),
     f"gpt.primary.alternate_lba: 7, but the last block of the disk is {LAST}"),
    (lambda d: spoil(d, in_header("my_lba"), b"\7"),
     "gpt.primary.my_lba: 7, but the header lies in block 1"),
    (lambda d: spoil(d, in_header("size_of_entry"), b"\x81"),
     "gpt.primary.size_of_entry: 129 is not 128 times a power of two"),
    (lambda d: spoil(d, in_header("number_of_entries"), b"\xff\xff\xff\xff"),
     "gpt.primary.partition_entry_lba: the array of entries is not all there"),
    (lambda d: spoil(d, entry_at(1) + 32, (ESP + 4000).to_bytes(8, "little")),
     "gpt.partitions[1]: overlaps partitions[0]"),
    (lambda d: spoil(d, entry_at(1) + 40, (SECTORS).to_bytes(8, "little")),
     f"gpt.partitions[1]: blocks {ESP + 4096} to {SECTORS} are not within the usable 34 to"),
    (lambda d: spoil(d, entry_at(1) + 40, bytes(8)),
     f"gpt.partitions[1]: ends at block 0, before its first, {ESP + 4096}"),
    (lambda d: spoil(d, entry_at(1) + 16, b"1" * 16),
     "gpt.partitions[1].unique: is also that of partitions[0]"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "finding"), GPT_FAULTS, ids=[f for _, f in GPT_FAULTS])
def test_a_fault_of_a_guid_partition_table_is_found(fault: Any, finding: str) -> None:
    assert any(said.startswith(finding) for said in findings(fault(gpt_disk())))


def in_fat(path: str) -> int:
    """Offset in the volume."""
    node, rest = find(identify(fat_volume()), path)
    return node.offset + (locate(node.value, rest)[0] if rest else 0)


FAT_FAULTS: list[tuple[Callable[[bytearray], Any], str]] = [
    (lambda d: spoil(d, 512, b"\xf0"), "fat.boot.bpb.media: 0xf8, but the table begins with 0xf0"),
    (lambda d: spoil(d, 600, b"x"), "fat: copy 1 of the table differs from the first"),
    (lambda d: spoil(d, 22, b"\1"), "fat: a table has 512 bytes, but "),
    (lambda d: d[:-512], "fat.boot: 2097152 bytes, but only 2096640 are there"),
    (lambda d: spoil(d, in_fat("fat[EFI][BOOTX64.EFI].file_size"), b"\0\x40"),
     "fat[EFI][BOOTX64.EFI].file_size: 16384 bytes, but its clusters have 2048"),
    (lambda d: spoil(d, in_fat("fat[EFI][BOOTX64.EFI].cluster_low"), b"\2\0"),
     "fat[EFI][BOOTX64.EFI].cluster_low: cluster 2 also belongs to /EFI"),
    (lambda d: spoil(d, in_fat("fat[EFI].cluster_low"), b"\xf0\xff"),
     "fat[EFI].cluster_low: leads to cluster 65520, which there is not"),
    (lambda d: spoil(d, in_fat("fat[EFI][BOOTX64.EFI].attributes"), b"\xa0"),
     "fat[EFI][BOOTX64.EFI].attributes.zero_6: 0x2, but must be 0"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "finding"), FAT_FAULTS, ids=[f for _, f in FAT_FAULTS])
def test_a_fault_of_a_fat_volume_is_found(fault: Any, finding: str) -> None:
    volume = bytearray(fat_volume())
    assert findings(volume) == []
    assert any(said.startswith(finding) for said in findings(fault(volume)))


def test_a_chain_that_leads_back_is_found() -> None:
    volume = bytearray(fat_volume())
    at = volume.index(b"\xf8\xff\xff")
    volume[at + 6 : at + 8] = b"\x03\xf0"  # cluster 4 leads to 3
    said = findings(volume)
    assert any("cluster 3 also belongs to itself" in finding for finding in said)


PE_FAULTS: list[tuple[str, bytes, str]] = [
    ("optional.image.checksum", b"\1", "pe.optional.image.checksum: 0x"),
    ("optional.image.file_alignment", b"\3", "pe.optional.image.file_alignment: 0x203 is not a"),
    ("optional.entry", b"\0\x70", "pe.optional.entry: 0x7000 is in no section"),
    ("optional.image.image_size", b"\0\x10", "pe.optional.image.image_size: 0x1000, but the last"),
    ("optional.directories[5].length", b"\0\0\1", "pe.optional.directories[5]: ends at 0x12000, "),
    ("sections[1].raw_offset", b"\0\3", "pe.sections[1]: overlaps sections[0] in the file"),
    ("sections[1].virtual_address", b"\0\x10", "pe.sections[1]: overlaps sections[0] in the mem"),
    ("sections[1].raw_size", b"\0\x40", "pe.sections[1].raw_size: ends at 0x4400, but the file"),
    ("coff.sections", b"\xff", "pe.coff.sections: 255, but only "),
    ("sections[0].characteristics", b"\1", "pe.sections[0].characteristics.reserved_0: 0x1, but"),
]


@pytest.mark.parametrize(("field", "data", "finding"), PE_FAULTS, ids=[f[2] for f in PE_FAULTS])
def test_a_fault_of_a_pe_image_is_found(field: str, data: bytes, finding: str) -> None:
    program = bytearray(forged_pe())
    assert findings(program) == []
    node, rest = find(identify(program), f"pe.{field}")
    spoil(program, node.offset + locate(node.value, rest)[0], data)
    assert any(said.startswith(finding) for said in findings(program))


def test_faults_of_a_master_boot_record_are_found() -> None:
    def part(first: int, sectors: int, kind: PartitionType, status: int = 0) -> PartitionEntry:
        return PartitionEntry.parse(
            PartitionEntry(type=kind, first_lba=first, sectors=sectors).build()
        ).replace(status=status)

    record = MasterBootRecord(
        partitions=(
            part(10, 20, PartitionType.LINUX, 0x80),
            part(25, 10, PartitionType.LINUX, 0x80),
            part(50, 100, PartitionType.EXTENDED),
            PartitionEntry(),
        )
    )
    disk = bytearray(record.build().ljust(100 * 512, b"\0"))
    said = findings(disk)
    assert "mbr.partitions[1]: overlaps partitions[0]" in said
    assert "mbr.partitions: more than one partition is active" in said
    assert "mbr.partitions[2]: ends at sector 150, but the disk has 100" in said
    assert "mbr.partitions[2].logical[0].signature: 0x0, but must be 0xaa55" in said


def test_a_protective_partition_that_does_not_cover_the_disk_is_found() -> None:
    disk = gpt_disk()
    spoil(disk, MasterBootRecord.offset("partitions[0].sectors"), b"\0\1\0\0")
    assert "mbr.partitions[0]: 256 sectors, but the disk has 8191 after its first" in findings(disk)


def test_an_elf_file_that_is_cut_says_what_is_missing() -> None:
    data = Path("/bin/true").read_bytes()
    said = findings(data[: len(data) // 2])
    assert any(re.fullmatch(r"elf\.sections: \d+, but only 0 are there", text) for text in said)
    assert any(".p_filesz: ends at" in finding for finding in said)


def test_a_survey_that_ends_early_says_so() -> None:
    found = identify(gpt_disk(), limit=5)
    assert "there is too much; not all was looked at" in str(found.all_findings()[0])
    assert len(list(found.walk())) <= 6
