"""kpack explain: everything that is known of one place in an image."""

from __future__ import annotations

from pathlib import Path

import click

from packer.atlas.explain import explain, plain, render
from packer.atlas.find import open_chart
from packer.atlas.where import find
from packer.cli import options
from packer.cli.exits import Exit
from packer.mapping import mapped


@click.command("explain")
@click.argument("image", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("where")
@options.map_path
@options.as_json
def command(image: Path, where: str, map_path: Path | None, as_json: bool) -> Exit:
    """Say what owns a byte of an image, and what it means.

    WHERE is a file offset (0x1c618), a virtual or physical address, a symbol (trap_entry+0x12,
    task.ping.start), or a path (gdt[3].dpl, idt[14].ist, mbr.partitions[0]). A number is an offset
    if the file has it, then a virtual, then a physical address; file:, virt: and phys: say which.
    The map that kpack build wrote must be beside the image, or be named.
    """
    with mapped(image) as data:
        chart = open_chart(image, data, map_path)
        said = explain(chart, find(chart, where))
        if as_json:
            options.print_json(**plain(said))
        else:
            click.echo(render(said))
    return Exit.OK
