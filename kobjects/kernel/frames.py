"""The physical frame allocator's state."""

from __future__ import annotations

from kobjects.record import Record, u64
from kobjects.source import KERNEL


class Frames(Record, size=64, source=KERNEL("Memory")):
    """A bump pointer that walks the memory map, and a list of frames given back. Boot touches no
    frame: the first use of a frame is what writes it.
    """

    next: int = u64("physical address of the next frame never used")
    limit: int = u64("end of the memory range that `next` walks")
    range: int = u64("that range's index in the boot information's memory map")
    free: int = u64(
        "physical address of the first freed frame, whose first word is the next; 0: none"
    )
    total: int = u64("usable frames in the memory map")
    used: int = u64("frames handed out and not given back")
    unused: int = u64()
    unused_tail: int = u64()
