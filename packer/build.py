"""The whole way from a system to files: gather, arrange, link, check, wrap."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from packer.ablation import leave_out
from packer.checks import findings
from packer.errors import PackError, Problem
from packer.files import write_all
from packer.formats import FORMATS, SIGNED, symbols
from packer.image import Artifact, Image
from packer.layout import Layout
from packer.link import link
from packer.parts import KERNEL_WINDOW, gather
from packer.placement import place
from stages.model import System


def build(system: System, without: str = "") -> Image:
    """The linked and checked kernel of a system; `without` one guard (packer/ablation), if named.

    Raises AsmError for sources, PackError for whatever else is wrong, each with everything of its
    kind: the layout, then all references, then all regions, then all checks.
    """
    parts = gather(system)
    image = link(parts, place(parts.pieces(), KERNEL_WINDOW))
    if without:
        image = leave_out(image, without)
    problems = findings(image)
    if problems:
        raise PackError(problems)
    return image


def arrange(system: System) -> Layout:
    """Where everything of a system lies, which is known even if it cannot be linked.

    Raises AsmError and PackError for sources; the layout carries its own problems.
    """
    return place(gather(system).pieces(), KERNEL_WINDOW)


def artifacts(
    image: Image, targets: Iterable[str], signer: Callable[[bytes], bytes] | None = None
) -> list[Artifact]:
    """A file for each target, and at the end one with symbols for debuggers. A signer signs those
    of `SIGNED`.

    PackError names the targets that do not exist; what a target itself has against the image is
    raised as AsmError or PackError.
    """
    wanted = list(dict.fromkeys(targets))
    unknown = [target for target in wanted if target not in FORMATS]
    if unknown:
        known = ", ".join(FORMATS)
        text = "there is no such target"
        raise PackError(
            Problem("KP2204", target, text, f"the targets are: {known}") for target in unknown
        )
    made = [
        SIGNED[target](image, signer) if signer and target in SIGNED else FORMATS[target](image)
        for target in wanted
    ]
    return [*made, symbols.wrap(image, (file.boot for file in made if file.boot))]


def write(files: Sequence[Artifact], folder: Path) -> Mapping[str, Path]:
    """Write the files into a folder, which is made if need be; their paths by name.

    PackError names a path that cannot be written; then none of the files is there.
    """
    paths = {file.name: folder / file.name for file in files}
    write_all({paths[file.name]: file.data for file in files})
    return paths
