"""The image whose tasks are in C, compiled as a project of `kpack new` compiles its own.

The project's own Makefile compiles them, so that a figure is of what a person's tasks would be. A
compiler is part of such a figure: another one, or another version, makes other code.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import packer
from packer.build import build
from packer.image import Image
from packer.machine.errors import MachineError
from packer.manifest import load
from packer.starter import create

SOURCES = Path(__file__).parent / "guest" / "compiled"
FINISH = Path(__file__).parent / "guest" / "finish.asm"
TASKS = "client server"
COMPILER = "gcc"
"""Which one the Makefile takes where the environment names none in CC."""


def missing() -> str:
    """Why nothing can be compiled here, with what would help; empty if it can."""
    for program, package in ((compiler()[0], "gcc"), ("make", "make")):
        if shutil.which(program) is None:
            return f"{program} is not on the search path; sudo apt-get install {package}"
    return ""


def compiler() -> list[str]:
    """The words of the compiler's command."""
    return shlex.split(os.environ.get("CC", "")) or [COMPILER]


def version() -> str:
    """Such as `gcc 12`: what another one's counts are not held against. MachineError if it won't
    say what it is.
    """
    command = [*compiler(), "-dM", "-E", "-x", "c", os.devnull]
    lines = (line.split(maxsplit=2) for line in _output(command, Path.cwd()).splitlines())
    macros = {words[1]: words[2] for words in lines if len(words) == 3}
    for name, macro in (("clang", "__clang_major__"), ("gcc", "__GNUC__")):
        if macro in macros:
            return f"{name} {macros[macro]}"
    return Path(compiler()[0]).name


def image(folder: Path) -> Image:
    """Compile and build, in an empty folder or none. MachineError if the compiler fails."""
    create(folder, "compiled")
    shutil.rmtree(folder / "tasks")
    shutil.copytree(SOURCES, folder / "tasks")
    shutil.move(folder / "tasks" / "kpack.toml", folder / "kpack.toml")
    shutil.copy(FINISH, folder / "tasks")
    kpack = shlex.join(["env", f"PYTHONPATH={_root()}", sys.executable, "-m", "packer.cli"])
    tools = (f"KPACK={kpack}", f"CC={shlex.join(compiler())}")
    _output(["make", *tools, f"C_TASKS={TASKS}", "RUST_TASKS=", "programs"], folder)
    return build(load(folder / "kpack.toml").system)


def _root() -> Path:
    return Path(packer.__file__).parents[1]


def _output(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        text = f"exit status {done.returncode}; it said: {done.stderr.strip()}"
        raise MachineError("KP5003", text, place=shlex.join(command[:1]))
    return done.stdout
