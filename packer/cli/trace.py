"""kpack trace: every exception and interrupt of a run in words, and a triple fault explained."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from packer.cli import options, verdict
from packer.cli.errors import say
from packer.cli.exits import Exit
from packer.image import Image
from packer.machine.qemu import Launch
from packer.machine.run import Company, run
from packer.trace.explain import Cause
from packer.trace.log import Event


@click.command("trace")
@click.argument("file", metavar="[IMAGE]", required=False, type=click.Path(path_type=Path))
@options.manifest
@options.target
@options.machine
@click.option("--all", "everything", is_flag=True, help="Each event, not runs of the same as one.")
@options.icount
@options.memory
@options.timeout
@options.output
@options.as_json
def command(
    file: Path | None,
    manifest_path: Path | None,
    target: str | None,
    machine_name: str | None,
    everything: bool,
    icount: bool,
    memory: int,
    timeout: float,
    folder: Path,
    as_json: bool,
) -> Exit:
    """Boot an image and tell what interrupted it.

    A line for each exception and interrupt: what, in which ring, at which instruction, and what the
    error code says. After a triple fault: the exceptions that led to it, and the field that kept
    each from being delivered. The exit status is that of the run.
    """
    from packer.trace.explain import at_reset
    from packer.trace.log import events

    boot = options.bootable(file, manifest_path, target, machine_name, folder)
    causes: list[Cause] = []

    company = Company(at_reset=lambda monitor, log: causes.extend(at_reset(monitor, log)))
    with tempfile.TemporaryDirectory(prefix="kpack-") as logs:
        launch = Launch(memory=memory, icount=icount, stay=True, log=Path(logs, "log"))
        outcome = run(boot.path, boot.machine, launch, timeout=timeout, company=company)
    found = list(events(outcome.log))
    if as_json:
        options.print_json(
            image=str(boot.path), machine=boot.machine.name, status=outcome.status.value,
            reason=outcome.reason, events=[_data(event, boot.image) for event in found],
            causes=[vars(cause) for cause in causes],
        )  # fmt: skip
    else:
        for line in _lines(found, boot.image, everything):
            click.echo(line)
        for line in _explained(found, causes, boot.image):
            click.echo(line)
    say(verdict.summary(outcome, str(boot.path), boot.image, shown=False))
    return verdict.EXITS[outcome.status]


def _data(event: Event, image: Image | None) -> dict[str, Any]:
    from packer.trace.words import meaning, where

    place = where(event, image)
    state = event.state
    return {
        "number": event.number, "kind": event.kind, "name": event.name, "vector": event.vector,
        "error": event.error, "cpl": event.cpl,
        "rip": state.registers.get("rip") if state else None,
        "cr2": state.cr2 if state else None, "cr3": state.cr3 if state else None,
        "meaning": meaning(event), "where": vars(place) if place else None,
    }  # fmt: skip


def _lines(found: Sequence[Event], image: Image | None, everything: bool) -> Iterator[str]:
    """One line for each event; for one again and again, as a timer is, the first and how many."""
    from packer.trace.words import where

    def same(one: Event, other: Event) -> bool:
        if one.name != other.name or one.kind == "exception":
            return one.name == other.name and where(one, image) == where(other, image)
        return True

    index = 0
    while index < len(found):
        last = index
        while not everything and last + 1 < len(found) and same(found[index], found[last + 1]):
            last += 1
        times = f"  and {last - index} more" if last > index else ""
        yield _line(found[index], image) + times
        index = last + 1


def _line(event: Event, image: Image | None) -> str:
    from packer.trace.words import meaning, where

    if event.state is None or event.kind == "reset":
        return f"{'':6}  {event.name}"
    place = where(event, image)
    rip = event.state.registers.get("rip", 0)
    shown = f"{place}: {place.text}" if place and place.text else str(place or f"{rip:#x}")
    source = f"  ({place.place})" if place and place.place else ""
    said = meaning(event)
    head = f"{event.number:>6}  {event.name:<8} ring {event.cpl}  "
    return f"{head}{said + '; ' if said else ''}{shown}{source}"


def _explained(
    found: Sequence[Event], causes: Sequence[Cause], image: Image | None
) -> Iterator[str]:
    from packer.trace.explain import chain

    steps = chain(found)
    if not steps:
        return
    yield ""
    yield "the triple fault, step by step:"
    for event in steps:
        yield f"  {_line(event, image).strip()}"
    yield "fields that kept it from being handled:" if causes else "no field is at fault."
    for cause in causes:
        yield from (f"  {line}" for line in str(cause).splitlines())
