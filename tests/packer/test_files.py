"""Files appear whole or not at all, and an unwritable one is named with its reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from packer.errors import PackError
from packer.files import write_all
from packer.mapping import mapped


def test_files_are_written_and_their_folder_is_made(tmp_path: Path) -> None:
    write_all({tmp_path / "out/a": b"one", tmp_path / "out/b": b"two"})
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == {
        "a": b"one",
        "b": b"two",
    }


def test_an_older_file_is_replaced_and_keeps_no_tail(tmp_path: Path) -> None:
    target = tmp_path / "image"
    target.write_bytes(b"older and longer")
    write_all({target: b"new"})
    assert target.read_bytes() == b"new"


def test_new_files_have_the_rights_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "usual").write_bytes(b"")
    write_all({tmp_path / "image": b""})
    assert (tmp_path / "image").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_an_unwritable_file_is_named_and_no_other_file_is_left(tmp_path: Path) -> None:
    blocked = tmp_path / "folder"
    blocked.mkdir()
    with pytest.raises(PackError) as caught:
        write_all({tmp_path / "a": b"one", blocked: b"two"})
    assert str(caught.value) == f"{blocked}: error[KP2201]: cannot be written: is a directory"
    assert os.listdir(tmp_path) == ["folder"]


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(PackError, match=r"out/image: error\[KP2201\]: cannot be written: "):
        write_all({tmp_path / "out/image": b"data"})
    assert os.listdir(tmp_path) == ["out"]


def test_a_device_that_is_full_is_an_error(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    stand_in = tmp_path / f".image.{os.getpid()}.tmp"
    stand_in.symlink_to("/dev/full")
    with pytest.raises(PackError, match=r"image: error\[KP2201\]: cannot be written: "):
        write_all({tmp_path / "image": b"data"})
    assert not (tmp_path / "image").exists()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere"
    with pytest.raises(PackError) as raised, mapped(path):
        pass
    expected = f"{path}: error[KP2202]: cannot be read: No such file or directory"
    assert str(raised.value) == expected
