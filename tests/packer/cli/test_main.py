"""What kpack says and how it ends, whatever goes wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kobjects.errors import FieldValueError
from packer.cli import errors, siblings
from packer.cli.exits import Exit
from packer.errors import PackError, Problem
from tests.packer.cli.conftest import Kpack
from tests.packer.cli.sources import manifest
from tests.packer.machine import guests


def test_help_lists_every_command_and_exit_status(kpack: Kpack) -> None:
    said = kpack("--help")
    assert said.status == 0
    for word in ("build", "run", "test", "map", "screenshot", "inspect", "set", "bench"):
        assert f"\n  {word} " in said.out
    assert "7 reset or triple fault" in said.out


def test_the_version_is_the_distributions(kpack: Kpack) -> None:
    assert kpack("--version").out.startswith("kpack, version 0.")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["bild"], "there is no command bild; did you mean build?"),
        (["frobnicate"], "there is no command frobnicate\n"),
        (["build", "--traget", "bios"], "No such option"),
        (["build", "-t", "usb"], "'usb' is not one of 'bios', 'iso'"),
        (["test", "--all", "--machine", "pc"], "--all and --machine exclude each other"),
        (["run", "-t", "bios", "--machine", "microvm"], "pc and pc-ide and q35; not microvm"),
        (["screenshot", "--machine", "microvm"], "machines that have a screen and boot pvh images"),
        (["bench", "ipd"], "there is no suite ipd; there are ipc, boot"),
    ],
)
def test_wrong_usage_is_status_2(kpack: Kpack, words: list[str], expected: str) -> None:
    said = kpack(*words)
    assert said.status == Exit.USAGE
    assert expected in said.err
    assert not said.out


def test_a_wrong_manifest_is_status_3(kpack: Kpack) -> None:
    Path("kpack.toml").write_text("[image]\nname = 1\ntargets = []\n", encoding="utf-8")
    said = kpack("build")
    assert said.status == Exit.SOURCE
    assert "kpack.toml:2:8: error[KP3005]: name is an integer instead of a string" in said.err
    assert said.err.endswith("kpack: 3 errors\n")
    assert os.listdir() == ["kpack.toml"]


def test_a_wrong_source_is_status_3_and_shows_the_line(kpack: Kpack) -> None:
    Path("kpack.toml").write_text(manifest("one.asm"), encoding="utf-8")
    Path("one.asm").write_text("one:\n    mov eax, nothing\n    mvo eax, 1\n", encoding="utf-8")
    said = kpack("build")
    assert said.status == Exit.SOURCE
    assert "one.asm:3:5: error[KP1" in said.err
    assert "\n        mvo eax, 1\n        ^" in said.err


def test_a_missing_qemu_is_status_4_with_the_line_that_installs_it(
    kpack: Kpack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPACK_QEMU", "no-such-qemu")
    said = kpack("run")
    assert said.status == Exit.TOOL
    assert "error[KP4001]: no-such-qemu is not on the search path\nhelp: " in said.err


def test_a_missing_library_is_status_4(capsys: pytest.CaptureFixture[str]) -> None:
    error = ModuleNotFoundError("No module named 'keystone'", name="keystone")
    assert errors.report(error) == Exit.TOOL
    assert "pip install 'kobjects[kpack]'" in capsys.readouterr().err


def test_what_a_check_finds_is_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    found = PackError([Problem("KP2303", "pml4.ping", "maps the last page")])
    assert errors.report(found) == Exit.CHECK_FAILED
    both = PackError([*found.problems, Problem("KP2201", "x", "cannot be written")])
    assert errors.report(both) == Exit.SOURCE
    assert "pml4.ping: error[KP2303]: maps the last page" in capsys.readouterr().err


def test_an_error_of_the_schemas_is_shown_with_its_path(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert errors.report(FieldValueError("too big", path="a.b")) == Exit.SOURCE
    assert capsys.readouterr().err == "a.b: error[KP0001]: too big\n"


def test_our_own_mistakes_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        errors.report(ZeroDivisionError())


def test_a_foreign_package_of_our_name_is_named(
    kpack: Kpack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(siblings, "location", lambda name: Path("/elsewhere") / name)
    said = kpack("build")
    assert said.status == Exit.TOOL
    assert "error[KP4008]: the package kobjects in /elsewhere/kobjects is not kpack's" in said.err


def test_siblings_are_looked_up_without_being_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("kpack_whole", "kpack_bare"):
        (tmp_path / name).mkdir()
    (tmp_path / "kpack_whole" / "__init__.py").write_text("raise ImportError\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert siblings.location("kpack_whole") == tmp_path / "kpack_whole"
    assert siblings.location("kpack_bare") == tmp_path / "kpack_bare", "no __init__.py"
    assert siblings.location("kpack_absent") is None
    assert siblings.complaint(["kpack_whole"], tmp_path) == ""
    assert "kpack_absent is missing" in siblings.complaint(["kpack_absent"], tmp_path)


@pytest.mark.boot
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGINT, 130)]
)
def test_a_signal_ends_kpack_and_its_qemu(
    root: Path, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    image = guests.write(tmp_path, "guest", guests.kernel(guests.say32("up\n") + guests.SPIN))
    kpack = subprocess.Popen(
        [sys.executable, "-m", "packer.cli", "run", image],
        cwd=root,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert kpack.stdout
    assert kpack.stdout.readline() == b"up\n"
    assert guests.running_with(image)
    kpack.send_signal(number)
    assert kpack.wait(10) == status
    assert not guests.running_with(image)
    assert os.listdir(tmp_path) == ["guest"]
