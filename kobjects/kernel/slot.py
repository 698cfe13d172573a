"""A capability."""

from __future__ import annotations

from kobjects.kernel.abi import ObjectType
from kobjects.record import Record, reserved_bytes, u8, u16, u32, u64
from kobjects.source import KERNEL


class Slot(Record, size=64, source=KERNEL("Handles and slots")):
    """One entry of a Space's capability table; its byte offset in the table is the handle."""

    object: int = u64("offset of the object's header in the object table; 0: the null object")
    key: int = u64(
        "generation << 8 | 1 when the right to the type's fast operation is held, else 0"
    )
    badge: int = u64("what the server is told of the caller; a mapped Frame's virtual address")
    type: ObjectType = u8("the object's type, so that a dead object's slot still tells it")
    rights: int = u8("EndpointRights, FrameRights, SpaceRights … by type")
    unused: int = u16()
    mapped_space: int = u32("a mapped Frame's Space: offset of its header; 0: not mapped")
    next: int = u64("next slot that maps the same Frame")
    previous: int = u64("previous slot that maps the same Frame")
    mapped_generation: int = u64("generation of the Space it is mapped in")
    unused_tail: bytes = reserved_bytes(8)
