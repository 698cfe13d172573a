"""kpack inspect and kpack set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kobjects.identify import identify
from packer.cli.exits import Exit
from tests.kobjects.blobs import gpt_disk
from tests.kobjects.firmware.tools import run
from tests.packer.cli.conftest import Kpack

NAME = "gpt.partitions[0].name"
PROGRAM = "gpt.partitions[0].fat[EFI/BOOTX64.EFI]"


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    path = tmp_path / "disk.img"
    path.write_bytes(gpt_disk())
    return path


def test_the_whole_tree_is_shown(kpack: Kpack, disk: Path) -> None:
    said = kpack("inspect", disk)
    assert said.status == 0
    assert "GUID partition table" in said.out
    assert "PE image: AMD64 EFI_APPLICATION" in said.out


def test_a_path_shows_a_structure_with_its_fields(kpack: Kpack, disk: Path) -> None:
    said = kpack("inspect", disk, PROGRAM)
    assert said.status == 0
    assert "file_size" in said.out
    assert "; in bytes; 0 for a directory" in said.out


def test_a_path_shows_one_field(kpack: Kpack, disk: Path) -> None:
    assert kpack("inspect", disk, NAME).out == "ESP\n"
    assert kpack("inspect", disk, f"{PROGRAM}.pe.optional.image.subsystem").out == (
        "EFI_APPLICATION (0xa)\n"
    )
    inside = kpack("inspect", disk, "mbr.partitions[0]").out
    assert "GPT_PROTECTIVE" in inside


def test_json_says_the_same(kpack: Kpack, disk: Path) -> None:
    said = json.loads(kpack("inspect", disk, "gpt.primary", "--json").out)
    assert said["schema"] == 1
    fields = {field["path"]: field["value"] for field in said["tree"]["fields"]}
    assert fields["signature"] == "EFI PART"
    assert json.loads(kpack("inspect", disk, NAME, "--json").out)["value"] == "ESP"


def test_findings_are_status_1_if_asked_for(kpack: Kpack, disk: Path) -> None:
    assert kpack("inspect", disk, "--check").status == 0
    data = bytearray(disk.read_bytes())
    data[512 + 20] = 1
    disk.write_bytes(data)
    assert kpack("inspect", disk).status == 0
    said = kpack("inspect", disk, "--check")
    assert said.status == Exit.CHECK_FAILED
    assert "! zero_20: b'\\x01\\x00\\x00\\x00', but must be" in said.out


def test_an_empty_file_is_nothing(kpack: Kpack, tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    said = kpack("inspect", tmp_path / "empty")
    assert (said.status, len(said.out.splitlines())) == (0, 1)


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["inspect", "nowhere"], Exit.USAGE, "File 'nowhere' does not exist"),
        (["inspect", "disk.img", "gpt.x"], Exit.SOURCE, "there is no x in GUID partition table"),
        (["inspect", "disk.img", "gpt.primary.x"], Exit.SOURCE, "GptHeader has no field 'x'"),
        (["set", "disk.img", "x"], Exit.USAGE, "'x' is not PATH=VALUE"),
        (["set", "disk.img"], Exit.USAGE, "Missing argument 'PATH=VALUE...'"),
        (["set", "disk.img", f"{NAME}={'x' * 40}"], Exit.SOURCE,
         "gpt.partitions[0].name: error[KP0001]: 80 bytes do not fit into 72"),
        (["set", "disk.img", "gpt.primary.my_lba=one"], Exit.SOURCE,
         "gpt.primary: error[KP0001]: 'one' is no number"),
    ],
)  # fmt: skip
def test_mistakes_are_told(
    kpack: Kpack, disk: Path, words: list[str], status: int, message: str
) -> None:
    before = disk.read_bytes()
    said = kpack(*words)
    assert said.status == status
    assert message in said.err
    assert disk.read_bytes() == before


def test_a_field_is_set_and_sgdisk_is_content(kpack: Kpack, disk: Path) -> None:
    said = kpack("set", disk, f"{NAME}=renamed", "gpt.partitions[0].attributes.legacy_boot=true")
    assert said.status == 0
    assert f"{NAME}: ESP -> renamed" in said.out
    assert "gpt.backup.entries_crc32: " in said.out
    assert "No problems found" in run("sgdisk", "--verify", disk)
    info = run("sgdisk", "--info=1", disk)
    assert "Partition name: 'renamed'" in info
    assert "Attribute flags: 0000000000000004" in info


def test_a_copy_is_written_and_the_file_left_alone(kpack: Kpack, disk: Path) -> None:
    before = disk.read_bytes()
    assert kpack("set", disk, f"{NAME}=renamed", "-o", "copy.img").status == 0
    assert disk.read_bytes() == before
    assert identify(Path("copy.img").read_bytes()).all_findings() == []


def test_a_dry_run_writes_nothing(kpack: Kpack, disk: Path) -> None:
    before = disk.read_bytes()
    said = json.loads(kpack("set", disk, f"{NAME}=renamed", "--dry-run", "--json").out)
    assert disk.read_bytes() == before
    assert said["written"] is False
    assert said["changes"][0] == {
        "path": NAME, "offset": 1024 + 56, "before": "450053005000" + "00" * 66,
        "after": "720065006e0061006d0065006400" + "00" * 58, "reason": "",
    }  # fmt: skip
