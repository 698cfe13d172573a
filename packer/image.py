"""The kernel as it lies in memory, and the files that carry it to a machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from packer.asm import Unit
from packer.layout import Layout
from packer.provenance import Provenance
from stages.model import Region, Symbols, System


@dataclass(frozen=True)
class LinkedUnit:
    """A unit of code at the address where it runs, every reference filled in."""

    name: str
    address: int
    unit: Unit
    code: bytes

    @property
    def end(self) -> int:
        """The address after its last byte."""
        return self.address + len(self.code)

    def labels(self) -> dict[str, int]:
        """Its labels by the address where they run."""
        return {name: self.address + offset for name, offset in self.unit.symbols.items()}


@dataclass(frozen=True)
class Image:
    """A linked kernel with its tasks, the same for every way to boot it.

    load     what lies in memory from physical `layout.window.start` on, in whole pages
    owners   who owns each byte of `load`
    without  the guard that was left out (packer/ablation); nearly always none
    """

    system: System
    layout: Layout = field(repr=False)
    symbols: Symbols = field(repr=False)
    regions: Mapping[str, Region] = field(repr=False)
    units: Mapping[str, LinkedUnit] = field(repr=False)
    load: bytes = field(repr=False)
    owners: Provenance = field(repr=False)
    without: str = ""

    def contents(self, name: str) -> bytes:
        """The loaded bytes of a region or unit; KeyError for what is reserved or unknown."""
        place = self.layout.placement(name)
        if not place.loaded:
            raise KeyError(f"{name} is reserved: it has no bytes in the image")
        start = place.physical - self.layout.window.start
        return self.load[start : start + place.size]


@dataclass(frozen=True)
class Artifact:
    """One file that a build makes.

    name   of the file, without a folder
    boot   the code that brings the kernel up, if the file has any
    """

    name: str
    data: bytes = field(repr=False)
    owners: Provenance = field(repr=False)
    boot: LinkedUnit | None = field(default=None, repr=False)
