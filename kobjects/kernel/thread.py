"""A thread's control page."""

from __future__ import annotations

from enum import IntEnum

from kobjects.kernel.abi import Kind
from kobjects.kernel.trap import TrapFrame
from kobjects.record import Record, array, nested, octets, reserved_bytes, u16, u32, u64
from kobjects.source import KERNEL
from kobjects.word import Word, bit, reserved


class ThreadState(IntEnum):
    """What a thread does. READY includes RUNNING: the running thread is the one in the TSS's RSP0.

    While `receive_key` or `reply_key` is not 0, the thread is RECEIVING or in REPLY_WAIT by that
    key and `state` stays READY: the fast path then need not write it.
    """

    READY = 0
    RECEIVING = 1
    REPLY_WAIT = 2
    SENDING = 3
    WAITING = 4
    STOPPED = 5
    EXITED = 6
    FAULTED = 7
    DYING = 8


class ThreadFlags(Word, bits=32, source=KERNEL("Threads")):
    """Why a thread may not take the fast path: any bit sends it the slow way."""

    queued: bool = bit(0, "senders wait in its queue")
    fault: bool = bit(1, "it waits for its supervisor's answer to a fault or exit")
    ports: bool = bit(2, "it has I/O ports, which a switch to it must open")
    unused: int = reserved("31:3", must=0)


class ThreadLimit(IntEnum):
    """How much a control page holds."""

    PORT_RANGES = 4


class PortRange(Record, size=4, source=KERNEL("Objects")):
    """I/O ports that a thread may use."""

    first: int = u16("the lowest port")
    count: int = u16("how many ports; 0: this range is unused")


class Thread(Record, size=4096, origin=0x200, source=KERNEL("Objects")):
    """The page of one thread. Pointers to it hold the address of `receive_key`, called T.

    The TSS's RSP0 is T of the running thread, so an interrupt of the task builds its frame right
    below, where a system call stores it too.
    """

    kernel_fault_room: bytes = reserved_bytes(0x150)
    frame: TrapFrame = nested("the task's registers while it is not running", at=0x150)
    receive_key: int = u32("base_rank while it receives and no flag is set, else 0", at=0x200)
    reply_key: int = u32("rank while it awaits a reply and no flag is set, else 0")
    rank: int = u32("effective priority + 1: 1 to 256")
    base_rank: int = u32("its own priority + 1")
    state: ThreadState = u32("valid while both keys are 0")
    flags: ThreadFlags = u32("any bit: not the fast path")
    caller: int = u64("T of the client whose call it must answer; `nobody` when it owes none")
    partner: int = u64("T of the server it waits for, while SENDING or in REPLY_WAIT")
    cr3: int = u64("its Space's page tables")
    slots: int = u64("its Space's capability table")
    bad_mask: int = u64("bits that no handle of its Space has; all ones: take the slow path")
    next: int = u64("next in the ready queue, or in the server's queue of senders")
    previous: int = u64()
    queue_head: int = u64("first of the senders that wait for this server")
    queue_tail: int = u64("last of them")
    badge: int = u64("of the capability by which it calls")
    words: int = u32("length of the message that it sends")
    kind: Kind = u32("kind of the message that it sends")
    buffer: int = u64("word 10 of its message buffer, as the kernel sees it")
    space: int = u64("offset of its Space's header")
    object: int = u64("offset of its own header")
    supervisor_object: int = u64("offset of the header of the Endpoint that is told of its faults")
    supervisor_generation: int = u64("that Endpoint's generation; 0: nobody is told")
    supervisor_badge: int = u64("the badge of its fault messages")
    fault_word: int = u64("word 0 of its fault message: FaultKind << 8 | vector")
    fault_address: int = u64("CR2 of a page fault, DR6 of a debug exception, or the exit code")
    number: int = u64("its place in the manifest, from 0")
    name: bytes = octets(16, "for the kernel's own messages, padded with zeros")
    ports: tuple[PortRange, ...] = array(PortRange, ThreadLimit.PORT_RANGES, "I/O ports it may use")
    unused: bytes = reserved_bytes(3368)
