"""Images with one small program and nothing else: what our own figures are held against."""

from __future__ import annotations

from pathlib import Path

from kobjects.cpu.paging import PageDirectoryEntry2M
from kobjects.emit.equates import equates
from kobjects.firmware.mbr import MasterBootRecord
from packer.asm import SourceText
from packer.cache import assemble
from packer.formats import small
from stages.names import kernel_names

HERE = Path(__file__).parent
FLOOR = HERE / "floor.asm"
CLOCK = HERE / "clock.asm"
CROSSING = HERE / "crossing.asm"

SECTOR_ADDRESS = 0x7C00
"""Where a BIOS loads the first sector."""


def image(target: str, source: Path) -> bytes:
    """The program as the smallest image for a target: one sector, or headers and code."""
    return {"bios": _sector, "pvh": _kernel}[target](source)


def _sector(source: Path) -> bytes:
    code = _code(source, 16, SECTOR_ADDRESS)
    room = MasterBootRecord.fields["code"].size
    return bytes(MasterBootRecord(code=code.ljust(room, b"\0")).build())


def _kernel(source: Path) -> bytes:
    return small.kernel(_code(source, 32, small.ENTRY))


def _code(source: Path, mode: int, address: int) -> bytes:
    text = SourceText(source.name, source.read_text(encoding="utf-8"))
    names = {**kernel_names(), **equates(PageDirectoryEntry2M)}
    nothing_outside: dict[str, int] = {}
    return assemble([text], names, mode=mode).link(address, nothing_outside.__getitem__)
