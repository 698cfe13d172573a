"""An address space with its capability table and budget."""

from __future__ import annotations

from kobjects.record import Record, u64
from kobjects.source import KERNEL


class Space(Record, size=64, source=KERNEL("Objects")):
    """A protection domain: what its threads can touch and name."""

    pml4: int = u64("physical address of its top page table")
    slots: int = u64("its capability table, as the kernel sees it")
    slot_count: int = u64("64 or 1,024")
    object: int = u64("offset of its own header")
    frame_limit: int = u64("how many page frames may be charged to it")
    frames_used: int = u64("how many are")
    max_priority: int = u64("the highest priority its threads may be given")
    parent: int = u64("offset of the header of the Space that its budget comes from; 0: the root")
