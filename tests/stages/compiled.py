"""Tasks in C and Rust for tests, compiled as a project of `kpack new` compiles its own."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from packer.starter import create
from tests.conftest import ROOT

NEEDED = {"make": "make", "gcc": "gcc", "ld": "binutils", "rustc": "rustc"}
KPACK = shlex.join([sys.executable, "-m", "packer.cli"])


def project(folder: Path) -> Path:
    """A new project; the test skips where a tool is missing."""
    for tool, package in NEEDED.items():
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is missing: apt-get install {package}")
    create(folder, "starter")
    return folder


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`make` in a project, with this checkout's kpack."""
    command = ["make", "--no-print-directory", f"KPACK=env PYTHONPATH={ROOT} {KPACK}", *words]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
