"""Boot modules: bytes that come with the image for tasks to read."""

from __future__ import annotations

from enum import IntEnum

from kobjects.record import Record, array, octets, reserved_bytes, u32, u64
from kobjects.source import KERNEL


class ModuleKind(IntEnum):
    """What a module is."""

    NONE = 0
    """The entry is not in use."""
    FILE = 1
    """Bytes as somebody gave them."""
    PROGRAM = 2
    """It begins with a Program: a loader can start it."""


class ModuleLimit(IntEnum):
    """How much a directory holds."""

    MODULES = 84
    NAME_BYTES = 16


class Module(Record, size=48, source=KERNEL("Boot modules")):
    """One module."""

    name: bytes = octets(ModuleLimit.NAME_BYTES, "padded with zeros; two words of a message")
    offset: int = u64("of its first byte from the directory's; whole pages")
    length: int = u64("in bytes; those behind it, to the end of its last page, are zero")
    kind: ModuleKind = u32("what it is")
    unused: bytes = reserved_bytes(12)


class ModuleDirectory(Record, size=4096, source=KERNEL("Boot modules")):
    """The page at User.MODULES of every task that sees modules. They lie behind it, none in its
    pages but itself, and none of it can be written.
    """

    count: int = u32("entries of `modules` in use")
    unused: bytes = reserved_bytes(60)
    modules: tuple[Module, ...] = array(Module, ModuleLimit.MODULES, "in the manifest's order")
