"""kpack live: what a running kernel is doing, and how its memory differs from its image."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from packer.cli import options
from packer.cli.exits import Exit

TOPICS = ("threads", "spaces", "caps", "cpu", "irqs", "pages", "drift")
MOST_CHANGES = 5
"""Changed fields of a region that a person is shown; JSON has all."""


@click.command("live")
@click.argument("topic", metavar="[TOPIC]", default="threads", type=click.Choice(TOPICS))
@click.option(
    "--socket", type=click.Path(path_type=Path),
    help="QEMU's monitor (QMP); otherwise that of the kpack run that was started last.",
)  # fmt: skip
@options.manifest
@options.as_json
def command(topic: str, socket: Path | None, manifest_path: Path | None, as_json: bool) -> Exit:
    """Show what the kernel of a running machine is doing.

    TOPIC is threads, spaces, caps (what every handle means), cpu, irqs, pages (what each address
    space maps), or drift: what differs in memory from the image that the manifest makes now. The
    machine stands still meanwhile. Exit status 1: something changed that nothing may write.
    """
    from packer.live.attach import attached

    with attached(socket) as machine:
        if topic == "drift":
            return _drift(machine.view.read, manifest_path, as_json)
        if topic == "pages":
            rows = list(machine.pages())
        else:
            from packer.live.rows import TOPICS as FUNCTIONS

            rows = list(FUNCTIONS[topic](machine.view))
    if as_json:
        options.print_json(topic=topic, rows=rows)
    else:
        _table(rows)
    return Exit.OK


def _drift(read: Any, manifest_path: Path | None, as_json: bool) -> Exit:
    from packer.build import build
    from packer.live.drift import drifts

    image = build(options.read_manifest(manifest_path).system)
    found = list(drifts(image, read))
    if as_json:
        options.print_json(
            topic="drift",
            rows=[
                {
                    "region": each.name, "access": each.access.value, "bytes": each.size,
                    "differing": each.differing, "alarming": each.alarming,
                    "changes": [
                        {"path": one.path, "was": one.was.hex(), "now": one.now.hex()}
                        for one in each.changes
                    ],
                }
                for each in found
            ],
        )  # fmt: skip
    else:
        same = sum(not each.differing for each in found)
        for each in found:
            if each.differing:
                mark = "  <- nothing may write here" if each.alarming else ""
                head = f"{each.name} ({each.access.value}): {each.differing:,} of {each.size:,}"
                click.echo(f"{head} bytes differ{mark}")
                for change in each.changes[:MOST_CHANGES]:
                    click.echo(f"    {change}")
                if len(each.changes) > MOST_CHANGES:
                    click.echo(f"    and {len(each.changes) - MOST_CHANGES:,} more")
        click.echo(f"{same} of {len(found)} regions are as the image has them")
    return Exit.CHECK_FAILED if any(each.alarming for each in found) else Exit.OK


def _table(rows: Iterable[dict[str, Any]]) -> None:
    from packer.live.rows import text

    click.echo(text(list(rows)))
