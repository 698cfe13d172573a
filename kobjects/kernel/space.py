"""An address space with its capability table and budget."""

from __future__ import annotations

from enum import IntEnum

from kobjects.record import Record, reserved_bytes, u32, u64
from kobjects.source import KERNEL


class SpaceLimit(IntEnum):
    """What a Space may be like."""

    DEPTH = 8
    """How many Spaces may be above it."""
    SMALL_TABLE = 64
    """Slots of a capability table of one page."""
    LARGE_TABLE = 1024
    """Slots of one that takes sixteen pages in a row."""


class Space(Record, size=256, source=KERNEL("Objects")):
    """A protection domain: what its threads can touch and name, and what it may use.

    Budgets are carved from the parent: what a child may use counts as used there, so whatever a
    Space may use is there.
    """

    pml4: int = u64("physical address of its top page table")
    slots: int = u64("its capability table, in the direct map")
    slot_count: int = u64("64 or 1,024")
    object: int = u64("offset of its own header")
    frame_limit: int = u64("how many page frames may be charged to it")
    frames_used: int = u64("how many are, its children's limits included")
    object_limit: int = u64("how many objects may be charged to it")
    objects_used: int = u64("how many are, its children's limits included")
    max_priority: int = u64("the highest priority its threads may be given")
    parent: int = u64("offset of the header of the Space that its budget comes from; 0: the root")
    depth: int = u64("how many Spaces are above it")
    threads: int = u64("T of its first thread; 0: none")
    mappings: int = u32("number of the first slot that maps into it; 0: none")
    account: int = u32("first object that it pays for; 0: none")
    block: int = u64("physical address of a large block that is being zeroed for it; 0: none")
    block_bytes: int = u64("that block's size")
    block_done: int = u64("how much of it is zeroed")
    cursor: int = u64(
        "how far its destruction has come: bytes of its capability table; beyond, units of 2 MiB"
    )
    walked: int = u64("last address of the 2 MiB in which a page was mapped last; 0: none")
    table: int = u64("the page table of those, in the direct map")
    unused: bytes = reserved_bytes(256 - 8 * 19)
