"""What an image can be built without, one thing at a time, and the image built so.

Guards are enumerated from the finished image: none is chosen, and a new check in the kernel is a
new guard here. `tests/ablation` asks of each of them which test misses it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

from packer.ablation import bits, branches, descriptors, instructions, limits, pages
from packer.ablation.guard import Guard, by_name, code_without, without
from packer.ablation.listing import Listing, listing
from packer.asm.source import did_you_mean
from packer.cache import assemble
from packer.errors import PackError, Problem
from packer.image import Image, LinkedUnit
from packer.sources import read_sources
from stages.boot.stage import BIOS, ISO, MULTIBOOT, PVH, ROM
from stages.model import Access, Assembly, BootCode
from stages.names import kernel_names

__all__ = ["Guard", "boot_guards", "guards", "kind", "leave_out", "leave_out_of_boot"]

TEXT = "kernel.text"
BOOT = (BIOS, ISO, PVH, MULTIBOOT, ROM)

OfCode = Callable[[Listing], Iterator[Guard]]
OfData = Callable[[Image], Iterator[Guard]]
CODE: Sequence[tuple[OfCode, frozenset[str]]] = (
    (branches.guards, frozenset(("branch", "flow"))),
    (bits.guards, frozenset(("bit",))),
    (instructions.guards, frozenset(("system", "zero"))),
)
DATA: Sequence[tuple[OfData, frozenset[str]]] = (
    (descriptors.guards, frozenset(("field",))),
    (pages.guards, frozenset(("page",))),
    (limits.guards, frozenset(("field",))),
)
"""Who enumerates which kinds."""


def kind(name: str) -> str:
    """What sort of guard has this name: a kind of CODE or of DATA."""
    start, colon, _ = name.partition(":")
    return "bit" if "@" in name else start if colon else "field"


def guards(image: Image, only: str = "") -> list[Guard]:
    """Every guard of the kernel, or those of one kind. Boot code has its own: `boot_guards`."""
    code = [source for stage in image.system.stages for source in stage.code]
    text = [source for source in code if source.section is Access.TEXT]
    found = _of_code(image.units[TEXT], text, only)
    found += (one for of_data, kinds in DATA if only in {"", *kinds} for one in of_data(image))
    return _only(found, only)


def boot_guards(boot: BootCode, linked: LinkedUnit | None = None, only: str = "") -> list[Guard]:
    """Every guard of the code of one way to boot, or those of one kind.

    Without `linked` they are known by name and place, but the bytes that they need are not.
    """
    return _only(_of_code(linked or _unlinked(boot), boot.code, only), only)


def leave_out(image: Image, name: str) -> Image:
    """The image without a guard of its own, or of the boot code that will bring it up.

    PackError if neither has one of that name.
    """
    own = by_name(guards(image, kind(name)))
    if name in own:
        return without(image, own[name])
    boot = {guard.name for each in BOOT for guard in boot_guards(each)}
    if name in boot:
        return dataclasses.replace(image, without=name)
    near = did_you_mean(name, {*boot, *(guard.name for guard in guards(image))})
    raise PackError([Problem("KP2207", name, "the image has no guard of that name", near)])


def leave_out_of_boot(boot: BootCode, linked: LinkedUnit, name: str) -> LinkedUnit:
    """The boot code without the guard, if it is one of its own."""
    own = by_name(boot_guards(boot, linked, kind(name)))
    return code_without(linked, own[name]) if name in own else linked


def _unlinked(boot: BootCode) -> LinkedUnit:
    unit = assemble(read_sources(boot.code), kernel_names())
    return LinkedUnit(f"boot.{boot.target}", boot.address, unit, unit.code)


def _of_code(linked: LinkedUnit, sources: Sequence[Assembly], only: str) -> list[Guard]:
    wanted = [of_code for of_code, kinds in CODE if only in {"", *kinds}]
    found = listing(linked, read_sources(sources)) if wanted else None
    return [one for of_code in wanted for one in of_code(found)] if found else []


def _only(found: Sequence[Guard], wanted: str) -> list[Guard]:
    return [guard for guard in found if wanted in ("", kind(guard.name))]
