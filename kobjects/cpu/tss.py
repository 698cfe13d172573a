"""The task-state segment of 64-bit mode: where the processor finds stacks."""

from __future__ import annotations

from kobjects.record import Record, array, reserved_bytes, u16, u64
from kobjects.source import SDM3


class TaskStateSegment(Record, size=104, source=SDM3("Task Management in 64-bit Mode")):
    """One per processor. It holds no task: only stack pointers and the I/O permission map's place.

    The map, when there is one, follows within the segment's limit and ends in a byte of ones.
    """

    reserved_0: bytes = reserved_bytes(4)
    rsp0: int = u64("stack for entries into ring 0 from an outer ring", at=4)
    rsp1: int = u64("stack for entries into ring 1")
    rsp2: int = u64("stack for entries into ring 2")
    reserved_28: bytes = reserved_bytes(8)
    ist: tuple[int, ...] = array("u64", 7, "interrupt stacks: ist[0] is the one gates call IST 1")
    reserved_92: bytes = reserved_bytes(10)
    iomap_base: int = u16(
        "offset of the I/O map; past the segment's limit: no port allowed", at=102
    )
