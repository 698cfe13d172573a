"""The file for Multiboot: GRUB's own checker, and a loader written here from the specifications."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from kobjects.identify import identify
from packer.errors import PackError
from packer.formats import multiboot
from packer.image import Artifact, Image
from tests.packer import tiny

ENTRY = 0x1FF001
ROOM = 24 * 128
"""Bytes for the memory map: `multiboot.asm` collects at most 128 entries of 24 bytes."""


@pytest.fixture(scope="module")
def image() -> Image:
    return tiny.linked(tiny.system(tasks=[tiny.task()]))


@pytest.fixture(scope="module")
def flat(image: Image) -> Artifact:
    return multiboot.wrap(image, tiny.MULTIBOOT)


@pytest.mark.parametrize("version", ["multiboot", "multiboot2"])
def test_grub_takes_it_for_both_versions(version: str, flat: Artifact, tmp_path: Path) -> None:
    program = shutil.which("grub-file")
    if program is None:
        pytest.skip("this system has no grub-file")
    (tmp_path / "file").write_bytes(flat.data)
    command = [program, f"--is-x86-{version}", str(tmp_path / "file")]
    assert subprocess.run(command, check=False).returncode == 0


def loaded(data: bytes, at: int, header: int, start: int, end: int, clear: int) -> bytes:
    """Memory from the load address on, as a loader fills it by the address fields."""
    first = at - (header - start)
    assert first >= 0
    return data[first : first + end - start].ljust(clear - start, b"\0")


def test_version_1_brings_everything_into_place(image: Image, flat: Artifact) -> None:
    """Multiboot Specification 0.6.96, "The address fields of Multiboot header"."""
    at = flat.data.index(b"\x02\xb0\xad\x1b")
    assert (at % 4, at + 48 <= 8192) == (0, True)
    magic, flags, checksum, *addresses, entry = struct.unpack_from("<8I", flat.data, at)
    assert (magic + flags + checksum) % (1 << 32) == 0
    assert flags == 1 << 16 | 1 << 1, "address fields; memory information"
    in_place(image, flat, loaded(flat.data, at, *addresses), addresses[1], entry)


def test_version_2_brings_everything_into_place(image: Image, flat: Artifact) -> None:
    """Multiboot2 Specification 2.0, "The address tag of Multiboot2 header" and those beside it."""
    at = flat.data.index(b"\xd6\x50\x52\xe8")
    magic, architecture, length, checksum = struct.unpack_from("<4I", flat.data, at)
    assert (at % 8, at + length <= 32768, architecture) == (0, True, 0)
    assert (magic + architecture + length + checksum) % (1 << 32) == 0
    tags: dict[int, bytes] = {}
    place = at + 16
    while place < at + length:
        kind, flag, size = struct.unpack_from("<HHI", flat.data, place)
        assert (kind not in tags, flag) == (True, 0)
        tags[kind] = flat.data[place + 8 : place + size]
        place += size + -size % 8
    assert (place, list(tags)[-1]) == (at + length, 0)
    assert struct.unpack("<I", tags[1]) == (6,), "the memory map is needed"
    assert struct.unpack("<I", tags[4]) == (0b10,), "EGA text is supported, no console required"
    addresses = struct.unpack("<4I", tags[2])
    (entry,) = struct.unpack("<I", tags[3])
    in_place(image, flat, loaded(flat.data, at, *addresses), addresses[1], entry)


def in_place(image: Image, flat: Artifact, memory: bytes, start: int, entry: int) -> None:
    """Boot code, kernel and zeroed memory lie where they are linked, with room for the map."""
    assert flat.boot is not None
    assert (start, entry) == (flat.boot.address, ENTRY)
    assert memory[: len(flat.boot.code)] == flat.boot.code
    first, end = image.layout.window.start - start, image.layout.loaded_end - start
    assert memory[first:end] == image.load
    assert memory[end:] == bytes(image.layout.end + ROOM - image.layout.loaded_end)


def test_it_is_known_without_findings(flat: Artifact) -> None:
    tree = identify(flat.data)
    assert [child.name for child in tree.children] == ["kernel"]
    assert [child.name for child in tree.children[0].children] == ["multiboot", "multiboot2"]
    assert tree.all_findings() == []


def test_both_headers_have_owners_by_field(flat: Artifact) -> None:
    paths = {owner.path for owner in flat.owners if owner.part == "Multiboot 2 header"}
    assert {"magic", "checksum", "tags[1].load_addr", "tags[2].entry_addr"} <= paths
    paths = {owner.path for owner in flat.owners if owner.part == "Multiboot header"}
    assert {"magic", "checksum", "load_addr", "entry_addr"} <= paths


def test_headers_that_reach_the_kernel_are_refused(image: Image) -> None:
    code = tiny.MULTIBOOT_CODE + "    .zero 4000\n"
    with pytest.raises(PackError) as caught:
        multiboot.wrap(image, tiny.boot(code, 0x1FF000, "multiboot"))
    said = str(caught.value)
    assert "KP2005" in said
    assert "the Multiboot headers" in said
    assert "the kernel" in said


def test_boot_code_without_the_entry_label_is_refused(image: Image) -> None:
    with pytest.raises(PackError, match="no label multiboot_entry, at which it would be entered"):
        multiboot.wrap(image, tiny.boot("start:\n    hlt\n", 0x1FF000, "multiboot"))
