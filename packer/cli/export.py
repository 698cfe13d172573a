"""kpack export: the schemas for other languages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any

import click

from packer.asm.source import did_you_mean
from packer.cli import options
from packer.cli.exits import Exit
from packer.files import write_all
from stages.names import handle_of

LANGUAGES = ("c", "rust", "nasm", "gas", "markdown", "json")

INTERFACE = "interface"
"""The name for all that a task may know of the kernel and of devices."""


@click.command("export")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "--lang", required=True, type=click.Choice(LANGUAGES), help="For what it is written.",
)  # fmt: skip
@click.option(
    "-o", "--output", "file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
    help="Where it is written, instead of standard output.",
)  # fmt: skip
@click.option("--prefix", default="", help="What begins every identifier (C only).")
@click.option("--task", metavar="TASK", help="The handles of a task's capabilities, too.")
@options.manifest
def command(
    names: Sequence[str], lang: str, file: Path | None, prefix: str,
    task: str | None, manifest_path: Path | None,
) -> Exit:  # fmt: skip
    """Write schemas for another language.

    A NAME is a structure (Thread), a module (cpu.paging), a room (cpu, devices, firmware, kernel),
    or "interface": what a task may know. Without one, everything. What the named ones are made of
    comes along. --task adds cap.NAME of each capability that the manifest gives a task or program;
    its ELF file need not be there yet.
    """
    if prefix and lang != "c":
        raise click.UsageError("--prefix is for C, where all names share one scope")
    schemas = _chosen(names) if names or task is None else []
    if task is not None:
        schemas += _handles(manifest_path, task)
    stem = file.stem if file else "kobjects"
    text = _writers(stem, prefix)[lang](schemas)
    if file is None:
        click.echo(text, nl=False)
    else:
        write_all({file: text.encode()})
    return Exit.OK


def _chosen(names: Sequence[str]) -> list[Any]:
    from kobjects.emit import catalog
    from kobjects.errors import UnknownNameError
    from stages import names as known

    if not names:
        return catalog.everything()
    chosen: dict[Any, None] = {}
    for name in names:
        if name == INTERFACE:
            chosen |= dict.fromkeys((*known.INTERFACE, *known.DEVICES))
            continue
        try:
            chosen |= dict.fromkeys(catalog.find([name]))
        except UnknownNameError as error:
            raise click.UsageError(error.problem) from None
    return list(chosen)


def _handles(manifest_path: Path | None, name: str) -> list[Any]:
    """An enumeration `cap` with the handle of each capability; none if the task has none."""
    system = options.read_manifest(manifest_path).system
    programs = [module.program for module in system.modules if module.program]
    tasks = {task.name: task for task in (*programs, *system.tasks)}
    if name not in tasks:
        help = did_you_mean(name, tasks) or f"there are {', '.join(tasks)}"
        raise click.UsageError(f"the manifest has no task {name}; {help}")
    handles = {
        capability.name: handle_of(index)
        for index, capability in enumerate(tasks[name].capabilities)
    }
    if not handles:
        return []
    try:
        made = IntEnum("cap", handles)  # type: ignore[misc]
    except ValueError as error:
        raise click.UsageError(f"a capability of {name} has no name elsewhere: {error}") from None
    made.__doc__ = f"Handles of {name}'s capabilities."
    return [made]


def _writers(stem: str, prefix: str) -> Mapping[str, Callable[[Iterable[Any]], str]]:
    from kobjects.emit import assembly, c, description, rust

    return {
        "c": lambda schemas: c.header(schemas, name=stem, prefix=prefix),
        "rust": rust.module,
        "nasm": assembly.nasm,
        "gas": assembly.gas,
        "markdown": description.markdown,
        "json": lambda schemas: json.dumps(description.describe(schemas), indent=1) + "\n",
    }
