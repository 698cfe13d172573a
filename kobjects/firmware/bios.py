"""BIOS services that take a structure: extended disk reads and writes, int 13h."""

from __future__ import annotations

from kobjects.record import Record, reserved_bytes, u8, u16, u64
from kobjects.source import Manual

EDD = Manual(
    "EDD", "Phoenix BIOS Enhanced Disk Drive Specification", "3.0 revision 0.8, March 1998"
)


class DiskAddressPacket(Record, size=16, source=EDD("Device Address Packet")):
    """What DS:SI points to for int 13h, AH = 42h (read) and 43h (write)."""

    packet_size: int = u8("bytes of this packet", default=16)
    zero_1: bytes = reserved_bytes(1, must=0)
    count: int = u16("sectors wanted, at most 127; on return those transferred")
    buffer_offset: int = u16("of the memory to fill")
    buffer_segment: int = u16("of the memory to fill; the buffer may not cross its end")
    lba: int = u64("first sector, counted from the start of the disk")
