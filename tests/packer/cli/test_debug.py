"""kpack debug: gdb at the kernel's first instruction, with lines, labels and structures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from packer.cli.exits import Exit
from tests.packer.cli.conftest import Kpack

pytestmark = pytest.mark.boot


def debug(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, since gdb writes to the terminal itself."""
    root = Path(__file__).parents[3]
    environment = {"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    return subprocess.run(
        [sys.executable, "-m", "packer.cli", "debug", *words],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
        env=environment,
    )  # fmt: skip


@pytest.mark.parametrize("target", ["bios", "pvh"])
def test_the_first_stop_is_the_kernels_entry_with_its_line(target: str, tmp_path: Path) -> None:
    done = debug(tmp_path, "-t", target, "-x", "info symbol $pc", "-x", "list")
    assert done.returncode == 0, done.stderr
    assert "kernel_entry () at stages/boot/entry.asm:" in done.stdout
    assert "kernel_entry in section .text" in done.stdout
    assert "lgdt    [rip + gdt_pointer]" in done.stdout, "the source itself"


def test_structures_at_a_breakpoint(tmp_path: Path) -> None:
    done = debug(
        tmp_path, "-t", "pvh", "--at", "syscall_entry", "-x", "kpack threads",
        "-x", "kpack at &gdt stages.boot.stage.GlobalDescriptorTable",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Breakpoint 1, syscall_entry () at stages/ipc/syscall.asm:" in done.stdout
    lines = done.stdout.splitlines()
    header = next(index for index, line in enumerate(lines) if line.startswith("name "))
    table = [line.split()[:3] for line in lines[header + 1 : header + 7]]
    assert ["console", "running", "220"] in table
    assert ["counter", "ready", "100"] in table
    assert "kernel_code" in done.stdout


def test_what_there_is_no_structure_for(tmp_path: Path) -> None:
    done = debug(
        tmp_path, "-t", "pvh", "-x", "kpack at &gdt no.such.Thing", "-x", "kpack", "-x", "kpack cpu"
    )
    assert "no.such.Thing is no schema: No module named 'no'" in done.stderr
    assert "kpack threads|spaces|caps|cpu|irqs, or kpack at ADDRESS SCHEMA" in done.stderr


def test_a_missing_gdb_is_named(kpack: Kpack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None if name == "gdb" else f"/usr/bin/{name}")
    said = kpack("debug")
    assert said.status == Exit.TOOL
    assert "error[KP4001]: gdb is not on the search path" in said.err
