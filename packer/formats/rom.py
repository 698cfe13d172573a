"""A firmware image: what a machine has below 4 GiB instead of a BIOS.

The kernel lies at its start, the code that brings it up at its end, where the reset vector is.
"""

from __future__ import annotations

import hashlib

from kobjects.kernel.rom import RomHeader
from packer.errors import PackError, Problem
from packer.formats.boot import Extent, assemble_boot, link_boot
from packer.image import Artifact, Image
from packer.layout import align_up
from packer.provenance import CodePart, Ledger, SchemaPart
from stages.boot.stage import ROM
from stages.model import BootCode

UNIT = 0x1_0000
"""A ROM is a multiple of so many bytes: QEMU and Bochs take no other."""

TOP = 1 << 32
"""Where it ends in memory."""

SEGMENT_END = 0x1_0000
"""The boot code ends here in segment 0, as it does in the reset vector's."""


def wrap(image: Image, boot: BootCode = ROM) -> Artifact:
    """The whole file. PackError, AsmError as `link_boot`; and for code that does not end where the
    reset vector's segment does.
    """
    unit = assemble_boot(boot)
    if boot.address + len(unit.code) != SEGMENT_END:
        end = boot.address + len(unit.code)
        text = f"the boot code ends at {end:#x}, but the reset vector's segment at {SEGMENT_END:#x}"
        raise PackError([Problem("KP2213", f"boot.{boot.target}", text)])
    size = align_up(RomHeader.size + len(image.load) + len(unit.code), UNIT)
    start = TOP - size
    symbols = {
        "rom.start": start,
        "rom.size": size,
        "rom.kernel": start + RomHeader.size,
        "rom.kernel_dwords": len(image.load) // 4,
        "rom.code_dwords": len(unit.code) // 4,
    }
    linked = link_boot(image, boot, unit, symbols, Extent("the ROM", start, TOP))
    digest = hashlib.sha256(image.load + linked.code).digest()
    header = RomHeader(
        rom_size=size,
        kernel=RomHeader.size,
        kernel_size=len(image.load),
        code=size - len(linked.code),
        digest=digest[: RomHeader.fields["digest"].size],
    )
    ledger = Ledger()
    ledger.add(SchemaPart("ROM header", RomHeader), bytes(header.build()))
    ledger.include(image.load, image.owners)
    ledger.pad(header.code, "the boot code lies at the end")
    ledger.add(CodePart(linked.name, unit), linked.code)
    data, owners = ledger.finish()
    return Artifact(f"{image.system.name}.rom", data, owners, linked)
