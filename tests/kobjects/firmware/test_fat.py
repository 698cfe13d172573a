"""FAT of all three kinds beside mkfs.fat, mtools and fsck.fat."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kobjects.errors import KobjectsError
from kobjects.firmware.fat import (
    BiosParameterBlock,
    DirectoryEntry,
    ExtendedParameters,
    Fat16BootSector,
    Fat32BootSector,
    FatDate,
    FatTime,
    FileAttributes,
    FsInfo,
    LongNameEntry,
    long_name,
)
from kobjects.firmware.fatlayout import FatLayout, put_entry
from kobjects.text import Spaced
from tests.kobjects.firmware.tools import attempt, run, sparse

KINDS = {12: 4 << 20, 16: 32 << 20, 32: 64 << 20}
"""Bits -> bytes of a volume that mkfs.fat makes of that kind."""


def volume(path: Path, bits: int) -> Path:
    """A volume of mkfs.fat's."""
    disk = sparse(path / f"fat{bits}.img", KINDS[bits])
    run("mkfs.fat", "-F", bits, "-i", "cafe1234", "-n", "KPACK", "-r", 512, disk)
    return disk


def layout(data: bytes) -> FatLayout:
    boot = Fat32BootSector.parse(data)
    return FatLayout.of(boot.bpb, boot.fat_size)


def chain(data: bytes, first: int) -> list[int]:
    """The clusters of a file."""
    where = layout(data)
    table = memoryview(data)[where.fat : where.fat + where.fat_size]
    found = [first]
    while (following := where.entry(table, found[-1])) < where.end:
        found.append(following)
    return found


def listing(directory: bytes) -> dict[str, DirectoryEntry]:
    """The first 16 entries by their long names, each of whose parts fits its short name."""
    entries = DirectoryEntry[16].parse(directory)
    names: dict[str, DirectoryEntry] = {}
    parts: list[LongNameEntry] = []
    for index, entry in enumerate(entries):
        if entry.attributes.long_name:
            parts.append(LongNameEntry.parse(directory[32 * index :]))
            assert parts[-1].check() == []
            continue
        if entry.name[0]:
            assert all(part.checksum == entry.checksum() for part in parts)
            names[long_name(parts) if parts else entry.short_name] = entry
            parts = []
    return names


@pytest.mark.parametrize("bits", KINDS)
def test_the_boot_sector_is_what_mkfs_says(tmp_path: Path, bits: int) -> None:
    disk = sparse(tmp_path / "disk.img", KINDS[bits])
    said = run("mkfs.fat", "-v", "-F", bits, "-i", "cafe1234", "-n", "KPACK", disk)
    data = disk.read_bytes()
    boot = (Fat32BootSector if bits == 32 else Fat16BootSector).parse(data)
    assert boot.check() == []
    assert boot.build() == data[:512]
    extended = boot.extended
    assert (extended.volume_id, str(extended.volume_label)) == (0xCAFE1234, "KPACK")
    assert str(extended.filesystem_type) == f"FAT{bits}"
    bpb = boot.bpb
    numbers = re.search(r"(\d+) heads and (\d+) sectors per track", said)
    assert numbers is not None
    assert (bpb.heads, bpb.sectors_per_track) == tuple(map(int, numbers.groups()))
    assert f"using {bpb.media:#x} media descriptor" in said
    where = layout(data)
    assert where.bits == bits
    assert f"{bpb.fats} {bits}-bit FATs" in said
    assert f"provides {where.clusters} clusters" in " ".join(said.split())
    fat_sectors = re.search(r"FAT size is (\d+) sectors?", said)
    assert fat_sectors is not None
    assert where.fat_size == int(fat_sectors[1]) * 512
    if bits == 32:
        info = FsInfo.parse(data[Fat32BootSector.parse(data).fs_info_sector * 512 :])
        assert info.check() == []
        assert info.free_clusters == where.clusters - 1


