"""The system-call interface, written once: numbers, kinds, statuses and rights.

A call's rax is `words | number << 8`. CALL is 0 and REPLY_RECV is 1, so that one unsigned compare
of rax tells the kernel number, word count and absence of flags at once. What comes back in rax is
`words | kind << 8 | status << 16`; a successful reply is therefore its word count alone, and a
call arrives with the very rax that the client set.
"""

from __future__ import annotations

from enum import IntEnum

from kobjects.source import KERNEL
from kobjects.word import Word, bits, reserved


class Call(IntEnum):
    """Numbers of the system calls; bits 15:8 of rax."""

    CALL = 0
    REPLY_RECV = 1
    NULL = 2
    YIELD = 3
    RECV = 4
    EXIT = 5
    MAP = 6
    UNMAP = 7
    SEND = 8
    REPLY = 9
    REPLY_SAVE = 10
    SIGNAL = 11
    COPY = 12
    DELETE = 13
    REVOKE = 14
    DESTROY = 15
    CREATE = 16
    START = 17
    STOP = 18
    READ_THREAD = 19
    WRITE_THREAD = 20
    IRQ_ACK = 21
    INSPECT = 22
    CLOCK = 23


class Kind(IntEnum):
    """What a received message is; bits 15:8 of the returned rax."""

    CALL = 0
    SEND = 1
    SIGNAL = 2
    FAULT = 3


class Receive(IntEnum):
    """What RECV waits for, in rdi; 0: only for the deadline. REPLY_RECV waits for both."""

    MESSAGES = 1
    SIGNALS = 2


class ThreadPart(IntEnum):
    """What READ_THREAD and WRITE_THREAD transfer: rsi. The words follow it."""

    REGISTERS = 0
    """rip, rsp, rflags, rax, rbx, rcx, rdx, rsi, rdi"""
    MORE_REGISTERS = 1
    """rbp, r8, r9, r10, r11, r12, r13, r14, r15"""
    BASES = 2
    """FS base, GS base"""
    DEBUG = 3
    """DR0, DR1, DR2, DR3, DR7; and DR6 of the last debug exception, which is only read"""
    PRIORITY = 4
    """base priority; read also gives the effective one"""
    SUPERVISOR = 5
    """handle of the Endpoint that is told of its faults, 0: none; not read"""
    RECEIVE_SLOT = 6
    """handle of the slot that takes a received capability, 0: none"""
    FPU = 7
    """1: it uses x87, SSE and AVX registers; 0: it has none"""
    PORTS = 8
    """which of its four ranges, handle of the IoPorts, 0: none; not read"""


class FaultKind(IntEnum):
    """Bits 15:8 of word 0 of a fault message; bits 7:0 are the vector of an exception."""

    EXCEPTION = 0
    EXIT = 1


class FaultReply(IntEnum):
    """Word 0 of the reply to a fault message."""

    RETRY = 0
    RESUME = 1
    STOP = 2


class Status(IntEnum):
    """Bits 23:16 of the returned rax. Argument errors precede any side effect."""

    OK = 0
    BAD_CALL = 1
    BAD_HANDLE = 2
    EMPTY = 3
    WRONG_TYPE = 4
    DEAD = 5
    NO_RIGHT = 6
    BAD_ARGUMENT = 7
    BAD_ADDRESS = 8
    WOULD_BLOCK = 9
    TIMED_OUT = 10
    ABORTED = 11
    ABANDONED = 12
    CYCLE = 13
    TOO_DEEP = 14
    NO_CALLER = 15
    GONE = 16
    OWES_REPLY = 17
    SLOT_BUSY = 18
    NO_QUOTA = 19
    NO_CONTIGUOUS = 20
    W_XOR_X = 21
    MAPPED = 22
    BAD_STATE = 23
    PRIORITY = 24
    AGAIN = 25


