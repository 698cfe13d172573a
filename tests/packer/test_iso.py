"""The CD that is a disk: read by xorriso, sfdisk and file, and by struct as ECMA-119 has it."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from kobjects.identify import identify
from packer.errors import PackError
from packer.formats import bios, iso, volume
from packer.image import Artifact, Image
from tests.packer import tiny

SECTOR = 2048
BOOT = tiny.boot(target="iso")


@pytest.fixture(scope="module")
def image() -> Image:
    return tiny.linked(tiny.system(tasks=[tiny.task()]))


@pytest.fixture(scope="module")
def disc(image: Image) -> Artifact:
    return iso.wrap(image, BOOT)


@pytest.fixture
def path(disc: Artifact, tmp_path: Path) -> Path:
    path = tmp_path / disc.name
    path.write_bytes(disc.data)
    return path


def output(program: str, *arguments: object) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"this system has no {program}")
    command = [found, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_xorriso_finds_the_boot_image(disc: Artifact, path: Path) -> None:
    said = output("xorriso", "-abort_on", "WARNING", "-indev", path, "-report_el_torito", "plain")
    fields = {line.partition(":")[0].strip(): line.partition(":")[2].split()
              for line in said.splitlines()}  # fmt: skip
    number, platform, bootable, emulation, segment, kind, size, lba = fields["El Torito boot img"]
    assert (number, platform, bootable, emulation) == ("1", "BIOS", "y", "none")
    assert (segment, kind) == ("0x0000", "0x00")
    assert fields["El Torito cat path"] == ["/BOOT.CAT"]
    assert fields["El Torito img path"] == ["1", "/LOADER.BIN"]
    assert disc.boot is not None
    start = int(lba) * SECTOR
    loader = disc.data[start : start + int(size) * 512]
    assert loader[:512] == disc.boot.code[:512]
    assert int(size) * 512 >= len(disc.boot.code)


def test_xorriso_extracts_the_kernel(image: Image, path: Path, tmp_path: Path) -> None:
    output(
        "xorriso", "-abort_on", "WARNING", "-osirrox", "on", "-indev", path,
        "-extract", "/", tmp_path / "out",
    )  # fmt: skip
    names = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert names == ["BOOT.CAT", "KERNEL.BIN", "LOADER.BIN"]
    assert (tmp_path / "out" / "KERNEL.BIN").read_bytes() == image.load


def test_file_and_isoinfo_agree(path: Path) -> None:
    assert "ISO 9660 CD-ROM filesystem data" in output("file", "-b", path)
    assert "'TINY' (bootable)" in output("file", "-b", path)


def test_isoinfo_reads_the_volume(path: Path) -> None:
    said = output("isoinfo", "-d", "-i", path)
    assert "Volume id: TINY" in said
    assert "El Torito" in said


def test_sfdisk_reads_the_same_partition_as_of_a_disk(disc: Artifact, path: Path) -> None:
    table = json.loads(output("sfdisk", "-J", path))["partitiontable"]
    (partition,) = table["partitions"]
    assert (partition["start"], partition["size"]) == (1, len(disc.data) // 512 - 1)
    assert (table["label"], partition["bootable"]) == ("dos", True)
    assert "No errors detected." in output("sfdisk", "--verify", path)


def test_each_loader_is_told_of_the_same_kernel_in_its_own_sectors(
    image: Image, disc: Artifact
) -> None:
    """`tiny.BIOS_CODE` begins its second sector with what the packer fills in."""
    cd = disc.data.index(disc.data[:16], 512)
    for start, sector, rest in ((0, 512, 1), (cd, SECTOR, 0)):
        loader, count, lba = struct.unpack_from("<HHQ", disc.data, start + 512)
        assert loader == rest, "of a CD the BIOS loads all"
        assert disc.data[lba * sector : lba * sector + len(image.load)] == image.load
        assert count * sector >= len(image.load) > (count - 1) * sector


@pytest.mark.parametrize(("order", "place"), [("<", 19), (">", 20)])
def test_both_path_tables_lead_to_the_root(disc: Artifact, order: str, place: int) -> None:
    """ECMA-119, "Format of a Path Table Record"."""
    length, extended, extent, parent, name = struct.unpack_from(
        f"{order}BBIHB", disc.data, place * SECTOR
    )
    assert (length, extended, parent, name) == (1, 0, 1, 0)
    own = disc.data[extent * SECTOR :]
    assert struct.unpack_from("<I", own, 2) == (extent,), "its first record is its own"
    (size,) = struct.unpack_from("<I", disc.data, 16 * SECTOR + 132)
    assert size == 10


def test_it_is_known_without_findings(disc: Artifact) -> None:
    tree = identify(disc.data)
    assert [child.name for child in tree.children] == ["mbr", "iso"]
    assert tree.all_findings() == []


def test_its_name_is_in_the_letters_of_a_volume() -> None:
    assert volume.volume_name("my-system 2.0") == "MY_SYSTEM_2_0"
    assert len(volume.volume_name("x" * 40)) == 32


def test_it_says_the_same_moment_whenever_it_is_made(
    image: Image, disc: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert iso.wrap(image, BOOT).data == disc.data
    assert disc.data[16 * SECTOR + 813 :].startswith(b"1980010100000000\0")


def test_source_date_epoch_is_the_moment(
    image: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    (tmp_path / "disc").write_bytes(iso.wrap(image, BOOT).data)
    said = output("xorriso", "-indev", tmp_path / "disc", "-pvd_info")
    assert "2023111422132000" in said
    listed = output("xorriso", "-indev", tmp_path / "disc", "-find", "/KERNEL.BIN", "-exec", "lsdl")
    assert "Nov 14  2023" in listed


@pytest.mark.parametrize("value", ["now", "-1", "1e9", "99999999999"])
def test_a_moment_that_is_none_is_refused(
    value: str, image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", value)
    with pytest.raises(PackError) as caught:
        iso.wrap(image, BOOT)
    assert str(caught.value) == (
        f"error[KP2211]: SOURCE_DATE_EPOCH is '{value}' instead of seconds since 1970, up to the "
        "end of 2107\nhelp: unset SOURCE_DATE_EPOCH, or: git log -1 --format=%ct"
    )


def test_a_loader_that_reaches_the_volume_is_refused(image: Image) -> None:
    with pytest.raises(PackError) as caught:
        iso.wrap(image, tiny.boot(f"{tiny.BIOS_CODE}\n    .org {0x8001}\n", target="iso"))
    assert str(caught.value) == (
        "boot.iso: error[KP2212]: the boot code has 32769 bytes, but a volume begins after 32768"
    )


def test_code_in_the_partition_table_is_refused(image: Image) -> None:
    with pytest.raises(PackError, match="KP2214"):
        iso.wrap(image, tiny.boot("    .zero 445\n    .byte 7\n    .org 512\n", target="iso"))


def test_the_signature_tells_it_from_the_disk(image: Image, disc: Artifact) -> None:
    other = bios.wrap(image, tiny.BIOS)
    assert disc.data[440:444] != other.data[440:444]
