"""A disk that a BIOS boots: a master boot record, the rest of the loader, then the kernel.

The BIOS reads only the first sector, which therefore reads what follows; the symbols of
`loader_symbols` tell it where that is.
"""

from __future__ import annotations

import hashlib

from kobjects.firmware.mbr import (
    SECTOR_SIZE,
    Chs,
    MasterBootRecord,
    PartitionEntry,
    PartitionStatus,
    PartitionType,
)
from packer.asm import Unit
from packer.errors import PackError, Problem
from packer.formats.boot import Extent, assemble_boot, link_boot
from packer.image import Artifact, Image, LinkedUnit
from packer.layout import align_up
from packer.provenance import CodePart, Ledger, SchemaPart
from stages.boot.stage import BIOS
from stages.model import BootCode

CODE_SIZE = MasterBootRecord.offset("disk_signature")
"""Bytes of the first sector that are code."""

HIGH_CONVENTIONAL = Extent("memory that the BIOS may keep for itself", 0x80000, 0x100000)
"""Its extended data area, of which no BIOS takes more than 128 KiB, then video memory and ROM."""

CHUNK = 0x8000
"""Bytes that the loader reads at once."""


def wrap(image: Image, boot: BootCode = BIOS) -> Artifact:
    """The whole disk. PackError, AsmError as `link_boot`; and for code in the partition table."""
    unit = assemble_boot(boot)
    symbols = loader_symbols(image, unit)
    linked = link_boot(image, boot, unit, symbols, HIGH_CONVENTIONAL)
    ledger = Ledger()
    sectors_of_disk = symbols["bios.kernel_lba"] + symbols["bios.kernel_sectors"]
    add_loader(ledger, CodePart(linked.name, unit), linked, image.load, sectors_of_disk)
    ledger.pad(symbols["bios.kernel_lba"] * SECTOR_SIZE, "rest of the loader's last sector")
    ledger.include(image.load, image.owners)
    ledger.pad(align_up(len(ledger), SECTOR_SIZE), "rest of the kernel's last sector")
    data, owners = ledger.finish()
    return Artifact(f"{image.system.name}.bios.img", data, owners, linked)


def loader_symbols(image: Image, unit: Unit) -> dict[str, int]:
    """Where on the disk the loader finds its own rest, and the kernel: in sectors of 512 bytes."""
    loader = max(1, sectors(len(unit.code)))
    return {
        "bios.loader_sectors": loader - 1,
        "bios.kernel_lba": loader,
        "bios.kernel_sectors": sectors(len(image.load)),
        **unit_of_reading(SECTOR_SIZE),
    }


def unit_of_reading(sector: int) -> dict[str, int]:
    """How the loader reads from a medium whose sectors have so many bytes."""
    return {"bios.chunk": CHUNK // sector, "bios.sector_dwords": sector // 4}


def sectors(size: int) -> int:
    """How many sectors hold this many bytes."""
    return align_up(size, SECTOR_SIZE) // SECTOR_SIZE


def add_loader(ledger: Ledger, code: CodePart, linked: LinkedUnit, kernel: bytes, end: int) -> None:
    """The first bytes of a disk: the loader, and in its first sector the partition table.

    `end`: sectors of the whole disk. PackError for code in the partition table.
    """
    _check_first_sector(linked)
    ledger.add(code, linked.code[:CODE_SIZE])
    ledger.pad(CODE_SIZE, "the first sector's code ends earlier")
    record = _record(kernel, linked, end)
    ledger.add(SchemaPart("master boot record", MasterBootRecord), record, CODE_SIZE)
    ledger.add(code, linked.code[SECTOR_SIZE:], SECTOR_SIZE)


def _check_first_sector(linked: LinkedUnit) -> None:
    table = linked.code[CODE_SIZE:SECTOR_SIZE]
    used = [number for number, byte in enumerate(table) if byte]
    if used:
        text = (
            f"the boot code has a byte at {CODE_SIZE + used[-1]} of the first sector, where the "
            f"partition table begins at {CODE_SIZE}"
        )
        remedy = "move code behind the .org 512 that ends the first sector"
        raise PackError([Problem("KP2214", linked.name, text, remedy)])


def _record(kernel: bytes, linked: LinkedUnit, end: int) -> bytes:
    """The bytes of the first sector that follow its code."""
    digest = hashlib.sha256(linked.code + kernel).digest()
    rest = PartitionEntry(
        status=PartitionStatus.ACTIVE,
        type=PartitionType.EXPERIMENTAL,
        first_chs=Chs.of_lba(1),
        last_chs=Chs.of_lba(end - 1),
        first_lba=1,
        sectors=end - 1,
    )
    record = MasterBootRecord(
        disk_signature=int.from_bytes(digest[:4], "little"),
        partitions=(rest, PartitionEntry(), PartitionEntry(), PartitionEntry()),
    )
    return bytes(record.build())[CODE_SIZE:]
