"""The UEFI disk, read back by programs that know nothing of us; and every byte of it owned."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from kobjects.firmware.pe import (
    CoffHeader,
    DataDirectory,
    Directory,
    DosHeader,
    OptionalHeader64,
    WinCertificate,
)
from kobjects.identify import identify
from packer.build import artifacts, build
from packer.errors import PackError
from packer.formats import uefi
from packer.formats.pe import CHECKSUM, OptionalHeader, PeHeaders
from packer.image import Artifact, Image
from packer.manifest import DEMONSTRATION, load
from packer.provenance import Kind
from tests.packer import tiny

MIB = 1 << 20
SECTOR = 512


@pytest.fixture(scope="module")
def image() -> Image:
    return build(load(DEMONSTRATION).system)


@pytest.fixture(scope="module")
def disk(image: Image) -> Artifact:
    return uefi.wrap(image)


@pytest.fixture(scope="module")
def application(image: Image) -> bytes:
    return uefi.program(image)[0].file()[0]


@pytest.fixture
def on_disk(disk: Artifact, tmp_path: Path) -> Path:
    path = tmp_path / "disk.img"
    path.write_bytes(disk.data)
    return path


def run(program: str, *words: object) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"this system has no {program}")
    command = [path, *map(str, words)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_every_byte_has_one_owner(disk: Artifact) -> None:
    reached = 0
    for owner in disk.owners:
        assert owner.start == reached
        assert owner.size > 0
        reached = owner.end
        if owner.kind is Kind.PADDING:
            assert not any(disk.data[owner.start : owner.end]), owner
    assert reached == len(disk.data)


def test_sgdisk_finds_no_problems(on_disk: Path) -> None:
    said = run("sgdisk", "--verify", on_disk)
    assert "No problems found." in said
    assert "Warning" not in said


def test_sfdisk_reads_one_system_partition(on_disk: Path, disk: Artifact) -> None:
    table = json.loads(run("sfdisk", "-J", on_disk))["partitiontable"]
    (partition,) = table["partitions"]
    assert table["label"] == "gpt"
    assert partition["type"] == "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
    assert partition["name"] == "EFI system"
    assert partition["start"] * SECTOR == MIB
    assert (partition["start"] + partition["size"] + 33) * SECTOR == len(disk.data)


def test_fsck_and_mtools_find_the_application(
    on_disk: Path, disk: Artifact, application: bytes, tmp_path: Path
) -> None:
    (tmp_path / "esp").write_bytes(disk.data[MIB : -33 * SECTOR])
    run("fsck.fat", "-n", tmp_path / "esp")
    run("mcopy", "-n", "-i", f"{on_disk}@@1M", "::EFI/BOOT/BOOTX64.EFI", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == application


def test_objdump_finds_code_and_the_kernel(
    image: Image, application: bytes, tmp_path: Path
) -> None:
    (tmp_path / "a.efi").write_bytes(application)
    said = run("objdump", "-h", "-p", tmp_path / "a.efi")
    assert "file format pei-x86-64" in said
    assert "(EFI application)" in said
    assert "NX_COMPAT" in said
    assert "DYNAMIC_BASE" in said
    found = re.findall(r"\d (\.\w+) +(\w+)  (\w+)  \w+  (\w+) .*\n +(.*)", said)
    assert [(name, flags) for name, _, _, _, flags in found] == [
        (".text", "CONTENTS, ALLOC, LOAD, READONLY, CODE"),
        (".kernel", "CONTENTS, ALLOC, LOAD, READONLY, DATA"),
    ]
    _, size, address, offset, _ = found[1]
    assert int(address, 16) % 4096 == 0
    start = int(offset, 16)
    assert application[start : start + int(size, 16)] == image.load


def test_inspection_finds_nothing_wrong(disk: Artifact) -> None:
    tree = identify(disk.data)
    assert tree.all_findings() == []
    kinds = {node.kind for _, node in tree.walk()}
    assert {"GUID partition table", "FAT16 volume", "PE image"} <= kinds


def test_our_optional_header_is_the_schemas_with_16_directories() -> None:
    for name in OptionalHeader64.fields:
        if name == "directories":
            continue
        assert OptionalHeader.offset(name) == OptionalHeader64.offset(name), name
    assert OptionalHeader.size == OptionalHeader64.least + 16 * DataDirectory.size
    assert PeHeaders.size == 4 + CoffHeader.size + OptionalHeader.size


def test_it_is_the_same_whenever_it_is_built_and_its_guids_follow_the_content(
    image: Image, disk: Artifact
) -> None:
    assert uefi.wrap(image).data == disk.data
    other = uefi.wrap(build(replace(image.system, name="other", modules=())))
    for place in (slice(SECTOR + 56, SECTOR + 72), slice(1024 + 16, 1024 + 32)):
        assert other.data[place] != disk.data[place]
        assert disk.data[place][7] >> 4 == 8, "RFC 9562: version 8"
        assert disk.data[place][8] >> 6 == 2, "RFC 9562: its variant"


def test_boot_code_that_does_not_begin_with_its_entry_is_refused(image: Image) -> None:
    boot = tiny.boot("    nop\nuefi_entry:\n    ret\n", 0x10_0000, "uefi")
    with pytest.raises(PackError) as caught:
        uefi.wrap(image, boot)
    assert str(caught.value) == (
        "boot.uefi: error[KP2203]: the boot code does not begin with the label uefi_entry, at "
        "which firmware enters it"
    )


def test_boot_code_whose_work_area_reaches_the_kernel_is_refused(image: Image) -> None:
    boot = tiny.boot("uefi_entry:\n    ret\n", 0x1F_0000, "uefi")
    with pytest.raises(PackError, match=r"KP2005.* overlaps its work area"):
        uefi.wrap(image, boot)


def test_what_a_signer_may_change_is_the_checksum_and_what_is_behind(image: Image) -> None:
    application, _ = uefi.program(image)
    plain, _ = application.file()
    table = WinCertificate(length=8 + 100).build() + bytes(range(100))
    data = bytearray(plain + table + bytes(4))
    place = DosHeader.size + PeHeaders.offset("optional.directories") + 8 * Directory.CERTIFICATE
    entry = DataDirectory(virtual_address=len(plain), length=len(table) + 4)
    data[place : place + 8] = entry.build()
    data[CHECKSUM : CHECKSUM + 4] = _checksum(bytes(data))
    signed, owners = application.signed(bytes(data))
    assert signed == data
    leaves = [owner for owner in owners if owner.start >= len(plain)]
    assert [(leaf.part, leaf.path or leaf.text, leaf.size) for leaf in leaves] == [
        ("certificate", "length", 4),
        ("certificate", "revision", 2),
        ("certificate", "type", 2),
        ("signature", "PKCS #7, made by the signer", 100),
        ("padding", "certificates are aligned to 8", 4),
    ]
    data[0x300] ^= 1
    with pytest.raises(ValueError, match="more has changed than the checksum"):
        application.signed(bytes(data))


def _checksum(data: bytes) -> bytes:
    """The sum of 16-bit words, the carries added again, and the size: as the PE format's text."""
    words = memoryview(data + b"\0" * (len(data) % 2)).cast("H")
    total = sum(words) - words[CHECKSUM // 2] - words[CHECKSUM // 2 + 1]
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return (total + len(data)).to_bytes(4, "little")


def test_all_targets_carry_the_same_kernel(image: Image) -> None:
    *files, _ = artifacts(image, ["bios", "pvh", "uefi"])
    for file in files:
        assert file.data.count(image.load) == 1, file.name
