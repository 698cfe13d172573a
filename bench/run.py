"""One run of suites: what they are told, and the document that comes of it."""

from __future__ import annotations

import importlib
import os
import platform
import re
import subprocess
import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.figures import Figure
from packer.machine.qemu import program

if TYPE_CHECKING:
    from bench.account import Account

SUITES = ("ipc", "boot", "build")
"""The modules of `bench.suites`."""


@dataclass(frozen=True)
class Run:
    """What a suite is told.

    folder  for its files; gone after the run
    repeat  how often to take what differs from time to time
    say     shows a person how far it is
    note    tells what stays true after the run, such as a figure that is left out
    """

    folder: Path
    repeat: int
    say: Callable[[str], None]
    note: Callable[[str], None]


def measure(
    suites: Sequence[str], repeat: int, say: Callable[[str], None], note: Callable[[str], None]
) -> list[Figure]:
    """The figures of these suites, in order."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="kpack-bench-") as folder:
        for name in suites:
            suite = importlib.import_module(f"bench.suites.{name}")
            figures += suite.measure(Run(Path(folder), repeat, say, note))
    return figures


def account(
    names: Collection[str], say: Callable[[str], None], note: Callable[[str], None]
) -> list[Account]:
    """Where the instructions of these figures go; of the ipc suite's only, in its order."""
    spans = importlib.import_module("bench.spans")
    with tempfile.TemporaryDirectory(prefix="kpack-bench-") as folder:
        made: list[Account] = spans.accounts(Run(Path(folder), 1, say, note), names)
    return made


def host() -> dict[str, Any]:
    """What the figures were taken on. `load` is the system's average over the last minute."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "qemu": qemu_version(),
        "accelerator": "tcg",
        "load": round(os.getloadavg()[0], 2),
    }


def qemu_version() -> str:
    """Such as 7.2.22."""
    said = subprocess.run([program(), "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"version (\d+(?:\.\d+)*)", said.stdout)
    return found[1] if found else "unknown"


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    found = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    return found[1] if found else platform.processor()
