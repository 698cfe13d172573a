"""What every way to boot has in common: its code is one unit, linked beside the finished kernel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from packer.ablation import leave_out_of_boot
from packer.asm import Unit
from packer.cache import assemble
from packer.errors import PackError, Problem
from packer.image import Image, LinkedUnit
from packer.link import link_unit, linkable
from packer.placement import overlaps
from packer.sources import read_sources
from stages.model import BootCode
from stages.names import kernel_names


@dataclass(frozen=True)
class Extent:
    """Physical memory that something occupies: [start, end)."""

    name: str
    start: int
    end: int


def assemble_boot(boot: BootCode) -> Unit:
    """The boot code, of known size and not yet linked. AsmError for its sources."""
    return assemble(read_sources(boot.code), kernel_names())


def link_boot(
    image: Image, boot: BootCode, unit: Unit, extra: Mapping[str, int], *taken: Extent
) -> LinkedUnit:
    """The boot code at its address, with the kernel's symbols and those of `extra`; without the
    guard that the image was built without, if it is the boot code's.

    PackError if it overlaps the kernel or the extents that are `taken`; AsmError for undefined
    symbols.
    """
    known = {**linkable(image.symbols), **extra}
    linked = link_unit(f"boot.{boot.target}", unit, boot.address, known, kernel_names())
    if image.without:
        linked = leave_out_of_boot(boot, linked, image.without)
    kernel = Extent("the kernel", image.layout.window.start, image.layout.end)
    extents = (Extent(linked.name, linked.address, linked.end), kernel, *taken)
    problems = list(overlaps((e.name, e.start, e.end - e.start) for e in extents))
    if problems:
        raise PackError(problems)
    return linked


def entry_of(linked: LinkedUnit, label: str) -> int:
    """The address at which a loader enters the boot code. PackError if it has no such label."""
    labels = linked.labels()
    if label not in labels:
        text = f"the boot code has no label {label}, at which it would be entered"
        raise PackError([Problem("KP2203", linked.name, text)])
    return labels[label]
