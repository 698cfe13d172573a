"""FAT volumes of ours, read back by dosfstools and mtools, which know nothing of us."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from kobjects.identify import identify
from packer.errors import PackError
from packer.formats.fat import File, volume
from packer.provenance import BlobPart, Ledger

CASES = {
    "one": {"A": 1},
    "empty": {"EMPTY.TXT": 0, "BEHIND.TXT": 3},
    "whole clusters": {"ONE.BIN": 512, "TWO.BIN": 1024},
    "folders": {"EFI/BOOT/BOOTX64.EFI": 70_000, "EFI/BOOT/A.B": 5, "EFI/TOOLS/X": 9, "README": 600},
    "many in a folder": {f"DIR/F{number}": number for number in range(100)},
    "larger clusters": {"BIG.BIN": 40_000_000, "DIR/SMALL": 1},
}


def file(name: str, size: int) -> File:
    """Bytes that tell one place of one file from all others."""
    seed = (name.encode() + b"|") * 7
    data = b"".join(seed + number.to_bytes(4, "big") for number in range(size // len(seed) + 1))
    ledger = Ledger()
    ledger.add(BlobPart(name, size, "a file of the test"), data[:size])
    return File(*ledger.finish())


def files(sizes: dict[str, int]) -> dict[str, File]:
    return {path: file(path, size) for path, size in sizes.items()}


def run(program: str, *words: object) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"this system has no {program}")
    command = [path, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> dict[str, File]:
    return files(CASES[request.param])


def test_fsck_finds_nothing_to_mend(case: dict[str, File], tmp_path: Path) -> None:
    image = tmp_path / "volume"
    image.write_bytes(volume(case, "KPACK").data)
    said = run("fsck.fat", "-n", "-v", image)
    assert "16 bit entries" in said
    assert "Unused" not in said
    assert "differ" not in said


def test_mtools_read_every_file(case: dict[str, File], tmp_path: Path) -> None:
    image = tmp_path / "volume"
    image.write_bytes(volume(case, "KPACK").data)
    for path, wanted in case.items():
        run("mcopy", "-n", "-i", image, f"::{path}", tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == wanted.data, path
        (tmp_path / "copy").unlink()
    assert "KPACK" in run("mlabel", "-s", "-i", image, "::")


def test_every_byte_has_one_owner(case: dict[str, File]) -> None:
    made = volume(case, "KPACK")
    reached = 0
    for owner in made.owners:
        assert owner.start == reached
        reached = owner.end
    assert reached == len(made.data)


def test_inspection_finds_nothing_wrong(case: dict[str, File]) -> None:
    tree = identify(volume(case, "KPACK").data)
    assert tree.all_findings() == []


def test_the_serial_number_follows_from_names_and_contents() -> None:
    several = (files({"A": 5}), files({"A": 6}), files({"B": 5}), {"A": file("OTHER", 5)})
    assert len({volume(each, "KPACK").data[39:43] for each in several}) == 4
    assert volume(several[0], "KPACK").data == volume(files({"A": 5}), "KPACK").data


@pytest.mark.parametrize(
    ("path", "step"),
    [("efi/A", "efi"), ("A/TOOLONGNAME", "TOOLONGNAME"), ("A.HTML", "A.HTML"), ("A//B", "")],
)
def test_long_names_are_refused(path: str, step: str) -> None:
    with pytest.raises(PackError) as caught:
        volume(files({path: 1}), "KPACK")
    text = f"error[KP2208]: {step!r} is no short name of FAT's: 8 capitals, a dot, 3 more"
    assert str(caught.value) == f"{path}: {text}"


def test_a_root_directory_that_is_full_is_refused() -> None:
    volume(files({f"F{number}": 1 for number in range(15)}), "KPACK")
    with pytest.raises(PackError, match=r"KP2209.*: 16 entries and a label; .* holds 16"):
        volume(files({f"F{number}": 1 for number in range(16)}), "KPACK")
