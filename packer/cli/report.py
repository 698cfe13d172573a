"""What the checks proved, as tables for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from packer.checks.result import Result


def as_data(results: Iterable[Result]) -> list[dict[str, Any]]:
    """Each check with its figures, its table and its problems."""
    return [
        {
            "check": result.check,
            "holds": not result.problems,
            "proved": result.proved,
            "figures": dict(result.figures),
            "rows": [dict(row) for row in result.rows],
            "problems": [
                {"code": one.code, "place": one.place, "text": one.text, "help": one.help}
                for one in result.problems
            ],
        }
        for result in results
    ]


def render(results: Sequence[Result], *, verbose: bool) -> None:
    """A table of the checks on standard output; with `verbose` also one of each check's rows."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(box=box.SIMPLE)
    for heading in ("check", "", "what", "figures"):
        table.add_column(heading, overflow="fold")
    for result in results:
        state = f"{len(result.problems)} wrong" if result.problems else "ok"
        figures = ", ".join(f"{name} {number:,}" for name, number in result.figures.items())
        table.add_row(result.check, state, result.proved, figures)
    console.print(table)
    for result in results if verbose else ():
        if result.rows:
            console.print(f"{result.check}:")
            console.print(_rows(result))


def _rows(result: Result) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE)
    for heading, value in result.rows[0].items():
        if isinstance(value, int):
            table.add_column(heading, justify="right")
        else:
            table.add_column(heading, overflow="fold")
    for row in result.rows:
        shown = (f"{value:,}" if isinstance(value, int) else value for value in row.values())
        table.add_row(*shown)
    return table
