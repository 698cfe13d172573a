"""Images with one small program and nothing else: what our own figures are held against."""

from __future__ import annotations

from pathlib import Path

from kobjects.cpu.paging import PageDirectoryEntry2M
from kobjects.emit.equates import equates
from kobjects.firmware.eltorito import InitialEntry, ValidationEntry
from kobjects.firmware.iso9660 import (
    FIRST_DESCRIPTOR,
    SECTOR,
    BootRecordDescriptor,
    PrimaryDescriptor,
    TerminatorDescriptor,
)
from kobjects.firmware.mbr import MasterBootRecord
from kobjects.firmware.multiboot import MultibootHeaderFlags, MultibootHeaderLong
from kobjects.kernel.rom import RomHeader
from packer.asm import SourceText
from packer.cache import assemble
from packer.formats import small
from packer.formats.rom import SEGMENT_END, UNIT
from stages.names import kernel_names

HERE = Path(__file__).parent
FLOOR = HERE / "floor.asm"
CLOCK = HERE / "clock.asm"
CROSSING = HERE / "crossing.asm"

SECTOR_ADDRESS = 0x7C00
"""Where a BIOS loads the first sector."""

RESET, ROOM = 16, 112
"""Bytes from the reset vector on, and of those before it that the code has."""

JUMP, JUMP_SIZE = 0xE9, 3
"""JMP rel16."""


def image(target: str, source: Path) -> bytes:
    """The program as the smallest image for a target: what its loader asks for, and the code."""
    kinds = {"bios": _sector, "iso": _disc, "pvh": _kernel, "multiboot": _flat, "rom": _rom}
    return kinds[target](source)


def _sector(source: Path) -> bytes:
    code = _code(source, 16, SECTOR_ADDRESS)
    room = MasterBootRecord.fields["code"].size
    return bytes(MasterBootRecord(code=code.ljust(room, b"\0")).build())


def _disc(source: Path) -> bytes:
    """A disk's sector, and for a CD the same again as a boot image behind catalog and descriptors.

    It has no files, so it is no volume; nothing that boots asks for one.
    """
    sector = _sector(source)
    catalog, boot = FIRST_DESCRIPTOR + 3, FIRST_DESCRIPTOR + 4
    entries = (ValidationEntry(), InitialEntry(sector_count=1, load_lba=boot))
    parts = (
        *(PrimaryDescriptor(volume_size=boot + 1), BootRecordDescriptor(catalog=catalog)),
        TerminatorDescriptor(),
    )
    descriptors = b"".join(bytes(part.build()) for part in parts)
    entry = b"".join(bytes(part.build()) for part in entries)
    start = sector.ljust(FIRST_DESCRIPTOR * SECTOR, b"\0") + descriptors
    return start + entry.ljust(SECTOR, b"\0") + sector.ljust(SECTOR, b"\0")


def _flat(source: Path) -> bytes:
    """Version 1's header and the code."""
    entry = small.ADDRESS + MultibootHeaderLong.size
    header = MultibootHeaderLong(
        flags=MultibootHeaderFlags(address_fields=True),
        header_addr=small.ADDRESS, load_addr=small.ADDRESS, entry_addr=entry,
    )  # fmt: skip
    return bytes(header.build()) + _code(source, 32, entry)


def _rom(source: Path) -> bytes:
    """A header without a kernel, and in the last 16 bytes the reset vector: a jump to the code."""
    code = _code(source, 16, SEGMENT_END - RESET - ROOM)
    jump = bytes((JUMP, *(-ROOM - JUMP_SIZE & 0xFFFF).to_bytes(2, "little")))
    assert len(code) <= ROOM
    end = code.ljust(ROOM, b"\0") + jump.ljust(RESET, b"\0")
    return bytes(RomHeader(rom_size=UNIT).build()).ljust(UNIT - len(end), b"\0") + end


def _kernel(source: Path) -> bytes:
    return small.kernel(_code(source, 32, small.ENTRY))


def _code(source: Path, mode: int, address: int) -> bytes:
    text = SourceText(source.name, source.read_text(encoding="utf-8"))
    names = {**kernel_names(), **equates(PageDirectoryEntry2M)}
    nothing_outside: dict[str, int] = {}
    return assemble([text], names, mode=mode).link(address, nothing_outside.__getitem__)
