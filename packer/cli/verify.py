"""kpack verify: what is proved of an image's bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from packer.checks.result import Result
from packer.cli import options
from packer.cli.exits import Exit


@click.command("verify")
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[IMAGE]")
@options.manifest
@options.debug
@click.option(
    "--map", "map_path", metavar="FILE", type=click.Path(path_type=Path),
    help="IMAGE's map, instead of the one beside it.",
)  # fmt: skip
@options.as_json
@click.option("-v", "--verbose", is_flag=True, help="Also the tables of what was found.")
def command(
    file: Path | None, manifest_path: Path | None, debug: bool, map_path: Path | None,
    as_json: bool, verbose: bool,
) -> Exit:  # fmt: skip
    """Prove what must hold of a kernel, from its bytes.

    They are those of a file, or of what the manifest makes. Decodes all code from every way in;
    follows values, stacks and loops; reads page tables, gates and stacks back. What the code relies
    on beside that, its stages claim, each with its reason. A file is refused if it or its map has
    changed in any byte.
    """
    from packer.cli.errors import show
    from packer.cli.report import as_data, render

    results = list(_of_file(file, map_path) if file else _of_manifest(manifest_path, debug))
    problems = [problem for result in results for problem in result.problems]
    if as_json:
        options.print_json(checks=as_data(results))
    else:
        render(results, verbose=verbose)
        if problems:
            show(problems)
    return Exit.CHECK_FAILED if problems else Exit.OK


def _of_file(path: Path, map_path: Path | None) -> Iterator[Result]:
    from packer.atlas.find import open_chart
    from packer.checks import prove
    from packer.mapping import mapped
    from packer.recorded import kernel_bytes, subject

    with mapped(path) as data:
        chart = open_chart(path, data, map_path)
        yield kernel_bytes(chart)
        yield from prove(subject(chart))


def _of_manifest(path: Path | None, debug: bool) -> Iterator[Result]:
    from packer.build import artifacts, build
    from packer.checks import prove
    from packer.subject import Subject

    manifest = options.read_manifest(path, debug=debug)
    image = build(manifest.system)
    boot = (file.boot for file in artifacts(image, manifest.targets) if file.boot)
    yield from prove(Subject.of(image, boot))
