"""kpack map: where everything lies in the kernel's memory."""

from __future__ import annotations

from pathlib import Path

import click

from packer.build import arrange
from packer.cli import options
from packer.cli.errors import show
from packer.cli.exits import Exit
from packer.map import describe, render


@click.command("map")
@options.manifest
@options.as_json
def command(manifest_path: Path | None, as_json: bool) -> Exit:
    """Show where everything lies in the kernel's memory.

    A map is there even when the image cannot be linked.
    """
    manifest = options.read_manifest(manifest_path)
    layout = arrange(manifest.system)
    if as_json:
        options.print_json(**describe(layout, manifest.system.name))
    else:
        click.echo(render(layout, manifest.system.name), nl=False)
    if layout.problems:
        show(layout.problems)
        return Exit.SOURCE
    return Exit.OK
