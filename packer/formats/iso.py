"""A file that is a CD and a disk: ISO 9660 with El Torito, and a master boot record before it.

The first 16 of its sectors of 2,048 bytes are nobody's in ISO 9660. There the loader lies for a
BIOS that takes the file for a disk; a second one, which counts in sectors of a CD, is a file of the
volume, as the kernel is. Both read the same kernel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kobjects.firmware.eltorito import BootMedia, InitialEntry, Platform, ValidationEntry
from kobjects.firmware.iso9660 import (
    FIRST_DESCRIPTOR,
    SECTOR,
    BootRecordDescriptor,
    TerminatorDescriptor,
)
from kobjects.firmware.mbr import SECTOR_SIZE
from kobjects.record import Record, nested
from kobjects.source import EL_TORITO
from kobjects.text import Ascii
from packer.errors import PackError, Problem
from packer.formats import bios, volume
from packer.formats.boot import assemble_boot, link_boot
from packer.image import Artifact, Image
from packer.layout import align_up
from packer.provenance import CodePart, Ledger, SchemaPart
from stages.boot.stage import ISO
from stages.model import BootCode

SYSTEM_AREA = FIRST_DESCRIPTOR * SECTOR
"""Bytes before the first volume descriptor."""

DISK_SECTORS = SECTOR // SECTOR_SIZE
"""Sectors of a disk in one of the CD."""


class BootCatalog(Record, size=64, source=EL_TORITO("Booting Catalog")):
    """Which of the volume's blocks a BIOS boots."""

    validation: ValidationEntry = nested("marks the catalog")
    initial: InitialEntry = nested("the only entry")


@dataclass(frozen=True)
class Places:
    """Sectors of the CD where things lie, in their order."""

    loader_size: int
    kernel_size: int

    descriptors: int = FIRST_DESCRIPTOR
    path_table: int = FIRST_DESCRIPTOR + 3
    path_table_big: int = FIRST_DESCRIPTOR + 4
    root: int = FIRST_DESCRIPTOR + 5
    catalog: int = FIRST_DESCRIPTOR + 6
    loader: int = FIRST_DESCRIPTOR + 7

    @property
    def kernel(self) -> int:
        return self.loader + sectors(self.loader_size)

    @property
    def end(self) -> int:
        return self.kernel + sectors(self.kernel_size)


def wrap(image: Image, boot: BootCode = ISO) -> Artifact:
    """The whole file. PackError, AsmError as `bios.wrap`; for a loader that does not fit before the
    volume, and as `epoch.moment`.
    """
    unit = assemble_boot(boot)
    places = Places(len(unit.code), len(image.load))
    above = bios.HIGH_CONVENTIONAL
    disk = link_boot(image, boot, unit, _as_disk(places), above)
    cd = link_boot(image, boot, unit, _as_cd(places), above)
    _check_size(disk.name, len(unit.code))
    ledger = Ledger()
    end = places.end * DISK_SECTORS
    bios.add_loader(ledger, CodePart(f"{disk.name}.disk", unit), disk, image.load, end)
    ledger.pad(SYSTEM_AREA, "the volume begins at sector 16")
    _add_volume(ledger, image.system.name, places)
    ledger.add(CodePart(f"{cd.name}.cd", unit), cd.code)
    ledger.pad(places.kernel * SECTOR, "rest of the loader's last sector")
    ledger.include(image.load, image.owners)
    ledger.pad(places.end * SECTOR, "rest of the kernel's last sector")
    data, owners = ledger.finish()
    return Artifact(f"{image.system.name}.iso", data, owners, disk)


def sectors(size: int) -> int:
    """How many sectors of the CD hold this many bytes."""
    return align_up(size, SECTOR) // SECTOR


def _as_disk(places: Places) -> Mapping[str, int]:
    return {
        "bios.loader_sectors": max(1, bios.sectors(places.loader_size)) - 1,
        "bios.kernel_lba": places.kernel * DISK_SECTORS,
        "bios.kernel_sectors": bios.sectors(places.kernel_size),
        **bios.unit_of_reading(SECTOR_SIZE),
    }


def _as_cd(places: Places) -> Mapping[str, int]:
    return {
        "bios.loader_sectors": 0,  # the BIOS loads all of it
        "bios.kernel_lba": places.kernel,
        "bios.kernel_sectors": sectors(places.kernel_size),
        **bios.unit_of_reading(SECTOR),
    }


def _check_size(name: str, size: int) -> None:
    if size > SYSTEM_AREA:
        text = f"the boot code has {size} bytes, but a volume begins after {SYSTEM_AREA}"
        raise PackError([Problem("KP2212", name, text)])


def _add_volume(ledger: Ledger, name: str, places: Places) -> None:
    """From the first descriptor to the loader."""
    files = [
        volume.File("BOOT.CAT;1", places.catalog, BootCatalog.size),
        volume.File("KERNEL.BIN;1", places.kernel, places.kernel_size),
        volume.File("LOADER.BIN;1", places.loader, places.loader_size),
    ]
    catalog = BootCatalog(
        validation=ValidationEntry(platform=Platform.X86, developer=Ascii("kpack")),
        initial=InitialEntry(
            media=BootMedia(),
            sector_count=bios.sectors(places.loader_size),
            load_lba=places.loader,
        ),
    )
    primary = volume.primary(name, places)
    ledger.add(SchemaPart("primary volume descriptor", type(primary)), bytes(primary.build()))
    record = BootRecordDescriptor(catalog=places.catalog)
    ledger.add(SchemaPart("boot record", BootRecordDescriptor), bytes(record.build()))
    ledger.add(
        SchemaPart("end of the descriptors", TerminatorDescriptor),
        bytes(TerminatorDescriptor().build()),
    )
    volume.add_tables(ledger, files, places)
    ledger.add(SchemaPart("boot catalog", BootCatalog), bytes(catalog.build()))
    ledger.pad(places.loader * SECTOR, "rest of the boot catalog's sector")
