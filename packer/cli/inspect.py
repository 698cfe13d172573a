"""kpack inspect: what a file is, what is in it, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import click

from kobjects import describe
from kobjects.formats.node import Node
from kobjects.identify import LIMIT, find, identify, render
from kobjects.path import value_at
from packer.cli import options
from packer.cli.exits import Exit
from packer.mapping import mapped


@click.command("inspect")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("path", metavar="[PATH]", default="")
@options.as_json
@click.option("--check", is_flag=True, help="Exit status 1 when something is wrong with it.")
@click.option(
    "--limit", default=LIMIT, show_default=True, metavar="N", type=click.IntRange(min=1),
    help="How many things to look at.",
)  # fmt: skip
def command(file: Path, path: str, as_json: bool, check: bool, limit: int) -> Exit:
    """Show what a file is, what is in it and what is wrong with it.

    PATH leads to one thing in it, such as gpt.partitions[0].fat[EFI/BOOT/BOOTX64.EFI].pe, or to one
    field. Of that, the fields are shown too.
    """
    with mapped(file) as blob:
        root = identify(blob, limit=limit)
        node, rest = find(root, path)
        findings = node.all_findings()
        if as_json:
            field = {"value": describe.plain(value_at(node.value, rest))} if rest else {}
            options.print_json(file=str(file), path=path, tree=describe.tree(node), **field)
        elif rest:
            _show_field(node, rest)
        else:
            click.echo(render(node))
            if path:
                _show_fields(node)
    return Exit.CHECK_FAILED if check and findings else Exit.OK


def _show_field(node: Node, path: str) -> None:
    """One field, or all that are inside of it."""
    inside = [
        row for row in describe.rows(node)
        if row.path == path or row.path.startswith((f"{path}.", f"{path}["))
    ]  # fmt: skip
    if len(inside) > 1:
        _show_rows(inside)
        return
    click.echo(describe.shown(value_at(node.value, path)))


def _show_fields(node: Node) -> None:
    rows = list(describe.rows(node))
    if rows:
        click.echo()
        _show_rows(rows)


def _show_rows(rows: list[describe.Row]) -> None:
    wide = min(max(len(row.path) for row in rows), 32)
    for row in rows:
        place = f"{row.offset:#010x} {row.size:#6x}" if row.offset is not None else " " * 17
        text = f"{row.path:<{wide}}  {describe.shown(row.value)}"
        click.echo(f"{place}  {text}{f'  ; {row.doc}' if row.doc else ''}")
