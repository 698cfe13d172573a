"""The physical frame allocator's state."""

from __future__ import annotations

from enum import IntEnum

from kobjects.record import Record, reserved_bytes, u64
from kobjects.source import KERNEL


class Block(IntEnum):
    """Sizes of memory that is handed out in one piece, in bytes. There are pages of 4 KiB, too."""

    MEDIUM = 0x1_0000
    """A capability table of 1,024 slots."""
    LARGE = 0x20_0000
    """A large page."""


class Frames(Record, size=128, source=KERNEL("Memory")):
    """Pages come from a pointer that walks the memory map upwards, large blocks from one that comes
    down from the end of the largest range; what is given back goes into a list for its size. Boot
    touches no memory: the first use of a page is what writes it.

    All addresses are physical. A block in a list holds the next one's address in its first word.
    """

    next: int = u64("the next page never used")
    limit: int = u64("end of the run of pages that `next` walks")
    range: int = u64("index in the memory map of the range to walk after that")
    largest: int = u64("index of the largest range, at whose end large blocks are taken")
    top: int = u64("end of what is left of that range")
    floor: int = u64("its first page, while `next` has not come to it; then `top`")
    free: int = u64("the first free page; 0: none")
    free_medium: int = u64("the first free block of 64 KiB; 0: none")
    free_large: int = u64("the first free block of 2 MiB; 0: none")
    first: int = u64("end of what the kernel keeps: its image, and page directories behind it")
    direct_end: int = u64("end of the memory that the direct map has")
    total: int = u64("usable pages in the memory map")
    used: int = u64("pages handed out and not given back")
    root: int = u64("offset of the header of the Space with the rest of the budget; 0: none")
    threads: int = u64("how many threads there are")
    unused: bytes = reserved_bytes(8)
