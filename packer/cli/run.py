"""kpack run: an image, booted for a person or watched to its end."""

from __future__ import annotations

import contextlib
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from packer.cli import options, verdict
from packer.cli.errors import say
from packer.cli.exits import Exit
from packer.machine import qemu
from packer.machine import run as machine
from packer.machine.display import window
from packer.machine.outcome import Outcome, Status
from packer.machine.qemu import Launch, Machine
from packer.machine.run import Company
from packer.machine.terminal import immediate, interrupts

GDB_PORT = 1234
"""The port that QEMU's own -s opens."""

FRAME = "─" * 80


@click.command("run")
@click.argument("file", metavar="[IMAGE]", required=False, type=click.Path(path_type=Path))
@options.manifest
@options.target
@options.machine
@click.option("--display", is_flag=True, help="Show the machine's screen in a window.")
@options.accel
@click.option(
    "--gdb",
    is_flag=True,
    help=f"Wait for a debugger on port {GDB_PORT} before the first instruction.",
)
@click.option("--dry-run", is_flag=True, help="Print QEMU's command, and start nothing.")
@options.memory
@options.timeout
@options.output
@options.as_json
def command(
    file: Path | None,
    manifest_path: Path | None,
    target: str | None,
    machine_name: str | None,
    display: bool,
    accelerator: str,
    gdb: bool,
    dry_run: bool,
    memory: int,
    timeout: float,
    folder: Path,
    as_json: bool,
) -> Exit:
    """Boot an image for a person, or watch it to its end.

    At a terminal the keyboard goes to the guest's serial port, which is shown. A guest that has
    passed goes on: the demonstration's shell ends with exit, any guest when you press Ctrl-C.
    Otherwise the guest has --timeout to pass: it prints its marker and ends with its code; then its
    screen is printed as text. kpack live looks into it meanwhile.
    """
    boot = options.bootable(file, manifest_path, target, machine_name, folder)
    shown, port = window() if display else "none", GDB_PORT if gdb else None
    launch = options.accelerated(Launch(memory=memory, display=shown, gdb=port), accelerator)
    if dry_run:
        words = qemu.command(boot.path, boot.machine, launch)
        if as_json:
            options.print_json(image=str(boot.path), machine=boot.machine.name, command=words)
        else:
            click.echo(shlex.join(words))
        return Exit.OK
    if gdb:
        say(f"kpack: waiting; gdb -ex 'target remote localhost:{GDB_PORT}' connects")
    if not as_json and (display or _at_a_terminal()):
        outcome = _with_a_person(boot.path, boot.machine, launch)
        if outcome.status is Status.ENDED:
            say("\nkpack: ended")
            return Exit.OK
    else:
        outcome = _alone(boot.path, boot.machine, launch, None if gdb else timeout, as_json)
    if as_json:
        options.print_json(
            image=str(boot.path), machine=boot.machine.name, **verdict.as_data(outcome)
        )
    say(verdict.summary(outcome, str(boot.path), boot.image, shown=not as_json))
    return verdict.EXITS[outcome.status]


def _at_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _with_a_person(image: Path, where: Machine, launch: Launch) -> Outcome:
    """Boot without a time limit, until the guest ends or the person has had enough."""
    launch = replace(launch, person=True)
    with contextlib.ExitStack() as stack:
        enough = stack.enter_context(interrupts())
        keyboard = sys.stdin.fileno() if sys.stdin.isatty() else None
        if keyboard is not None:
            stack.enter_context(immediate(keyboard))
        company = Company(
            started=_show_command, show=_show, keyboard=keyboard, enough=enough, observed=True
        )
        return machine.run(image, where, launch, timeout=None, company=company)


def _alone(
    image: Path, where: Machine, launch: Launch, timeout: float | None, as_json: bool
) -> Outcome:
    """Boot on a machine that stays after the guest's code, so that its screen can be read."""
    company = Company(started=_show_command, show=None if as_json else _show, observed=True)
    launch = replace(launch, stay=True)
    outcome = machine.run(image, where, launch, timeout=timeout, company=company)
    if outcome.screen and not as_json:
        click.echo("\n".join([FRAME, *outcome.screen, FRAME]))
    return outcome


def _show_command(words: list[str]) -> None:
    say(verdict.command_line(words))


def _show(data: bytes) -> None:
    out: Any = sys.stdout
    out.buffer.write(data)
    out.buffer.flush()