@pytest.mark.parametrize("bits", KINDS)
def test_files_are_where_mtools_put_them(tmp_path: Path, bits: int) -> None:
    disk = volume(tmp_path, bits)
    content = bytes(range(256)) * 100
    (tmp_path / "content").write_bytes(content)
    run("mmd", "-i", disk, "::EFI")
    run("mcopy", "-i", disk, tmp_path / "content", "::SHORT.BIN")
    run(
        "mcopy",
        "-i",
        disk,
        tmp_path / "content",
        "::A long name, with Grüße.text",
        env={"LC_ALL": "C.UTF-8"},
    )
    run("mattrib", "-i", disk, "+h", "+r", "::SHORT.BIN")
    data = disk.read_bytes()
    where = layout(data)
    root = where.place(2) if bits == 32 else where.root
    names = listing(data[root:])
    assert list(names) == ["KPACK", "EFI", "SHORT.BIN", "A long name, with Grüße.text"]
    assert names["KPACK"].attributes == FileAttributes(volume_id=True)
    assert names["EFI"].attributes.directory
    assert names["SHORT.BIN"].attributes == FileAttributes(
        hidden=True, read_only=True, archive=True
    )
    long = names["A long name, with Grüße.text"]
    assert long.short_name.startswith("ALONGN~1")
    for entry in (names["SHORT.BIN"], long):
        assert entry.file_size == len(content)
        clusters = chain(data, entry.cluster)
        assert len(clusters) == -(-len(content) // where.cluster)
        read = b"".join(data[(at := where.place(c)) : at + where.cluster] for c in clusters)
        assert read[: len(content)] == content
    listed = run("mdir", "-a", "-i", disk, "::", env={"LC_ALL": "C.UTF-8"})
    stamp = re.search(r"SHORT *BIN *25600 (\d+)-(\d+)-(\d+) *(\d+):(\d+)", listed)
    assert stamp is not None
    date, time = names["SHORT.BIN"].modified_date, names["SHORT.BIN"].modified_time
    found = (1980 + date.years, date.month, date.day, time.hours, time.minutes)
    assert found == tuple(map(int, stamp.groups()))


@pytest.mark.parametrize("bits", KINDS)
def test_fsck_accepts_a_file_that_the_schemas_wrote(tmp_path: Path, bits: int) -> None:
    disk = volume(tmp_path, bits)
    data = bytearray(disk.read_bytes())
    where = layout(bytes(data))
    content = b"written by a schema\n" * 500
    count = -(-len(content) // where.cluster)
    clusters = range(10, 10 + 2 * count, 2)
    for copy in range(where.fats):
        start = where.fat + copy * where.fat_size
        table = data[start : start + where.fat_size]
        for cluster, following in zip(clusters, [*clusters[1:], where.end + 7], strict=True):
            put_entry(table, bits, cluster, following)
        data[start : start + where.fat_size] = table
    for index, cluster in enumerate(clusters):
        piece = content[index * where.cluster :][: where.cluster]
        data[where.place(cluster) : where.place(cluster) + len(piece)] = piece
    entry = DirectoryEntry(
        name=Spaced("FORGED  TXT"),
        attributes=FileAttributes(archive=True),
        cluster_low=clusters[0],
        file_size=len(content),
        modified_date=FatDate(years=46, month=11, day=24),
        modified_time=FatTime(hours=17, minutes=3, seconds=58),
    )
    root = where.place(2) if bits == 32 else where.root
    data[root + 32 : root + 64] = entry.build()
    if bits == 32:
        place = 512 * Fat32BootSector.parse(bytes(data)).fs_info_sector
        info = FsInfo.parse(bytes(data[place : place + 512]))
        data[place : place + 512] = info.replace(free_clusters=info.free_clusters - count).build()
    disk.write_bytes(data)
    done = attempt("fsck.fat", "-n", disk)
    assert done.returncode == 0, done.stdout
    assert run("mcopy", "-i", disk, "::FORGED.TXT", "-") == content.decode()
    assert re.search(r"FORGED +TXT +10000 2026-11-24 +17:03", run("mdir", "-i", disk, "::"))


def test_mtools_reads_a_forged_volume(tmp_path: Path) -> None:
    """No program formats this one."""
    bpb = BiosParameterBlock(
        sectors_per_cluster=4,
        root_entries=512,
        total_sectors_16=20000,
        fat_size_16=20,
    )
    boot = Fat16BootSector(bpb=bpb, extended=ExtendedParameters(volume_id=0x12345678))
    image = bytearray(20000 * 512)
    image[:512] = boot.build()
    where = FatLayout.of(bpb)
    for copy in range(2):
        start = where.fat + copy * where.fat_size
        image[start : start + 4] = b"\xf8\xff\xff\xff"
    disk = tmp_path / "disk.img"
    disk.write_bytes(image)
    info = run("minfo", "-i", disk, "::")
    assert "cluster size: 4 sectors" in info
    assert 'disk label="NO NAME    "' in info
    assert "serial number: 12345678" in info
    done = attempt("fsck.fat", "-n", disk)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("bits", "cluster", "value"),
    [(12, 3, 0xABC), (12, 4, 0xABC), (16, 9, 0xABCD), (32, 9, 0xABCDEF)],
)
def test_an_entry_of_the_table_leaves_its_neighbours_alone(
    bits: int, cluster: int, value: int
) -> None:
    table = bytearray(b"\xff" * 64)
    bpb = BiosParameterBlock(total_sectors_32=16 << 20, fat_size_16=1)
    where = FatLayout.of(bpb)
    where = FatLayout(**{**vars(where), "bits": bits})
    put_entry(table, bits, cluster, value)
    assert where.entry(table, cluster) == value
    for other in (cluster - 1, cluster + 1):
        assert where.entry(table, other) == (1 << min(bits, 28)) - 1
    with pytest.raises(KobjectsError, match="the table has no entry for cluster 1000"):
        where.entry(table, 1000)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"bytes_per_sector": 0}, r"bpb\.bytes_per_sector: 0 is not a power of two"),
        ({"sectors_per_cluster": 3}, r"bpb\.sectors_per_cluster: 3 is not a power of two"),
        ({"total_sectors_16": 9, "fat_size_16": 9}, "bpb: the volume has 4608 bytes, but its data"),
    ],
)
def test_numbers_of_no_volume_are_refused(fields: dict[str, int], message: str) -> None:
    with pytest.raises(KobjectsError, match=message):
        FatLayout.of(BiosParameterBlock(**fields))