class Abi(IntEnum):
    """Limits and shifts of the interface."""

    VERSION = 2
    REGISTER_WORDS = 10
    MESSAGE_WORDS = 120
    NUMBER_SHIFT = 8
    KIND_SHIFT = 8
    STATUS_SHIFT = 16
    STATUS_MASK = 0xFF0000
    """The bits of the returned rax that are all 0 when the call succeeded."""
    CALLS = 24
    PARTNERS = 16
    """How many waiting threads a new call may stand behind, before TOO_DEEP."""
    FLAGS_SHIFT = 16
    DEADLINE = 0x1_0000
    """Flag of rax: r15 is the time, in ns since boot, at which to give up waiting."""
    CAPABILITY = 0x2_0000
    """Flag of rax: the message carries the capability that the message buffer names."""
    RECEIVED = 0x100_0000
    """Flag of the returned rax: a capability came into the receive slot."""
    DROPPED = 0x200_0000
    """Flag of the returned rax: a capability was sent, and there was no free receive slot."""
    FOREVER = 0xFFFF_FFFF_FFFF_FFFF
    """The deadline that never comes; 0 is the one that has: do not wait."""
    STEP = 32
    """How many things a call that can take long does before it returns AGAIN."""
    STEP_BYTES = 0x4000
    """How much memory such a call zeroes."""


class ObjectType(IntEnum):
    """Type of a kernel object; 0 is the type of an empty slot."""

    NONE = 0
    THREAD = 1
    SPACE = 2
    ENDPOINT = 3
    NOTIFICATION = 4
    FRAME = 5
    IRQ = 6
    IO_PORTS = 7
    HARDWARE = 8
    REPLY = 9


class ThreadRights(Word, bits=8, source=KERNEL("Objects")):
    """What a capability for a Thread allows."""

    read: bool = bits("0", "read its registers and settings, inspect it")
    write: bool = bits("1", "change them")
    control: bool = bits("2", "start, stop, destroy, bind objects to it, name its supervisor")
    unused: int = reserved("7:3", must=0)


class NotificationRights(Word, bits=8, source=KERNEL("Objects")):
    """What a capability for a Notification allows. Its badge is the bits that it signals."""

    signal: bool = bits("0", "set its badge's bits")
    control: bool = bits("1", "mint badges, destroy")
    unused: int = reserved("7:2", must=0)


class IrqRights(Word, bits=8, source=KERNEL("Objects")):
    """What a capability for a device interrupt allows."""

    ack: bool = bits("0", "unmask it again")
    control: bool = bits("1", "destroy")
    unused: int = reserved("7:2", must=0)


class IoPortsRights(Word, bits=8, source=KERNEL("Objects")):
    """What a capability for a range of I/O ports allows."""

    use: bool = bits("0", "give them to a thread")
    control: bool = bits("1", "destroy")
    unused: int = reserved("7:2", must=0)


class HardwareRights(Word, bits=8, source=KERNEL("Objects")):
    """What the capability for the machine's devices allows."""

    control: bool = bits("0", "make Irq, IoPorts and device Frames")
    unused: int = reserved("7:1", must=0)


class EndpointRights(Word, bits=8, source=KERNEL("Objects")):
    """What a capability for an Endpoint allows."""

    call: bool = bits("0", "send a message and wait for its reply")
    grant: bool = bits("1", "let a message carry a capability")
    control: bool = bits("2", "mint badges, bind, destroy")
    unused: int = reserved("7:3", must=0)


class FrameRights(Word, bits=8, source=KERNEL("Objects")):
    """What a capability for a Frame allows its mapping to have."""

    read: bool = bits("0")
    write: bool = bits("1")
    execute: bool = bits("2")
    control: bool = bits("3", "revoke, destroy")
    unused: int = reserved("7:4", must=0)


class SpaceRights(Word, bits=8, source=KERNEL("Objects")):
    """What a capability for a Space allows."""

    map: bool = bits("0", "map frames into it")
    caps: bool = bits("1", "fill and empty its slots")
    control: bool = bits("2", "destroy, account")
    unused: int = reserved("7:3", must=0)
