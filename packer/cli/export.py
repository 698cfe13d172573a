"""kpack export: the schemas for other languages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from packer.cli.exits import Exit

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
def command(names: Sequence[str], lang: str, file: Path | None, prefix: str) -> Exit:
    """Write schemas for another language.

    A NAME is a structure (Thread), a module (cpu.paging), a room (cpu, devices, firmware, kernel),
    or "interface": what a task may know. Without one, everything. What the named ones are made of
    comes along.
    """
    if prefix and lang != "c":
        raise click.UsageError("--prefix is for C, where all names share one scope")
    schemas = _chosen(names)
    stem = file.stem if file else "kobjects"
    text = _writers(stem, prefix)[lang](schemas)
    if file is None:
        click.echo(text, nl=False)
    else:
        from packer.files import write_all

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
