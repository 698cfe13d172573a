"""The permanent header of every kernel object."""

from __future__ import annotations

from enum import IntEnum

from kobjects.kernel.abi import ObjectType
from kobjects.record import Record, u8, u16, u32, u64
from kobjects.source import KERNEL


class Key(IntEnum):
    """How a key is put together."""

    TAG_BITS = 8
    """The generation stands above the tag."""
    FAST = 1
    """The tag of who may use the type's fast operation; else it is 0."""


NEVER = (1 << 64) - 1
"""The null object's generation and keys: no slot has them."""


def key(generation: int, *, fast: bool = False) -> int:
    """What a slot holds, and what an object's operation takes: equal if and only if the slot means
    this generation of the object and may use its type's fast operation.
    """
    return generation << Key.TAG_BITS | (Key.FAST if fast else 0)


class HeaderNumber(IntEnum):
    """How a header's number becomes its offset in the object table: number << SHIFT."""

    SHIFT = 6


class ObjectState(IntEnum):
    """Whether an object is still whole."""

    ALIVE = 0
    DYING = 1
    """Its destruction has begun and goes on with the next `destroy`."""
    FREE = 2
    """The header is in the list of those that a new object may take."""


class ObjectHeader(Record, size=64, source=KERNEL("Objects")):
    """One entry of the object table. The table is never reused for anything else, so a capability
    may always look at the header it names; equal generations say that it still means that object.
    An object is named by its header's offset in the table.

    Entry 0 is the null object: its keys are all ones, which no slot's key equals, so an empty slot
    (all zero) needs no test of its own.
    """

    generation: int = u64("raised when the object dies or is revoked; from 1, never wraps")
    call_key: int = u64("an Endpoint's generation << 8 | 1; 0: this object takes no calls")
    signal_key: int = u64("a Notification's generation << 8 | 1; 0: it takes no signals")
    target: int = u64(
        "Thread: its T; Space: its record; Endpoint, Notification: T of its thread; Frame: its "
        "physical address; Irq: line; IoPorts: first | count << 16"
    )
    type: ObjectType = u8("what it is; an IoPorts or Irq header says no more than its target")
    state: ObjectState = u8("whether it is still whole")
    writable_mappings: int = u16("a Frame's mappings with W")
    executable_mappings: int = u16("a Frame's mappings with X; never both above 0")
    large: bool = u8("a Frame of 2 MiB")
    device: bool = u8("a Frame of device registers, not of memory: never zeroed, never freed")
    chain: int = u32(
        "Frame: number of the first slot that maps it; Endpoint, Notification: the thread's next"
    )
    chain_previous: int = u32("Endpoint, Notification: the thread's previous object; 0: first")
    account: int = u32("the Space that pays for it; 0: nobody, it was in the image")
    next: int = u32("next object of that account, or next free header")
    previous: int = u32("previous object of that account; 0: first")
    unused: int = u32()
