"""kpack diff: in what two images differ, by field and by function."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from packer.atlas.chart import Chart
from packer.atlas.diff import Comparison, compare
from packer.atlas.find import open_chart
from packer.cli import options
from packer.cli.errors import say
from packer.cli.exits import Exit
from packer.errors import PackError
from packer.mapping import mapped

file_path = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("diff")
@click.argument("one", metavar="A", type=file_path)
@click.argument("other", metavar="B", type=file_path)
@options.as_json
def command(one: Path, other: Path, as_json: bool) -> Exit:
    """Show in what two images differ, by field and by function.

    Also what is new, gone or moved from A to B. Each is read through the map beside it. If only one
    has a map and both have one size, that map is taken for both, so that an edited or damaged copy
    can be compared with what was built. Exit status 1 when they differ.
    """
    with ExitStack() as stack:
        data = [stack.enter_context(mapped(path)) for path in (one, other)]
        charts = _charts([one, other], data)
        found = compare(*charts)
    if as_json:
        options.print_json(a=str(one), b=str(other), **found.plain())
    else:
        _show(found)
    return Exit.CHECK_FAILED if found.differences or found.moved else Exit.OK


def _charts(paths: list[Path], data: list[Any]) -> tuple[Chart, Chart]:
    charts: list[Chart | None] = []
    errors = []
    for path, each in zip(paths, data, strict=True):
        try:
            charts.append(open_chart(path, each))
        except PackError as error:
            charts.append(None)
            errors.append(error)
    known = next((chart for chart in charts if chart), None)
    if known is None or (errors and len({len(each) for each in data}) > 1):
        raise PackError([problem for error in errors for problem in error.problems])
    for path, chart in zip(paths, charts, strict=True):
        if chart is None:
            say(f"kpack: {path} has no map of its own; it is read through {known.atlas.place}")
    first, second = (
        chart or Chart(known.atlas, known.name, each)
        for chart, each in zip(charts, data, strict=True)
    )
    return first, second


def _show(found: Comparison) -> None:
    for difference in found.differences:
        click.echo(str(difference))
    for name, was, now in found.moved:
        click.echo(f"{name}: moved from physical {was:#x} to {now:#x}")
    if found.following:
        say(f"kpack: {found.following:,} more differ only because what they name has moved")
