"""Listings of small sources."""

from __future__ import annotations

from packer.ablation.listing import Listing, listing
from packer.asm import SourceText, assemble
from packer.image import LinkedUnit
from stages.names import kernel_names


def read(text: str) -> Listing:
    """The listing of one source of 64-bit code, `room/file.asm`, in a unit at address 0."""
    sources = [SourceText("stages/room/file.asm", text)]
    unit = assemble(sources, kernel_names())
    return listing(LinkedUnit("unit", 0, unit, unit.code), sources)
