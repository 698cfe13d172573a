"""The permanent header of every kernel object."""

from __future__ import annotations

from enum import IntEnum

from kobjects.kernel.abi import ObjectType
from kobjects.record import Record, reserved_bytes, u8, u16, u32, u64
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


class ObjectHeader(Record, size=64, source=KERNEL("Objects")):
    """One entry of the object table. The table is never reused for anything else, so a capability
    may always look at the header it names; equal generations say that it still means that object.

    Entry 0 is the null object: its keys are all ones, which no slot's key equals, so an empty slot
    (all zero) needs no test of its own.
    """

    generation: int = u64("raised when the object dies or is revoked; from 1, never wraps")
    call_key: int = u64("an Endpoint's generation << 8 | 1; 0: this object takes no calls")
    signal_key: int = u64("a Notification's generation << 8 | 1; 0: it takes no signals")
    target: int = u64("Thread or Space: its record; Endpoint: its server; Frame: physical address")
    type: ObjectType = u8("what it is")
    state: int = u8("non-zero: dying")
    writable_mappings: int = u16("a Frame's mappings with W")
    executable_mappings: int = u16("a Frame's mappings with X; never both above 0")
    unused: bytes = reserved_bytes(2)
    mappings: int = u64("a Frame's list of slots that map it")
    account: int = u32("offset of the header of the Space that pays for it")
    next: int = u32("next object of that account")
    previous: int = u32("previous object of that account")
    unused_tail: bytes = reserved_bytes(4)
