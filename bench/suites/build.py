"""How long the tools take: whole processes, from their start to their end, as a person waits.

The floor is an interpreter that does nothing. The modules were compiled before, as on anyone's
second run; `build.cold` has no assembled units in the cache, `build.warm` has all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import packer
from bench.figures import Figure
from bench.run import Run
from packer.machine.errors import MachineError

FLOOR = "build.floor"
KPACK = ("-m", "packer.cli")
BUILD = (*KPACK, "build")


@dataclass(frozen=True)
class Tool:
    """A process. `words` follow the interpreter; `prepare` is done before and takes no time."""

    name: str
    words: tuple[str, ...]
    prepare: Callable[[], None] = lambda: None


def measure(run: Run) -> list[Figure]:
    """MachineError if one of the processes fails."""
    workplace = Workplace(run.folder / "tools")
    tools = [
        Tool(FLOOR, ("-c", "pass")),
        Tool("import.kobjects", ("-c", "import kobjects")),
        Tool("cli.help", (*KPACK, "--help")),
        Tool("build.cold", BUILD, workplace.forget),
        Tool("build.warm", BUILD),
    ]
    for tool in tools:
        workplace.milliseconds(tool)  # compiles
    samples: dict[str, list[float]] = {tool.name: [] for tool in tools}
    for number in range(run.repeat):
        run.say(f"build: round {number + 1} of {run.repeat}")
        for tool in tools:
            samples[tool.name].append(workplace.milliseconds(tool))
    floors = {name: "" if name == FLOOR else FLOOR for name in samples}
    return [Figure(name, "ms", times, floors[name]) for name, times in samples.items()]


class Workplace:
    """An empty folder to work in, with caches of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.units = folder / "units"
        folder.mkdir(exist_ok=True)
        own = {
            "KPACK_CACHE": str(self.units),
            "PYTHONPATH": str(Path(packer.__file__).parents[1]),
            "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
            "PYTHONDONTWRITEBYTECODE": "",
        }
        self._environment = os.environ | own

    def forget(self) -> None:
        """Empty the cache of assembled units."""
        shutil.rmtree(self.units, ignore_errors=True)

    def milliseconds(self, tool: Tool) -> float:
        """How long the process takes. MachineError if it fails."""
        tool.prepare()
        start = time.perf_counter_ns()
        done = subprocess.run(
            [sys.executable, *tool.words],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        spent = time.perf_counter_ns() - start
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip()
            text = f"exit status {done.returncode}; it said: {said}"
            raise MachineError("KP5003", text, place=f"python {' '.join(tool.words)}")
        return spent / 1e6
