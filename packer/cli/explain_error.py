"""kpack explain-error: what an error code means."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from packer.cli import options
from packer.cli.exits import Exit

if TYPE_CHECKING:
    from packer.codes import Code

WIDTH = 80
"""Columns of the text."""

WRITTEN = re.compile(r"(?:error)?\[?(?:KP)?(\d{4})\]?:?", re.IGNORECASE)
"""A code as people copy it: KP4001, kp4001, 4001, error[KP4001]."""


@click.command("explain-error")
@click.argument("code", required=False)
@options.as_json
def command(code: str | None, as_json: bool) -> Exit:
    """Say what an error code means and what to do about it.

    CODE is what an error shows in brackets, such as KP4001. Without it, every code is listed.
    """
    from packer.codes import table

    chosen = [_find(code)] if code else list(table().values())
    if as_json:
        options.print_json(codes=[asdict(each) for each in chosen])
    elif code:
        click.echo(_text(chosen[0]))
    else:
        click.echo("\n".join(f"{each.code}  {each.title}" for each in chosen))
    return Exit.OK


def _find(text: str) -> Code:
    from packer.codes import nearest, table

    found = WRITTEN.fullmatch(text)
    if found is None:
        raise click.UsageError(f"{text} is no error code; one is written like KP4001")
    code = f"KP{found[1]}"
    if code not in table():
        near = ", ".join(nearest(int(found[1])))
        raise click.UsageError(f"there is no error code {code}; the nearest are {near}")
    return table()[code]


def _text(code: Code) -> str:
    """Paragraphs for a terminal; the example as it is, indented."""
    import textwrap

    return "\n\n".join(
        (
            f"{code.code}: {code.title}",
            textwrap.fill(code.means, WIDTH),
            f"For example:\n{textwrap.indent(code.example, '    ')}",
            textwrap.fill(f"What to do: {code.do}", WIDTH),
        )
    )
