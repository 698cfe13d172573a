"""What the checks look at: a finished kernel's bytes and what is known of them, from wherever."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from packer.asm import Line
from packer.image import Image, LinkedUnit
from packer.layout import Window
from stages.claims import Claim
from stages.model import Placement


@dataclass(frozen=True)
class Source:
    """One line's bytes: where in the unit, how many, its place, and `bits`-bit code or data."""

    offset: int
    size: int
    place: str
    is_data: bool
    bits: int = 64


@dataclass(frozen=True)
class CodeUnit:
    """Code, or constants, at the address where they are used."""

    name: str
    address: int
    code: bytes = field(repr=False)
    labels: Mapping[str, int] = field(repr=False)
    sources: Sequence[Source] = field(repr=False)

    @property
    def end(self) -> int:
        return self.address + len(self.code)

    @cached_property
    def starts(self) -> frozenset[int]:
        """Offsets at which a line's instruction begins."""
        return frozenset(source.offset for source in self.sources if not source.is_data)

    @classmethod
    def of(cls, unit: LinkedUnit, code: bytes | None = None) -> CodeUnit:
        """The unit as it was linked; `code` is what lies in the image in its place."""
        sources = [
            Source(
                line.offset, line.size, f"{line.file}:{line.line}", line.is_data, _bits(unit, line)
            )
            for line in unit.unit.lines
            if line.size
        ]
        return cls(unit.name, unit.address, code or unit.code, unit.labels(), sources)


@dataclass(frozen=True)
class Subject:
    """A kernel to be checked.

    load     what lies in memory from physical `window.start` on
    symbols  virtual addresses
    text, constants  the kernel's units of code, with the bytes that lie in `load`; None if none
    boot     the code that brings the kernel up, of each target
    tasks    names of the tasks whose page tables are in the image
    claims   what the stages say of their code
    """

    name: str
    load: bytes = field(repr=False)
    window: Window
    symbols: Mapping[str, int] = field(repr=False)
    placements: Sequence[Placement] = field(repr=False)
    text: CodeUnit | None = field(repr=False)
    constants: CodeUnit | None = field(repr=False)
    boot: Sequence[CodeUnit] = field(repr=False)
    tasks: Sequence[str] = ()
    claims: Sequence[Claim] = field(repr=False, default=())

    @classmethod
    def of(cls, image: Image, boot: Iterable[LinkedUnit] = ()) -> Subject:
        """An image that was just linked, and the boot code of its files."""

        def unit(name: str) -> CodeUnit | None:
            found = image.units.get(name)
            return CodeUnit.of(found, image.contents(name)) if found else None

        return cls(
            image.system.name,
            image.load,
            image.layout.window,
            image.symbols,
            image.layout.placements,
            unit("kernel.text"),
            unit("kernel.rodata"),
            [CodeUnit.of(one) for one in boot],
            [task.name for task in image.system.tasks],
            [claim for stage in image.system.stages for claim in stage.claims],
        )

    def physical(self, name: str) -> int:
        return self.symbols[name] - self.window.base

    @cached_property
    def _places(self) -> Mapping[str, Placement]:
        return {place.name: place for place in self.placements}

    def placement(self, name: str) -> Placement | None:
        return self._places.get(name)

    def contents(self, name: str) -> bytes:
        """The loaded bytes of a region or unit; KeyError for what is reserved or unknown."""
        place = self._places[name]
        if not place.loaded:
            raise KeyError(name)
        start = place.physical - self.window.start
        return self.load[start : start + place.size]

    def read(self, virtual: int, size: int) -> bytes:
        """Loaded bytes at an address of the kernel's window; fewer, or none, outside of them."""
        start = virtual - self.window.base - self.window.start
        return self.load[start : start + size] if start >= 0 else b""

    def region_at(self, virtual: int) -> Placement | None:
        """The placement that the address lies in, or ends at: a stack's top is its stack's."""
        for place in self.placements:
            if place.virtual < virtual <= place.end:
                return place
        return None


def _bits(unit: LinkedUnit, line: Line) -> int:
    return next(bits for start, bits in reversed(unit.unit.modes) if start <= line.offset)
