"""kpack screenshot: a picture of a guest's screen."""

from __future__ import annotations

from pathlib import Path

import click

from packer.cli import options, verdict
from packer.cli.errors import say
from packer.cli.exits import Exit
from packer.files import write_all
from packer.machine.qemu import Launch
from packer.machine.qmp import Monitor
from packer.machine.run import Company, run


@click.command("screenshot")
@click.argument("file", metavar="[IMAGE]", required=False, type=click.Path(path_type=Path))
@options.manifest
@options.target
@options.machine
@options.timeout
@click.option(
    "-o", "--output", "picture", metavar="FILE", default="screenshot.png", show_default=True,
    type=click.Path(path_type=Path, dir_okay=False), help="Where the PNG is written.",
)  # fmt: skip
@options.as_json
def command(
    file: Path | None,
    manifest_path: Path | None,
    target: str | None,
    machine_name: str | None,
    timeout: float,
    picture: Path,
    as_json: bool,
) -> Exit:
    """Boot an image and take a picture of its screen.

    The picture is taken when the guest gives its exit code, or is reset, or --timeout is over.
    """
    build = Path("build")
    boot = options.bootable(file, manifest_path, target, machine_name, build, screen=True)
    taken: list[bytes] = []

    def take(monitor: Monitor) -> None:
        taken.append(monitor.screenshot())

    launch, company = Launch(stay=True), Company(at_end=take)
    outcome = run(boot.path, boot.machine, launch, timeout=timeout, company=company)
    if taken:
        write_all({picture: taken[-1]})
    if as_json:
        written = str(picture) if taken else None
        options.print_json(file=written, machine=boot.machine.name, **verdict.as_data(outcome))
    elif taken:
        click.echo(picture)
    if not outcome.passed:
        say(verdict.summary(outcome, str(boot.path), boot.image, shown=False))
    return verdict.EXITS[outcome.status]
