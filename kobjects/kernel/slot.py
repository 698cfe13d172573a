"""A capability."""

from __future__ import annotations

from enum import IntEnum

from kobjects.kernel.abi import ObjectType
from kobjects.record import Record, u8, u16, u32, u64
from kobjects.source import KERNEL


class SlotNumber(IntEnum):
    """How a slot's number becomes its address: number << SHIFT, in the direct map."""

    SHIFT = 6


class Slot(Record, size=64, source=KERNEL("Handles and slots")):
    """One entry of a Space's capability table; its byte offset in the table is the handle.

    A slot is named by its number: its offset in the direct map, in slots.
    """

    object: int = u64("offset of the object's header in the object table; 0: the null object")
    key: int = u64(
        "generation << 8; plus 1 when its holder may call the Endpoint, or signal its badge"
    )
    badge: int = u64("what the server is told of the caller; a Notification's bits to signal")
    type: ObjectType = u8("the object's type, so that a dead object's slot still tells it")
    rights: int = u8("EndpointRights, FrameRights, SpaceRights … by type")
    unused: int = u16()
    mapped_space: int = u32("a mapped Frame's Space; 0: not mapped")
    address: int = u64("a mapped Frame's virtual address; a Reply's client: its T")
    entry: int = u64("the page-table entry that maps it, as the kernel sees it; 0: not mapped")
    frame_next: int = u32("number of the next slot that maps the same Frame; 0: last")
    frame_previous: int = u32("number of the previous one; 0: first")
    space_next: int = u32("number of the next slot that maps into the same Space; 0: last")
    space_previous: int = u32("number of the previous one; 0: first")
