"""Tasks in C: the figure is of what the starter's Makefile makes, and needs a compiler."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bench import compiled
from bench.baseline import compare
from bench.figures import INSTRUCTIONS, Figure
from bench.run import Run
from bench.suites import ipc
from packer.machine.errors import MachineError

NAME = "ipc.call.cross.0w.c"
CALL = 90
"""Instructions that a round trip may take in C: what it is to reach in assembly."""


def need_compiler() -> None:
    if why := compiled.missing():
        pytest.skip(why)


@pytest.mark.boot
def test_a_round_trip_in_c_is_short(run: Run) -> None:
    need_compiler()
    guest = ipc.written(compiled.image(run.folder / "project"), run.folder, "gcc 12")
    (figure,) = ipc.told(ipc.count(guest.file), INSTRUCTIONS, guest)
    assert (figure.name, figure.tool, len(figure.samples)) == (NAME, "gcc 12", 32)
    assert len(set(figure.samples)) == 1
    assert figure.median <= CALL


def test_the_words_stay_in_their_registers(tmp_path: Path) -> None:
    """As objdump reads the server's loop: one load and one store, both of rbp."""
    need_compiler()
    if shutil.which("objdump") is None:
        pytest.skip("objdump is missing: apt-get install binutils")
    compiled.image(tmp_path / "project")
    server = tmp_path / "project" / "build" / "server.elf"
    words = ["objdump", "-d", "-Mintel", "--no-show-raw-insn", "--disassemble=main", str(server)]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    loop = said[said.index("PTR [rsp-0x88],rbp") :]
    assert loop.count("[") - loop.count("[rsp-0x88]") == 0, said


@pytest.mark.boot
def test_without_a_compiler_the_figure_is_left_out(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler -m64")
    notes: list[str] = []
    _, guests = ipc.prepare(replace(run, note=notes.append))
    assert [guest.tool for guest in guests] == [""]
    why = "no-such-compiler is not on the search path; sudo apt-get install gcc"
    assert notes == [f"{NAME} is left out: {why}"]


def test_a_compiler_that_fails_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("make") is None:
        pytest.skip("make is missing: apt-get install make")
    broken = tmp_path / "cc"
    broken.write_text("#!/bin/sh\necho no such flag >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("CC", str(broken))
    with pytest.raises(
        MachineError, match=r"make: error\[KP5003\]: exit status 2; it said: no such flag"
    ):
        compiled.image(tmp_path / "project")


def test_a_compiler_is_known_by_its_major_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = tmp_path / "cc"
    monkeypatch.setenv("CC", f"{said} -m64")
    for macros, expected in (
        ("#define __GNUC__ 13\n#define __OPTIMIZE__", "gcc 13"),
        ("#define __GNUC__ 4\n#define __clang_major__ 16\n", "clang 16"),
        ("", "cc"),
    ):
        said.write_text(f"#!/bin/sh\ncat <<EOF\n{macros}\nEOF\n")
        said.chmod(0o755)
        assert compiled.version() == expected


def test_counts_are_held_against_those_of_the_same_compiler() -> None:
    ours = Figure(NAME, "instructions", [80], tool="gcc 13")
    assert ours.full_name == f"{NAME} by gcc 13"
    assert compare([ours], {f"{NAME} by gcc 12": 79}).risen == []
    assert compare([ours], {f"{NAME} by gcc 12": 79}).new == [f"{NAME} by gcc 13"]
    assert compare([ours], {f"{NAME} by gcc 13": 79}).risen == [(f"{NAME} by gcc 13", 79, 80)]


def test_the_compiler_is_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CC", raising=False)
    assert compiled.compiler() == ["gcc"]
    monkeypatch.setenv("CC", "")
    assert compiled.compiler() == ["gcc"]
