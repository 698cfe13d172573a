"""A program that a task in ring 3 can start without reading ELF."""

from __future__ import annotations

from enum import IntEnum

from kobjects.kernel.abi import FrameRights
from kobjects.kernel.thread import PortRange, ThreadLimit
from kobjects.record import Record, array, octets, reserved_bytes, u8, u32, u64
from kobjects.source import KERNEL
from kobjects.word import Word, bit, reserved


class ProgramLimit(IntEnum):
    """How much a Program's page holds."""

    VERSION = 1
    SEGMENTS = 16
    CAPABILITIES = 63
    NAME_BYTES = 16


class ProgramFlags(Word, bits=32, source=KERNEL("Boot modules")):
    """What its thread needs."""

    fpu: bool = bit(0, "x87, SSE and AVX registers: ThreadPart.FPU")
    modules: bool = bit(1, "it sees the boot modules at User.MODULES")
    unused: int = reserved("31:2", must=0)


class ProgramSegment(Record, size=40, source=KERNEL("Boot modules")):
    """Whole pages of one kind of access. Pages past `file_bytes` are zero, as a new Frame is; those
    of a device are its own.
    """

    address: int = u64("virtual; whole pages, as all of these")
    offset: int = u64("of its first byte from the Program's; a device's physical address")
    file_bytes: int = u64("how many are there to copy")
    memory_bytes: int = u64("how many it has when the program starts")
    rights: FrameRights = u8("what MAP is to allow; never write and execute")
    device: int = u8("1: registers or memory of a device")
    unused: bytes = reserved_bytes(6)


class Program(Record, size=4096, source=KERNEL("Boot modules")):
    """The first page of a program.

    Its loader makes a Space, Frames for the segments, copies and maps them; Frames for the stack,
    which ends at User.STACK_TOP; a Thread with its message buffer at User.BUFFER; puts capabilities
    into the slots from handle 64 on, in the order of their names; and starts it at `entry`.
    """

    magic: bytes = octets(8, must=b"kprogram")
    version: int = u32(must=ProgramLimit.VERSION)
    priority: int = u32("base priority that it wants")
    entry: int = u64("address of its first instruction")
    stack_pages: int = u32("size of its stack")
    flags: ProgramFlags = u32()
    segment_count: int = u32("entries of `segments` in use")
    capability_count: int = u32("entries of `capabilities` in use")
    segments: tuple[ProgramSegment, ...] = array(ProgramSegment, ProgramLimit.SEGMENTS)
    capabilities: tuple[bytes, ...] = array(
        octets(ProgramLimit.NAME_BYTES),
        ProgramLimit.CAPABILITIES,
        "names of what it wants to be given, padded with zeros; handle 64 is the first one's",
    )
    frames: int = u32("page frames that it may use beside what it starts with")
    objects: int = u32("objects that it may make")
    ports: tuple[PortRange, ...] = array(
        PortRange, ThreadLimit.PORT_RANGES, "I/O ports that its thread uses from the start"
    )
    unused: bytes = reserved_bytes(4096 - 40 - 16 * 40 - 63 * 16 - 24)
