"""ISO 9660 and El Torito beside xorriso."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from kobjects.firmware.eltorito import (
    BootIndicator,
    Emulation,
    HeaderIndicator,
    InitialEntry,
    Platform,
    SectionEntry,
    SectionHeader,
    ValidationEntry,
)
from kobjects.firmware.iso9660 import (
    FIRST_DESCRIPTOR,
    SECTOR,
    BootRecordDescriptor,
    IsoDirectoryRecord,
    PathTableEntry,
    PrimaryDescriptor,
    SupplementaryDescriptor,
    TerminatorDescriptor,
    VolumeDescriptor,
)
from tests.kobjects.firmware.tools import run


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CD with files, Joliet names, a BIOS's boot image and an EFI one."""
    folder = tmp_path_factory.mktemp("iso")
    tree = folder / "tree"
    (tree / "boot").mkdir(parents=True)
    (tree / "boot" / "bios.img").write_bytes(b"\xfa\xf4" * 1024)
    (tree / "boot" / "efi.img").write_bytes(bytes(4096))
    (tree / "a file with a long name.text").write_bytes(b"x" * 3000)
    disk = folder / "cd.iso"
    run("xorriso", "-as", "mkisofs", "-quiet", "-V", "KPACKDISC", "-J", "-publisher", "KPACK",
        "-b", "boot/bios.img", "-no-emul-boot", "-boot-load-size", "4",
        "-eltorito-alt-boot", "-e", "boot/efi.img", "-no-emul-boot",
        "-o", disk, tree)  # fmt: skip
    return disk


def descriptors(data: bytes) -> list[VolumeDescriptor]:
    found: list[VolumeDescriptor] = []
    while not found or not isinstance(found[-1], TerminatorDescriptor):
        start = (FIRST_DESCRIPTOR + len(found)) * SECTOR
        found.append(VolumeDescriptor.parse(data[start : start + SECTOR]))
    return found


def directory(data: bytes, extent: int, size: int) -> list[IsoDirectoryRecord]:
    """The records of a directory; zeros fill each sector up."""
    found, place = [], extent * SECTOR
    while place < extent * SECTOR + size:
        if data[place] == 0:
            place += SECTOR - place % SECTOR
            continue
        record = IsoDirectoryRecord.parse(data[place:])
        found.append(record)
        place += record.length
    return found


def test_the_descriptors_are_those_of_the_disc(image: Path) -> None:
    data = image.read_bytes()
    found = descriptors(data)
    assert [type(one) for one in found] == [
        PrimaryDescriptor, BootRecordDescriptor, SupplementaryDescriptor, TerminatorDescriptor,
    ]  # fmt: skip
    assert [one.check() for one in found] == [[], [], [], []]
    for index, one in enumerate(found):
        start = (FIRST_DESCRIPTOR + index) * SECTOR
        assert one.build() == data[start : start + SECTOR]
    primary: Any = found[0]
    joliet: Any = found[2]
    said = run("xorriso", "-indev", image, "-pvd_info")
    assert f"Volume Id    : {primary.volume_id}" in said
    assert f"Publisher Id : {primary.publisher}" in said
    assert str(joliet.volume_id) == "KPACKDISC"
    created = "".join(str(part) for part in tuple(primary.times.created)[:7])
    assert f"Creation Time: {created}" in said
    toc = run("xorriso", "-indev", image, "-toc")
    size = re.search(r"Media summary:.*?(\d+) data blocks", toc)
    assert size is not None
    assert primary.volume_size == int(size[1])


def test_files_are_where_xorriso_says(image: Path) -> None:
    data = image.read_bytes()
    primary: Any = descriptors(data)[0]
    root = directory(data, primary.root.extent, primary.root.data_length)
    assert all(record.check() == [] for record in root)
    assert [bytes(record.name) for record in root[:2]] == [b"\0", b"\1"]
    files = {str(record.name): record for record in root[2:]}
    assert files["BOOT"].flags.directory
    assert files["BOOT"].volume_big == 1
    inside = directory(data, files["BOOT"].extent, files["BOOT"].data_length)
    found = {
        "/a file with a long name.text": next(f for name, f in files.items() if name[0] == "A"),
        "/boot/bios.img": next(f for f in inside if str(f.name).startswith("BIOS")),
    }
    for path, record in found.items():
        said = run("xorriso", "-indev", image, "-find", path, "-exec", "report_lba", "--")
        lba = re.search(r"File data lba: *\d+ , *(\d+) , *\d+ , *(\d+) ,", said)
        assert lba is not None
        assert (record.extent, record.data_length) == (int(lba[1]), int(lba[2]))


