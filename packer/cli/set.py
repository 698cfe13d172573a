"""kpack set: change fields of a file, and what follows from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kobjects.patch import patch
from packer.atlas.chart import Chart
from packer.atlas.find import open_chart
from packer.atlas.where import names
from packer.cli import options
from packer.cli.exits import Exit
from packer.errors import PackError
from packer.files import write_all
from packer.mapping import mapped, write_spans


@click.command("set")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("changes", metavar="PATH=VALUE...", nargs=-1, required=True)
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
    help="Write a changed copy, and leave the file alone.",
)  # fmt: skip
@click.option(
    "-n", "--dry-run", is_flag=True, help="Show what would be changed, and write nothing."
)
@options.map_path
@options.as_json
def command(
    file: Path, changes: tuple[str, ...], output: Path | None, dry_run: bool,
    map_path: Path | None, as_json: bool,
) -> Exit:  # fmt: skip
    """Change fields of a file, and what follows from them.

    Checksums and copies that were right are right afterwards; those that were wrong stay so, and
    one that is named takes the value that it is given. VALUE is a number, true or false, the name
    of a member, a text, or hexadecimal bytes, as the field at PATH is. Paths are those of kpack
    inspect.

    An image that kpack built takes the paths of kpack explain, too (gdt[3].dpl=3). It is verified
    again: what the change means, and what no longer holds, is said, with exit status 1. Its map is
    rewritten for it and says what was edited; a copy gets a map of its own, FILE.map.
    """
    wanted = dict(_split(change) for change in changes)
    with mapped(file) as blob:
        chart = _chart(file, blob, map_path)
        if chart is not None and _leads(chart, wanted):
            from packer.cli.reverify import set_in_image

            return set_in_image(chart, file, wanted, output, dry_run=dry_run, as_json=as_json)
        done = patch(blob, wanted)
        if not dry_run and output is not None:
            write_all({output: bytes(blob)})
        elif not dry_run:
            write_spans(file, done.spans)
    if as_json:
        options.print_json(
            file=str(output or file), written=not dry_run,
            changes=[
                {
                    "path": change.path, "offset": change.offset, "before": change.before.hex(),
                    "after": change.after.hex(), "reason": change.reason,
                }
                for change in done.changes
            ],
        )  # fmt: skip
        return Exit.OK
    for change in done.changes:
        click.echo(f"{change.offset:#010x}  {change}")
    return Exit.OK


def _chart(file: Path, blob: Any, map_path: Path | None) -> Chart | None:
    """The map of an image of ours; None for a file that has none."""
    try:
        return open_chart(file, blob, map_path)
    except PackError as error:
        if map_path is None and {problem.code for problem in error.problems} == {"KP2505"}:
            return None
        raise


def _leads(chart: Chart, wanted: dict[str, str]) -> bool:
    """Whether the paths are the map's; if not all are, they are those of kpack inspect."""
    known = names(chart)
    return all(
        any(path.startswith(name) and path[len(name) :][:1] in ("", ".", "[") for name in known)
        for path in wanted
    )


def _split(change: str) -> tuple[str, str]:
    path, equals, value = change.partition("=")
    if not equals or not path:
        raise click.UsageError(f"{change!r} is not PATH=VALUE, such as mbr.signature=0xaa55")
    return path, value
