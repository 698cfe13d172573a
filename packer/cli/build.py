"""kpack build: manifest → images, map and symbols."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from packer.cli import options
from packer.cli.exits import Exit


@click.command("build")
@options.manifest
@options.targets
@options.output
@options.debug
@options.as_json
def command(
    manifest_path: Path | None, targets: Sequence[str], folder: Path, debug: bool, as_json: bool
) -> Exit:
    """Build the images of a manifest.

    Writes a file for each target, NAME.map, and NAME.symbols.elf for debuggers.
    """
    manifest = options.read_manifest(manifest_path, debug=debug)
    built = options.build_files(manifest, targets, folder)
    sizes = {str(path): path.stat().st_size for path in built.files}
    if as_json:
        files = [{"path": path, "bytes": size} for path, size in sizes.items()]
        options.print_json(image=manifest.system.name, files=files)
    else:
        for path, size in sizes.items():
            click.echo(f"{size:>9,}  {path}")
    return Exit.OK
