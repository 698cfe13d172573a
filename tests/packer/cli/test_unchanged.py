"""An unchanged build is known to be one; whatever changed is built again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from packer.cli.build import OWN
from packer.files import cache_directory
from packer.manifest import FILE_NAME
from tests.packer.cli.conftest import Kpack
from tests.packer.cli.sources import manifest

OUTPUT = Path("build/small.pvh.elf")
SOURCE = "start:\n    mov     eax, {}\n    hlt\n"


@pytest.fixture
def built(kpack: Kpack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kpack:
    """A project in this folder, which has been built once with a cache of its own."""
    monkeypatch.setenv("KPACK_CACHE", str(tmp_path / "cache"))
    Path("one.asm").write_text(SOURCE.format(1))
    Path("kpack.toml").write_text(manifest("one.asm"))
    assert kpack("build").status == 0
    return kpack


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One entry for each build that is really made from here on."""
    import packer.cli.options as options

    real, seen = options.build_files, list[object]()

    def count(*arguments: object) -> object:
        seen.append(arguments)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(options, "build_files", count)
    return seen


def test_nothing_is_built_again_and_the_words_are_the_same(
    built: Kpack, builds: list[object]
) -> None:
    before = OUTPUT.stat().st_mtime_ns
    said = built("build")
    assert (said.status, builds) == (0, [])
    assert [line.split()[1] for line in said.out.splitlines()] == [
        "build/small.pvh.elf", "build/small.symbols.elf", "build/small.map",
    ]  # fmt: skip
    assert OUTPUT.stat().st_mtime_ns == before
    assert json.loads(built("build", "--json").out)["image"] == "small"
    assert builds == []


def test_the_manifest_of_a_folder_has_the_name_that_is_looked_for() -> None:
    assert OWN.name == FILE_NAME


def test_nothing_that_builds_is_imported(built: Kpack) -> None:
    program = (
        "import sys; from packer.cli.main import status; status(['build']);"
        "print([name for name in ('packer.build', 'packer.asm', 'keystone', 'packer.manifest')"
        " if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    for _ in range(2):  # the first is noted with this process's modules
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, env=environment,
            check=True,
        )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_changed_source_is_seen_even_if_its_size_and_time_are_the_same(
    built: Kpack, builds: list[object]
) -> None:
    before, status = OUTPUT.read_bytes(), os.stat("one.asm")
    Path("one.asm").write_text(SOURCE.format(2))
    os.utime("one.asm", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert built("build").status == 0
    assert len(builds) == 1
    assert OUTPUT.read_bytes() != before


def test_a_touched_source_is_no_changed_one(built: Kpack, builds: list[object]) -> None:
    os.utime("one.asm")
    assert built("build").status == 0
    assert builds == []


@pytest.mark.parametrize("harm", ["removed", "changed"])
def test_an_output_that_is_not_what_was_made_is_made_again(
    harm: str, built: Kpack, builds: list[object]
) -> None:
    before = OUTPUT.read_bytes()
    OUTPUT.unlink() if harm == "removed" else OUTPUT.write_bytes(before[:-1] + b"?")
    assert built("build").status == 0
    assert len(builds) == 1
    assert OUTPUT.read_bytes() == before


def test_another_time_to_tell_is_another_build(
    built: Kpack, builds: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    assert built("build").status == 0
    assert len(builds) == 1


def test_a_manifest_that_appears_takes_the_place_of_the_demonstration(
    kpack: Kpack, builds: list[object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KPACK_CACHE", str(tmp_path / "cache"))
    assert kpack("build", "-t", "pvh").status == 0
    Path("one.asm").write_text(SOURCE.format(1))
    Path("kpack.toml").write_text(manifest("one.asm"))
    assert "small.pvh.elf" in kpack("build", "-t", "pvh").out
    assert len(builds) == 2


@pytest.mark.parametrize("note", [b"", b"{", b"[]", b'{"when": 1}', b"\xff"])
def test_a_damaged_note_costs_a_build_and_nothing_else(
    note: bytes, built: Kpack, builds: list[object]
) -> None:
    for path in (cache_directory() / "builds").iterdir():
        path.write_bytes(note)
    assert built("build").status == 0
    assert len(builds) == 1
