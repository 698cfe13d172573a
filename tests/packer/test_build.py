"""The whole build: deterministic, complete or an error, and quick."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from packer.build import arrange, artifacts, build, write
from packer.errors import PackError
from packer.formats import FORMATS
from stages.model import Access, Region
from tests.packer import tiny

PROGRAM = """
import hashlib, json, sys
from pathlib import Path
from packer.build import build, write
from packer.formats import bios, pvh, symbols
from packer.map import describe, render
from tests.packer import tiny

image = build(tiny.system())
files = [bios.wrap(image, tiny.BIOS), pvh.wrap(image, tiny.PVH)]
files.append(symbols.wrap(image, [file.boot for file in files]))
paths = write(files, Path(sys.argv[1]))
digests = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in paths.items()}
owners = [[repr(owner) for owner in file.owners] for file in files]
rest = [owners, describe(image.layout, "tiny"), render(image.layout, "tiny")]
digests["owners and map"] = hashlib.sha256(json.dumps(rest).encode()).hexdigest()
print(json.dumps(digests))
"""

WORLDS = [
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "0"},
    {"PYTHONHASHSEED": "4711", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "HOME": "/nowhere"},
]


def digests(world: dict[str, str], folder: Path, cache: Path, root: Path) -> dict[str, str]:
    """Digests of what a build in `folder` writes there, and of all owners and the map."""
    folder.mkdir(parents=True)
    environment = os.environ | world | {"PYTHONPATH": str(root), "KPACK_CACHE": str(cache)}
    command = [sys.executable, "-c", PROGRAM, str(folder / "out")]
    done = subprocess.run(
        command, env=environment, cwd=folder, check=True, capture_output=True, text=True
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_builds_in_different_worlds_give_identical_files(tmp_path: Path, root: Path) -> None:
    first, second = (
        digests(
            world,
            tmp_path / "/".join(["deeper"] * number) / "world",
            tmp_path / f"cache{number}",
            root,
        )
        for number, world in enumerate(WORLDS, 1)
    )
    assert len(first) == 4
    assert first == second


def test_a_build_from_the_cache_equals_one_without(tmp_path: Path, root: Path) -> None:
    cold, warm = (
        digests(WORLDS[0], tmp_path / name, tmp_path / "cache", root) for name in ("cold", "warm")
    )
    assert len(list((tmp_path / "cache").iterdir())) == 4, "text, read-only data, two ways to boot"
    assert warm == cold


def test_written_files_hold_what_was_made(tmp_path: Path) -> None:
    made = artifacts(build(tiny.system()), [])
    paths = write(made, tmp_path / "out")
    assert list(paths) == ["tiny.symbols.elf"]
    assert paths["tiny.symbols.elf"].read_bytes() == made[0].data


def test_unknown_targets_are_all_named() -> None:
    with pytest.raises(PackError) as caught:
        artifacts(build(tiny.system()), ["bois", "bios", "floppy"])
    help = f"help: the targets are: {', '.join(FORMATS)}"
    assert str(caught.value) == (
        f"bois: error[KP2204]: there is no such target\n{help}\n"
        f"floppy: error[KP2204]: there is no such target\n{help}"
    )


def test_findings_of_the_checks_fail_the_build() -> None:
    with pytest.raises(PackError, match=r"task one: error\[KP2301\]: there are no page tables"):
        build(tiny.system(tasks=[tiny.task()]))


def test_an_image_that_does_not_fit_can_still_be_arranged() -> None:
    big = Region("big", tiny.Table[100_000], None, Access.DATA)
    system = tiny.system(tiny.stage(regions=[big]))
    with pytest.raises(PackError, match="crosses the end of the kernel's window at 0x400000"):
        build(system)
    layout = arrange(system)
    assert layout.placement("big").size == 2_600_000
    assert [problem.code for problem in layout.problems] == ["KP2004"]
