"""Whom the supervisor looks after: what the packer tells it, and what it remembers of them."""

from __future__ import annotations

from enum import IntEnum

from kobjects.kernel.abi import ObjectType
from kobjects.record import Record, array, octets, reserved_bytes, u8, u16, u32, u64
from kobjects.source import KERNEL
from kobjects.word import Word, bit, reserved


class RosterLimit(IntEnum):
    """How much a roster holds."""

    WARDS = 62
    SLOTS = 1024
    """Of the root's table, the largest that there is."""
    LINES = 16
    """Of the 8259s."""
    PROGRAM_BADGE = 1 << 32
    """Plus a program's index: its badge. Those that a manifest gives to tasks lie below."""


class Restart(IntEnum):
    """When a ward that has ended is started again."""

    NEVER = 0
    ON_FAULT = 1
    """After a fault, or an exit with a code other than 0."""
    ALWAYS = 2


class WardFlags(Word, bits=8, source=KERNEL("Supervision")):
    """What a ward is beside a task."""

    autostart: bool = bit(0, "a program that is started when the system is up")
    operator: bool = bit(1, "it may ask the supervisor to kill, start and finish")
    own_program: bool = bit(2, "its program is the image's own: its Grants say what it is given")
    unused: int = reserved("7:3", must=0)


class Ward(Record, size=64, source=KERNEL("Supervision")):
    """A task of the image, or a program among the boot modules. Handles are the root's."""

    name: bytes = octets(16, "padded with zeros; two words of a message")
    badge: int = u64("of its faults and of its calls to the supervisor; 0: it is not told of them")
    space: int = u32("handle; 0: the task is not in the image")
    thread: int = u32("handle")
    endpoint: int = u32("handle")
    module: int = u32("place of its program among the modules, from 1; 0: it has none")
    symbols: int = u32("address of its first TaskSymbol; they rise")
    symbol_count: int = u32("how many it has")
    restart: Restart = u8("when it is started again")
    flags: WardFlags = u8()
    restarts: int = u16("how often at most")
    delay: int = u32("ms from one start to the next, at least")
    grants: int = u32("address of its first Grant; of a task of the image")
    grant_count: int = u32("how many it has")


class Grant(Record, size=16, source=KERNEL("Supervision")):
    """A capability that the manifest gives a task of the image."""

    badge: int = u64("of an Endpoint")
    slot: int = u16("its handle in the task's table")
    target: int = u16(
        "place of its ward for an Endpoint, Thread or Space; an Irq's line; the root's handle of "
        "a Frame"
    )
    type: ObjectType = u8("of its object")
    rights: int = u8("as of the type")
    unused: bytes = reserved_bytes(2)


class Roster(Record, size=4096, source=KERNEL("Supervision")):
    """The page at User.ROSTER of the task with `root = true`; the TaskSymbols lie behind it, and
    the Grants behind those.
    """

    count: int = u32("entries of `wards` in use: the tasks of the image, then programs")
    first_free: int = u32("number of the first slot of the root's table that the packer left empty")
    slots: int = u32("how many slots the table has")
    own: int = u32("the root's place among the wards")
    irqs: tuple[int, ...] = array(
        "u32", RosterLimit.LINES, "handle of the Irq that the image has, by line; 0: none"
    )
    module_frames: int = u32("handle of the Frame of the modules' first page; others follow it")
    module_pages: int = u32("how many pages there are from User.MODULES on")
    unused: bytes = reserved_bytes(40)
    wards: tuple[Ward, ...] = array(Ward, RosterLimit.WARDS)


class TaskSymbol(Record, size=32, source=KERNEL("Supervision")):
    """One label of a task's program."""

    address: int = u64("where it runs")
    name: bytes = octets(24, "padded with zeros, the last byte always zero; empty: the end")


class Condition(IntEnum):
    """What has become of a ward."""

    NEVER_STARTED = 0
    ALIVE = 1
    EXITED = 2
    FAULTED = 3
    KILLED = 4


class WardState(Record, size=64, source=KERNEL("Supervision")):
    """What the supervisor remembers of a ward. Handles are its own."""

    condition: Condition = u32("what has become of it")
    restarts: int = u32("how often it was started again")
    space: int = u32("handle; 0: none")
    thread: int = u32("handle; 0: none")
    endpoint: int = u32("handle; 0: none")
    notification: int = u32("handle; 0: none")
    started: int = u64("ns since boot at its last start")
    due: int = u64("ns since boot at which it is to be started again; 0: it is not")
    code: int = u64("what it exited with")
    nanoseconds: int = u64("CPU time when it ended")
    automatic: int = u32("how often its manifest had it started again since it was last asked for")
    granted: int = u32("1: its table has what its Grants say, where they say")
