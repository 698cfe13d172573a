"""kpack bench: figures.

Imports run from bench to packer, so this command finds bench by name when it is called.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any

import click

from packer.cli import options
from packer.cli.errors import say
from packer.cli.exits import Exit


@click.command("bench")
@click.argument("suites", metavar="[SUITE]...", nargs=-1)
@click.option(
    "--runs", default=20, show_default=True, type=click.IntRange(min=1),
    help="How often to take times.",
)  # fmt: skip
@click.option("--gate", is_flag=True, help="Fail if an instruction count rose above the baseline.")
@click.option("--accept", is_flag=True, help="Make these instruction counts the baseline.")
@options.as_json
def command(suites: Sequence[str], runs: int, gate: bool, accept: bool, as_json: bool) -> Exit:
    """Measure.

    Suites: ipc, boot, build; without a name, all. Instruction counts are the same in every run;
    times are distributions, beside a floor that was measured in the same minutes.
    """
    run, figures, baseline = (_of_bench(name) for name in ("run", "figures", "baseline"))
    for name in suites:
        if name not in run.SUITES:
            raise click.UsageError(f"there is no suite {name}; there are {', '.join(run.SUITES)}")
    host = run.host()
    measured = run.measure(suites or run.SUITES, runs, _progress, _note)
    if as_json:
        options.print_json(**figures.document(host, measured))
    else:
        click.echo(figures.table(measured), nl=False)
    compared = baseline.compare(measured, baseline.read(host["qemu"]))
    for line in compared.lines():
        say(f"kpack: {line}")
    if accept:
        baseline.accept(measured, host["qemu"])
    return Exit.CHECK_FAILED if gate and compared.risen and not accept else Exit.OK


def _of_bench(name: str) -> Any:
    return importlib.import_module(f"bench.{name}")


def _note(text: str) -> None:
    say(f"kpack: {text}")


def _progress(text: str) -> None:
    """One line on a terminal that the next one replaces; nothing elsewhere."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{text}", nl=False, err=True)
