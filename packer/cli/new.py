"""kpack new: a project to start from."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from packer.cli.exits import Exit
from packer.starter import create, is_name


@click.command("new")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--name", help="Of the image, instead of the folder's name.")
def command(folder: Path, name: str | None) -> Exit:
    """Make a project with tasks in assembly, C and Rust.

    `make` in it compiles them, builds the image and boots it. DIR must be empty or not be there.
    """
    chosen = name if name is not None else folder.resolve().name
    if not is_name(chosen):
        raise click.UsageError(
            f"{chosen!r} is no name for files: letters, digits, - and _; choose one with --name"
        )
    for path in create(folder, chosen):
        click.echo(path)
    known = "" if shutil.which("kpack") else " KPACK=/path/to/kpack"
    click.echo(f"kpack: now `make -C {folder}{known}`", err=True)
    return Exit.OK
