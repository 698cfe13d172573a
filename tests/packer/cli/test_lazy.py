"""Help and completion are quick because they import nothing that they don't need."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import click
import pytest

from packer.cli.main import COMMANDS, kpack

HEAVY = {
    *("keystone", "capstone", "numpy", "construct", "elftools", "qemu", "rich"),
    *("asyncio", "socket", "subprocess", "tomllib", "xml", "json"),
    *("packer.asm", "packer.build", "packer.machine", "packer.manifest", "kobjects", "stages"),
    "bench",
}

PROGRAM = """
import sys
from packer.cli.main import status
status({words!r})
print("imported:", *sys.modules)
"""


def imported(root: Path, *words: str) -> set[str]:
    """What is in sys.modules after a command."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(words=list(words))],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_help_imports_no_command(root: Path) -> None:
    modules = imported(root, "--help")
    assert "click" in modules
    assert not {name for name in modules if name.startswith("packer.cli.")} - {
        *("packer.cli.main", "packer.cli.exits", "packer.cli.siblings"),
    }
    assert not HEAVY & modules


def test_a_commands_help_starts_no_tool(root: Path) -> None:
    modules = imported(root, "build", "--help")
    assert "packer.cli.build" in modules
    assert not {"keystone", "capstone", "numpy", "qemu", "rich", "asyncio", "bench"} & modules


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_the_command_says(name: str) -> None:
    module = importlib.import_module(f"packer.cli.{name.replace('-', '_')}")
    command: click.Command = module.command
    assert command.name == name
    assert command.help is not None
    assert command.help.splitlines()[0] == COMMANDS[name]


def test_every_command_is_found() -> None:
    context = click.Context(kpack)
    for name in kpack.list_commands(context):
        assert kpack.get_command(context, name)
    assert kpack.get_command(context, "main") is None, "a module that is no command"
