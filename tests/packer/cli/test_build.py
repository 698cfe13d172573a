"""kpack build and kpack map: which files there are, and what is said of them."""

from __future__ import annotations

import json
import os
from pathlib import Path

from packer.cli.exits import Exit
from tests.packer.cli.conftest import Kpack
from tests.packer.cli.sources import manifest

PROGRAM = "one:\n    jmp one\n"


def small(program: str = PROGRAM) -> None:
    Path("kpack.toml").write_text(manifest("one.asm"), encoding="utf-8")
    Path("one.asm").write_text(program, encoding="utf-8")


def test_without_a_manifest_the_demonstration_is_built(kpack: Kpack) -> None:
    said = kpack("build")
    names = ["bios.img", "iso", "map", "multiboot", "pvh.elf", "rom", "symbols.elf", "uefi.img"]
    assert said.status == 0
    assert sorted(os.listdir("build")) == [f"demonstration.{name}" for name in names]
    sizes = {
        line.split()[1]: int(line.split()[0].replace(",", "")) for line in said.out.split("\n")[:-1]
    }
    assert sizes == {str(path): path.stat().st_size for path in Path("build").iterdir()}


def test_targets_and_folder_can_be_chosen(kpack: Kpack) -> None:
    small()
    said = kpack("build", "-t", "bios", "-o", "elsewhere/deep", "--json")
    assert said.status == 0
    document = json.loads(said.out)
    assert (document["schema"], document["image"]) == (1, "small")
    assert [entry["path"] for entry in document["files"]] == [
        *("elsewhere/deep/small.bios.img", "elsewhere/deep/small.symbols.elf"),
        "elsewhere/deep/small.map",
    ]


def test_the_map_file_has_what_kpack_map_says(kpack: Kpack) -> None:
    small()
    kpack("build")
    written = json.loads(Path("build/small.map").read_text(encoding="utf-8"))
    assert json.loads(kpack("map", "--json").out) == written["layout"]
    names = {entry["name"] for group in written["layout"]["groups"] for entry in group["entries"]}
    assert {"kernel.text", "task.one.text", "stack.one"} <= names


def test_a_map_for_people(kpack: Kpack) -> None:
    small()
    said = kpack("map")
    assert said.status == 0
    assert "task.one.text" in said.out
    assert said.out.endswith("guards\n")


def test_a_manifest_can_be_named(kpack: Kpack, root: Path) -> None:
    said = kpack("build", "-f", root / "bench/guest/ipc.toml")
    assert said.status == 0
    assert "build/bench-ipc.pvh.elf" in said.out


def test_a_failed_build_leaves_a_map_and_nothing_else(kpack: Kpack) -> None:
    small(f"one:\n    jmp one\n    .zero {0x200000}\n")
    said = kpack("build")
    assert said.status == Exit.SOURCE
    assert "error[KP20" in said.err
    assert "how far the layout came is in build/small.map" in said.err
    assert os.listdir("build") == ["small.map"]
    written = json.loads(Path("build/small.map").read_text(encoding="utf-8"))
    assert written["layout"]["problems"]
    said = kpack("map")
    assert said.status == Exit.SOURCE
    assert "task.one.text" in said.out
    assert "error[KP20" in said.err


def test_a_folder_that_cannot_be_written_is_named(kpack: Kpack) -> None:
    small()
    Path("build").write_text("a file", encoding="utf-8")
    said = kpack("build", "-o", "build/inner")
    assert said.status == Exit.SOURCE
    assert "error[KP2201]: cannot be written: Not a directory" in said.err


def test_a_project_is_the_same_when_it_is_built_elsewhere(kpack: Kpack) -> None:
    Path("one.asm").write_text("start:\n    hlt\n")
    Path("kpack.toml").write_text(manifest("one.asm"))
    said = kpack("build", "--check")
    assert said.status == 0, said.err
    assert "kpack: 3 files are the same whatever time, time zone, folder, " in said.err
