"""The start of a ROM of ours: what it is and where in it the kernel lies."""

from __future__ import annotations

from kobjects.record import Record, octets, u32
from kobjects.source import KERNEL

ROM_SIGNATURE = b"kpackROM"


class RomHeader(Record, size=32, source=KERNEL("Boot contract")):
    """The first bytes of the file. The machine reads them nowhere: it begins at the end."""

    signature: bytes = octets(8, "tells the file", must=ROM_SIGNATURE)
    rom_size: int = u32("bytes of the file")
    kernel: int = u32("offset of the kernel's first byte")
    kernel_size: int = u32("in bytes")
    code: int = u32("offset of the code that brings it up, which goes on to the file's end")
    digest: bytes = octets(8, "the first bytes of the SHA-256 of kernel and code")
