"""One module for each kind of file. `FORMATS` are those that boot, by the name of their target."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from packer.formats import bios, iso, multiboot, pvh, rom, uefi
from packer.image import Artifact, Image

FORMATS: Mapping[str, Callable[[Image], Artifact]] = {
    "bios": bios.wrap,
    "iso": iso.wrap,
    "pvh": pvh.wrap,
    "multiboot": multiboot.wrap,
    "uefi": uefi.wrap,
    "rom": rom.wrap,
}

SIGNED: Mapping[str, Callable[[Image, uefi.Signer], Artifact]] = {"uefi": uefi.wrap_signed}
"""Those that firmware may want to be signed."""