def test_joliet_names_are_utf16(image: Path) -> None:
    data = image.read_bytes()
    joliet: Any = descriptors(data)[2]
    records = directory(data, joliet.root.extent, joliet.root.data_length)
    names = [bytes(record.name).decode("utf-16-be") for record in records[2:]]
    assert "a file with a long name.text" in [name.partition(";")[0] for name in names]


def test_the_path_table_has_every_directory(image: Path) -> None:
    data = image.read_bytes()
    primary: Any = descriptors(data)[0]
    place = primary.layout.path_table * SECTOR
    end = place + primary.layout.path_table_size
    found = []
    while place < end:
        found.append(PathTableEntry.parse(data[place:]))
        place += len(found[-1].build())
    assert [(bytes(entry.name), entry.parent) for entry in found] == [(b"\0", 1), (b"BOOT", 1)]
    assert found[0].extent == primary.root.extent


def test_the_boot_catalog_is_what_xorriso_reports(image: Path) -> None:
    data = image.read_bytes()
    boot: Any = descriptors(data)[1]
    catalog = data[boot.catalog * SECTOR :]
    validation = ValidationEntry.parse(catalog)
    initial = InitialEntry.parse(catalog[32:])
    header = SectionHeader.parse(catalog[64:])
    section = SectionEntry.parse(catalog[96:])
    for one in (validation, initial, header, section):
        assert one.check() == []
    assert validation.platform is Platform.X86
    assert (initial.indicator, initial.media.emulation) == (BootIndicator.BOOTABLE, Emulation.NONE)
    assert (header.platform, header.indicator) == (Platform.EFI, HeaderIndicator.LAST)
    said = run("xorriso", "-indev", image, "-report_el_torito", "plain")
    images = re.findall(
        r"^El Torito boot img : +\d+ +(\w+) +y +none +0x0000 +0x00 +(\d+) +(\d+)", said, re.M
    )
    assert images == [
        ("BIOS", str(initial.sector_count), str(initial.load_lba)),
        ("UEFI", str(section.sector_count), str(section.load_lba)),
    ]
    assert data[initial.load_lba * SECTOR :][:2] == b"\xfa\xf4"


def test_a_changed_catalog_keeps_its_checksum() -> None:
    entry = ValidationEntry(platform=Platform.EFI)
    words = memoryview(entry.build()).cast("H")
    assert sum(words) % (1 << 16) == 0
    assert entry.replace(platform=Platform.X86) == ValidationEntry()
    broken = ValidationEntry.parse(entry.build()[:4] + b"X" + entry.build()[5:])
    assert [finding.path for finding in broken.check()] == ["checksum"]


def test_xorriso_reads_a_volume_id_that_a_schema_changed(image: Path, tmp_path: Path) -> None:
    data = bytearray(image.read_bytes())
    primary = PrimaryDescriptor.parse(data[FIRST_DESCRIPTOR * SECTOR :])
    changed = primary.edit({"volume_id": "FORGED", "layout.sequence": 1})
    data[FIRST_DESCRIPTOR * SECTOR :][:SECTOR]
    data[FIRST_DESCRIPTOR * SECTOR : (FIRST_DESCRIPTOR + 1) * SECTOR] = changed.build()
    copy = tmp_path / "copy.iso"
    copy.write_bytes(data)
    assert "Volume Id    : FORGED" in run("xorriso", "-indev", copy, "-pvd_info")


def test_both_byte_orders_follow_each_other() -> None:
    primary = PrimaryDescriptor(volume_size=0x01020304)
    assert primary.build()[80:88] == bytes([4, 3, 2, 1, 1, 2, 3, 4])
    one = PrimaryDescriptor.parse(primary.build()[:80] + b"\0" + primary.build()[81:])
    assert [str(finding) for finding in one.check()] == [
        "volume_size_big: 0x1020304, but volume_size is 0x1020300"
    ]
