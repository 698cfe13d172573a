"""Only the map of a file is taken for its map, and neither may have changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from packer.atlas.find import open_chart
from packer.atlas.record import layout_only, record
from packer.atlas.seal import SCHEMA, sealed
from packer.errors import PackError
from packer.formats import bios, pvh, symbols
from tests.packer import tiny

CHANGED = "error[KP2504]: is not the file that"


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    image = tiny.linked(tiny.system(tasks=[tiny.task()]))
    made = [bios.wrap(image, tiny.BIOS), pvh.wrap(image, tiny.PVH)]
    made.append(symbols.wrap(image, [boot for file in made if (boot := file.boot)]))
    return {"tiny.map": sealed(record(image, made, "tiny"))} | {f.name: f.data for f in made}


@pytest.fixture
def folder(files: dict[str, bytes], tmp_path: Path) -> Path:
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def opened(path: Path, map_path: Path | None = None) -> str:
    """The file's name in its map, or what is wrong."""
    try:
        return open_chart(path, path.read_bytes(), map_path).name
    except PackError as error:
        return str(error)


def test_a_file_has_the_map_beside_it(folder: Path) -> None:
    for name in ("tiny.bios.img", "tiny.pvh.elf", "tiny.symbols.elf"):
        assert opened(folder / name) == name


def test_the_digest_counts_and_not_the_name(folder: Path) -> None:
    (folder / "tiny.bios.img").rename(folder / "disk")
    (folder / "another.map").write_bytes(b"{}")
    assert opened(folder / "disk") == "tiny.bios.img"


def test_a_map_that_is_named_is_taken(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = (folder / "tiny.map").rename(tmp_path_factory.mktemp("maps") / "m")
    assert opened(folder / "tiny.bios.img", elsewhere) == "tiny.bios.img"
    assert "KP2505" in opened(folder / "tiny.bios.img")


def test_a_file_without_a_map_says_where_one_would_be(folder: Path) -> None:
    (folder / "tiny.map").unlink()
    assert opened(folder / "tiny.bios.img") == (
        f"{folder}/tiny.bios.img: error[KP2505]: has no map: no *.map in {folder} has its digest\n"
        "help: kpack build writes one beside the image; name another with --map"
    )


def test_a_map_of_other_files_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"something")
    assert f"is none of the files that {folder}/tiny.map is of: tiny.bios.img, " in opened(
        other, folder / "tiny.map"
    )


def test_each_flipped_byte_of_a_file_is_noticed_and_its_part_named(
    files: dict[str, bytes], folder: Path
) -> None:
    path = folder / "tiny.bios.img"
    data = files["tiny.bios.img"]
    for offset, part in ((0, "boot.bios"), (0x1BE, "master boot record"), (0x400, "kernel.text")):
        changed = bytearray(data)
        changed[offset] ^= 1
        path.write_bytes(changed)
        said = opened(path)
        assert f"{path}: {CHANGED} {folder}/tiny.map is of: {part} at " in said
        assert said.partition("\n")[0].endswith(" differs")


def test_a_file_of_another_size_is_noticed(files: dict[str, bytes], folder: Path) -> None:
    (folder / "tiny.bios.img").write_bytes(files["tiny.bios.img"][:-1])
    size = len(files["tiny.bios.img"])
    assert f"it has {size - 1:,} bytes, and that had {size:,}" in opened(folder / "tiny.bios.img")


def test_each_flipped_bit_of_a_map_is_noticed(files: dict[str, bytes], folder: Path) -> None:
    path, data = folder / "tiny.map", files["tiny.map"]
    for offset in [*range(90), *range(90, len(data), 997), len(data) - 1]:
        changed = bytearray(data)
        changed[offset] ^= 1 << offset % 8
        path.write_bytes(changed)
        said = opened(folder / "tiny.bios.img")
        assert "error[KP2501]" in said or "error[KP2502]" in said, offset
        assert said.startswith(f"{path}: ")


def test_a_cut_map_is_noticed(files: dict[str, bytes], folder: Path) -> None:
    for size in (0, 11, 12, 76, 500):
        (folder / "tiny.map").write_bytes(files["tiny.map"][:size])
        assert "error[KP250" in opened(folder / "tiny.bios.img")


def test_the_map_of_a_failed_build_is_none_of_a_file(folder: Path) -> None:
    layout = tiny.linked(tiny.system(tasks=[tiny.task()])).layout
    (folder / "tiny.map").write_bytes(sealed(layout_only(layout, "tiny")))
    assert opened(folder / "tiny.bios.img") == (
        f"{folder}/tiny.map: error[KP2503]: is the map of a build that failed: it has a layout, "
        "and no files\nhelp: build the image again"
    )


@pytest.mark.parametrize("version", [SCHEMA - 1, SCHEMA + 1])
def test_the_map_of_another_kpack_is_built_again(
    files: dict[str, bytes], folder: Path, version: int
) -> None:
    """It lacks a key, as one of another version may, and tells so before anybody looks for it."""
    content = json.loads(files["tiny.map"])
    del content["digest"], content["claims"]
    (folder / "tiny.map").write_bytes(sealed(content | {"schema": version}))
    assert opened(folder / "tiny.bios.img") == (
        f"{folder}/tiny.map: error[KP2503]: is of version {version}, and this kpack reads {SCHEMA}"
        "\nhelp: build the image again"
    )


def test_anyone_can_check_the_digest(files: dict[str, bytes]) -> None:
    import hashlib

    data = files["tiny.map"]
    digest = json.loads(data)["digest"].encode()
    assert hashlib.sha256(data.replace(digest, b"0" * 64, 1)).hexdigest().encode() == digest
