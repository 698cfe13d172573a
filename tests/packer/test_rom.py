"""The firmware image: its reset vector by objdump, its parts where the machine looks for them."""

from __future__ import annotations

import hashlib
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from kobjects.identify import identify
from packer.errors import PackError
from packer.formats import rom
from packer.image import Artifact, Image
from tests.packer import tiny

CODE = """
    .code16
rom_entry:
    cli
    mov     cx, rom.code_dwords
    .align  4
    .long   rom.start, rom.size, rom.kernel, rom.kernel_dwords
"""
END = """
    .org    0x1ff0
reset:
    jmp     rom_entry
    .org    0x2000
"""
BOOT = tiny.boot(CODE + END, 0xE000, "rom")
TOP = 1 << 32


@pytest.fixture(scope="module")
def image() -> Image:
    return tiny.linked(tiny.system(tasks=[tiny.task()]))


@pytest.fixture(scope="module")
def file(image: Image) -> Artifact:
    return rom.wrap(image, BOOT)


def test_the_reset_vector_jumps_to_the_code(file: Artifact, tmp_path: Path) -> None:
    program = shutil.which("objdump")
    if program is None:
        pytest.skip("this system has no objdump")
    (tmp_path / "end").write_bytes(file.data[-0x10000:])
    said = subprocess.run(
        [program, "-D", "-b", "binary", "-m", "i8086", "--start-address=0xfff0",
         "--stop-address=0xfff3", tmp_path / "end"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert said.splitlines()[-1].split()[-2:] == ["jmp", "0xe000"]


def test_the_code_is_told_where_the_machine_sees_everything(image: Image, file: Artifact) -> None:
    assert file.boot is not None
    size = len(file.data)
    assert size % 0x10000 == 0
    assert size - len(image.load) < 0x10000 + 0x2000 + 32, "no larger than need be"
    assert file.data[-0x2000:] == file.boot.code
    (dwords,) = struct.unpack_from("<H", file.boot.code, 2)
    assert dwords * 4 == 0x2000
    start, told, kernel, count = struct.unpack_from("<4I", file.boot.code, 4)
    assert (start, told) == (TOP - size, size)
    place = kernel - start
    assert file.data[place : place + count * 4] == image.load


def test_the_header_tells_what_it_is(image: Image, file: Artifact) -> None:
    signature, *places = struct.unpack_from("<8s4I", file.data)
    assert signature == b"kpackROM"
    assert places == [len(file.data), 32, len(image.load), len(file.data) - 0x2000]
    digest = hashlib.sha256(image.load + file.data[-0x2000:]).digest()
    assert file.data[24:32] == digest[:8]


def test_it_is_known_without_findings(file: Artifact) -> None:
    tree = identify(file.data)
    assert [child.name for child in tree.children] == ["rom"]
    assert tree.all_findings() == []


@pytest.mark.parametrize(
    ("at", "value", "said"),
    [
        (40, b"\xff", "kernel and code are not those that it was made of"),
        (-1, b"\xff", "kernel and code are not those that it was made of"),
        (8, b"\0\0\0\0", "0 bytes, but"),
        (16, b"\xff\xff\xff\xff", "kernel and code are not all in the file"),
        (20, b"\xff\xff\xff\xff", "kernel and code are not all in the file"),
    ],
)
def test_what_was_changed_is_found(at: int, value: bytes, said: str, file: Artifact) -> None:
    data = bytearray(file.data)
    at %= len(data)
    data[at : at + len(value)] = value
    assert any(said in str(finding) for finding in identify(bytes(data)).all_findings())


def test_a_file_that_was_cut_off_is_found(file: Artifact) -> None:
    (finding,) = identify(file.data[:0x8000]).all_findings()
    assert f"{len(file.data)} bytes, but 32768 are there" in str(finding)


@pytest.mark.parametrize("size", [0x1FFF, 0x2001])
def test_code_that_does_not_end_with_the_segment_is_refused(size: int, image: Image) -> None:
    with pytest.raises(PackError) as caught:
        rom.wrap(image, tiny.boot(f"{CODE}\n    .org {size}\n", 0xE000, "rom"))
    said = f"boot.rom: error[KP2213]: the boot code ends at {0xE000 + size:#x}, but the reset"
    assert str(caught.value) == f"{said} vector's segment at 0x10000"
