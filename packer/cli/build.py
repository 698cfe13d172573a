"""kpack build: manifest → images, map and symbols.

Nothing that builds is imported when nothing has to be built.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from packer.cli import options
from packer.cli.errors import say
from packer.cli.exits import Exit
from packer.files import cache_directory
from packer.machine.qemu import SIGNED
from packer.unchanged import Note, watched

if TYPE_CHECKING:
    from packer.signing import Signer

OWN = Path("kpack.toml")
"""The manifest that is taken when it is there."""


@click.command("build")
@options.manifest
@options.targets
@options.output
@options.debug
@click.option(
    "--sign",
    "key",
    metavar="KEY",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Sign for Secure Boot with this private key; needs --cert.",
)
@click.option(
    "--cert", "certificate", metavar="CERT", type=click.Path(path_type=Path, dir_okay=False),
    help="The certificate of that key.",
)  # fmt: skip
@click.option(
    "--check", is_flag=True, help="Build twice more, under circumstances that should not matter."
)
@options.as_json
def command(
    manifest_path: Path | None,
    targets: Sequence[str],
    folder: Path,
    debug: bool,
    key: Path | None,
    certificate: Path | None,
    check: bool,
    as_json: bool,
) -> Exit:
    """Build the images of a manifest.

    Writes a file for each target, NAME.map, and NAME.symbols.elf for debuggers. --check builds
    twice more, with another time, time zone, folder, locale, umask, hash seed, home and cache, and
    names the field that differs. Signatures are left out of that: they hold the time by design.
    """
    asked = (manifest_path and manifest_path.absolute(), folder.absolute(), *targets, debug)
    note = Note(cache_directory(), asked)
    signing = key is not None or certificate is not None
    sizes = None if signing else note.recall()
    if sizes is None:
        with watched(cache_directory()) as inputs:
            manifest = options.read_manifest(manifest_path, debug=debug)
            signer = _signer(key, certificate, list(targets or manifest.targets))
            files = options.build_files(manifest, targets, folder, signer).files
        sizes = {path: path.stat().st_size for path in files}
        if not signing:
            note.keep(inputs, [] if manifest_path or OWN.exists() else [OWN], files)
    same = _same(manifest_path, targets, debug) if check else []
    if as_json:
        written = [{"path": str(path), "bytes": size} for path, size in sizes.items()]
        more = {"same": same} if check else {}
        name = next(path.stem for path in sizes if path.suffix == ".map")
        options.print_json(image=name, files=written, **more)
    else:
        for path, size in sizes.items():
            click.echo(f"{size:>9,}  {path}")
    return Exit.OK


def _same(manifest_path: Path | None, targets: Sequence[str], debug: bool) -> list[str]:
    """The files that two builds made alike. PackError for those that they did not."""
    from packer.manifest import find
    from packer.reproduce import VARIED, check

    same = check(manifest_path or find(Path.cwd()), targets, debug=debug)
    say(f"kpack: {len(same)} files are the same whatever {', '.join(VARIED[:-1])} and cache are")
    return same


def _signer(key: Path | None, certificate: Path | None, targets: Sequence[str]) -> Signer | None:
    if key is None and certificate is None:
        return None
    if key is None or certificate is None:
        raise click.UsageError("--sign and --cert belong together: a key and its certificate")
    from packer.signing import Signer

    if not set(targets) & set(SIGNED):
        names = ", ".join(SIGNED)
        raise click.UsageError(f"nothing here can be signed; targets that can: {names}")
    return Signer(key, certificate)
