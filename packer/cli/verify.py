"""kpack verify: what is proved of an image's bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from packer.cli import options
from packer.cli.exits import Exit


@click.command("verify")
@options.manifest
@options.targets
@options.debug
@options.as_json
@click.option("-v", "--verbose", is_flag=True, help="Also the tables of what was found.")
def command(
    manifest_path: Path | None, targets: Sequence[str], debug: bool, as_json: bool, verbose: bool
) -> Exit:
    """Prove what must hold of a kernel, from its bytes.

    Decodes all code from every way in; follows values, stacks and loops; reads page tables, gates
    and stacks back. What the code relies on beside that, its stages claim, each with its reason.
    """
    from packer.build import artifacts, build
    from packer.checks import prove
    from packer.cli.errors import show
    from packer.report import as_data, render
    from packer.subject import Subject

    manifest = options.read_manifest(manifest_path, debug=debug)
    image = build(manifest.system)
    made = artifacts(image, targets or manifest.targets)
    results = list(prove(Subject.of(image, (file.boot for file in made if file.boot))))
    problems = [problem for result in results for problem in result.problems]
    if as_json:
        options.print_json(image=manifest.system.name, checks=as_data(results))
    else:
        render(results, verbose=verbose)
        show(problems)
    return Exit.CHECK_FAILED if problems else Exit.OK
