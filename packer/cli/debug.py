"""kpack debug: an image under gdb, with symbols, source lines and the kernel's structures."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import click

from packer.cli import options
from packer.cli.errors import say
from packer.cli.exits import Exit
from packer.machine.errors import missing


@click.command("debug")
@options.manifest
@options.target
@options.machine
@options.debug
@click.option(
    "--at", "label", default="kernel_entry", show_default=True, metavar="LABEL",
    help="Where to stop first.",
)  # fmt: skip
@click.option(
    "-x", "--execute", "commands", multiple=True, metavar="COMMAND",
    help="A command for gdb, once it has stopped; may be repeated, and gdb ends after the last.",
)  # fmt: skip
@options.memory
@options.output
def command(
    manifest_path: Path | None,
    target: str | None,
    machine_name: str | None,
    debug: bool,
    label: str,
    commands: Sequence[str],
    memory: int,
    folder: Path,
) -> Exit:
    """Boot an image under gdb.

    It stops at LABEL first. gdb knows the labels, the source lines of the kernel and of the boot
    code, and the command kpack: kpack threads, spaces, caps, cpu, irqs, and kpack at ADDRESS
    SCHEMA. Breakpoints before the kernel is loaded must be hbreak, since loading it overwrites the
    others. What the guest sends goes to DIR/NAME.serial.
    """
    gdb = shutil.which("gdb")
    if gdb is None:
        raise missing("gdb", debian="gdb", fedora="gdb", arch="gdb")
    from packer.live.debugger import arguments, waiting

    manifest = options.read_manifest(manifest_path, debug=debug)
    wanted = target or manifest.targets[0]
    machine = options.choose_machine(wanted, machine_name)
    built = options.build_files(manifest, [wanted], folder)
    name = manifest.system.name
    serial = folder / f"{name}.serial"
    with waiting(built.targets[wanted], machine, memory, serial) as socket:
        symbols = folder / f"{name}.symbols.elf"
        words = [gdb, *arguments(symbols, socket, label, commands)]
        say(f"kpack: what the guest sends is in {serial}")
        ended = subprocess.run(words, check=False)
    return Exit.OK if ended.returncode == 0 else Exit.TOOL
