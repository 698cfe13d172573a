"""What INSPECT tells of an object: the words of its answer, by the object's type.

Every answer begins with the words of `Inspected`. The others follow while the object is alive and
the capability has the right that the class names.
"""

from __future__ import annotations

from kobjects.kernel.abi import ObjectType
from kobjects.kernel.thread import ThreadFlags, ThreadState
from kobjects.record import Record, reserved_bytes, u32, u64
from kobjects.source import KERNEL

WORDS = 10
"""Of every answer; those that a type does not need are 0 and not counted in rax."""


class Inspected(Record, size=80, source=KERNEL("Inspection")):
    """What any handle tells, with no right at all; of Hardware and Reply there is nothing else."""

    type: ObjectType = u64("what the handle names")
    alive: int = u64("1; 0: the object is dead, or this capability was revoked")
    rights: int = u64("of the capability: EndpointRights, FrameRights … by type")
    unused: bytes = reserved_bytes(80 - 3 * 8)


class InspectedThread(Record, size=80, source=KERNEL("Inspection")):
    """With the right `read`."""

    type: ObjectType = u64()
    alive: int = u64()
    rights: int = u64()
    state: ThreadState = u64("what it does")
    priority: int = u64("effective: its own, or what it inherits from whom it serves")
    base_priority: int = u64("its own")
    nanoseconds: int = u64("CPU time charged to it; 0 before the first slice has been measured")
    flags: ThreadFlags = u32(
        "senders that queue at it, signals that wait, what it has of the CPU's"
    )
    no_flags: int = u32("the word's high half")
    number: int = u64("its place in the manifest; of a created one, its header's number")
    buffer: int = u64("address of its message buffer in its Space")


class InspectedSpace(Record, size=80, source=KERNEL("Inspection")):
    """With the right `control`."""

    type: ObjectType = u64()
    alive: int = u64()
    rights: int = u64()
    frame_limit: int = u64("page frames that may be charged to it")
    frames_used: int = u64("page frames that are, its children's limits included")
    object_limit: int = u64("objects that may be charged to it")
    objects_used: int = u64("objects that are, its children's limits included")
    slots: int = u64("size of its capability table")
    max_priority: int = u64("the highest that its threads may be given")
    depth: int = u64("how many Spaces are above it")


class InspectedEndpoint(Record, size=80, source=KERNEL("Inspection")):
    """Of an Endpoint or a Notification, with the right `control`."""

    type: ObjectType = u64()
    alive: int = u64()
    rights: int = u64()
    badge: int = u64("of the capability; a Notification's bits")
    unused: bytes = reserved_bytes(80 - 4 * 8)


class InspectedSlot(Record, size=80, source=KERNEL("Inspection")):
    """Of a slot in another Space's table, which word 0 names, with that Space's right `caps`."""

    type: ObjectType = u64()
    alive: int = u64()
    rights: int = u64()
    badge: int = u64("of the capability; what a Frame, Space or Thread has no use for is 0")
    unused: bytes = reserved_bytes(80 - 4 * 8)


class InspectedFrame(Record, size=80, source=KERNEL("Inspection")):
    """With no right; its physical address with `control`, for a device that reads memory itself."""

    type: ObjectType = u64()
    alive: int = u64()
    rights: int = u64()
    bytes: int = u64("its size")
    address: int = u64("where this capability maps it; 0: nowhere")
    writable_mappings: int = u64("mappings with W, by whomever")
    executable_mappings: int = u64("mappings with X")
    device: int = u64("1: device registers, not memory")
    physical: int = u64("its physical address; 0 without the right")
    unused: int = u64()


class InspectedIrq(Record, size=80, source=KERNEL("Inspection")):
    """With no right."""

    type: ObjectType = u64()
    alive: int = u64()
    rights: int = u64()
    line: int = u64("of the 8259s")
    masked: int = u64("1: it has interrupted and waits for IRQ_ACK")
    count: int = u64("how often it has interrupted")
    unused: bytes = reserved_bytes(80 - 6 * 8)


class InspectedIoPorts(Record, size=80, source=KERNEL("Inspection")):
    """With no right."""

    type: ObjectType = u64()
    alive: int = u64()
    rights: int = u64()
    first: int = u64("the lowest port")
    count: int = u64("how many")
    unused: bytes = reserved_bytes(80 - 5 * 8)
