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
@click.option(
    "--account", "accounts", metavar="FIGURE", multiple=True,
    help="Nothing but where its instructions go; may be repeated.",
)  # fmt: skip
@options.as_json
def command(
    suites: Sequence[str], runs: int, gate: bool, accept: bool, accounts: Sequence[str],
    as_json: bool,
) -> Exit:  # fmt: skip
    """Measure.

    Suites: ipc, boot, build; without a name, all. Instruction counts are the same in every run;
    times are distributions, beside a floor that was measured in the same minutes.
    """
    run, figures, baseline = (_of_bench(name) for name in ("run", "figures", "baseline"))
    for name in suites:
        if name not in run.SUITES:
            raise click.UsageError(f"there is no suite {name}; there are {', '.join(run.SUITES)}")
    if accounts:
        if suites or gate or accept:
            text = "--account measures nothing: leave out suites, --gate and --accept"
            raise click.UsageError(text)
        return _account(accounts, as_json)
    host = run.host()
    measured = run.measure(suites or run.SUITES, runs, _progress, _note)
    if as_json:
        options.print_json(**figures.document(host, measured))
    else:
        click.echo(figures.table(measured), nl=False)
    compared = baseline.compare(measured, baseline.read(host["qemu"]))
    for line in compared.lines():
        _note(line)
    if compared.risen and not accept:
        _say_where([name for name, _, _ in compared.risen], host["qemu"])
    if accept:
        baseline.accept(measured, host["qemu"])
        names = [figure.full_name for figure in measured]
        _of_bench("account").accept(run.account(names, _progress, _progress), host["qemu"])
    return Exit.CHECK_FAILED if gate and compared.risen and not accept else Exit.OK


def _account(names: Sequence[str], as_json: bool) -> Exit:
    run, account, known = (_of_bench(name) for name in ("run", "account", "spans"))
    for name in names:
        if name not in known.NAMES:
            text = f"there is no account of {name}; there are those of {', '.join(known.NAMES)}"
            raise click.UsageError(text)
    host = run.host()
    taken = run.account(names, _progress, _note)
    if as_json:
        options.print_json(**account.document(host, taken))
    else:
        click.echo("\n".join(one.table() for one in taken), nl=False)
    return Exit.OK


def _say_where(names: Sequence[str], qemu: str) -> None:
    """Which labels have grown, of figures that have risen and have an account."""
    account = _of_bench("account")
    before = account.read(qemu)
    with_account = [name for name in names if name in before]
    if with_account:
        for one in _of_bench("run").account(with_account, _progress, _progress):
            for line in account.growth(one, before[one.name]):
                _note(line)


def _of_bench(name: str) -> Any:
    return importlib.import_module(f"bench.{name}")


def _note(text: str) -> None:
    say(f"kpack: {text}")


def _progress(text: str) -> None:
    """One line on a terminal that the next one replaces; nothing elsewhere."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{text}", nl=False, err=True)
