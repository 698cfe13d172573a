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
    key and `state` stays READY: the fast path then need not write it. WAITING is for signals only,
    SLEEPING for the deadline only.
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
    SLEEPING = 9


class ThreadFlags(Word, bits=32, source=KERNEL("Threads")):
    """Why a thread may not take the fast path: any bit sends it the slow way."""

    queued: bool = bit(0, "senders wait in its queue")
    fault: bool = bit(1, "it waits for its supervisor's answer to a fault or exit")
    ports: bool = bit(2, "it has I/O ports, which a switch to it must open")
    signalled: bool = bit(3, "signals wait in `pending`")
    timed: bool = bit(4, "its deadline is in the heap")
    fpu: bool = bit(5, "it uses x87, SSE or AVX registers")
    bases: bool = bit(6, "its FS or GS base is not 0")
    debug: bool = bit(7, "it has breakpoints")
    bumped: bool = bit(8, "its rank is above its base rank: it serves a higher thread")
    slice_spent: bool = bit(9, "the slice that it paid for ended while it waited")
    unused: int = reserved("31:10", must=0)


class ThreadLimit(IntEnum):
    """How much a control page holds."""

    PORT_RANGES = 4
    PORTS = 64
    """Ports of one range."""
    XSAVE_BYTES = 832
    """Legacy region, header, AVX: what XCR0 = x87 | SSE | AVX asks for."""


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
    receive_key: int = u32("base_rank while it receives anything and no flag is set", at=0x200)
    reply_key: int = u32("rank while it awaits a reply and neither it nor its server has a flag")
    rank: int = u32("effective priority + 1: 1 to 256")
    base_rank: int = u32("its own priority + 1")
    state: ThreadState = u32("valid while both keys are 0")
    flags: ThreadFlags = u32("any bit: not the fast path")
    caller: int = u64("T of the client whose call it must answer; `nobody`: none, `gone`: it left")
    partner: int = u64("T of the server it waits for, while SENDING or in REPLY_WAIT")
    cr3: int = u64("its Space's page tables")
    slots: int = u64("its Space's capability table")
    bad_mask: int = u64("bits that no handle of its Space has; all ones: take the slow path")
    next: int = u64("next in the ready queue, the server's queue, or its list of saved clients")
    previous: int = u64("previous there; of a ready queue's first it means nothing, else 0: first")
    queue_head: int = u64("first of the senders that wait for this server")
    queue_tail: int = u64("last of them")
    pending: int = u64("signals not yet received")
    badge: int = u64("of the capability by which it calls")
    words: int = u32("length of the message that it sends")
    kind: Kind = u32("kind of the message that it sends")
    buffer: int = u64("word 10 of its message buffer, as the kernel sees it")
    space: int = u64("offset of its Space's header")
    object: int = u64("offset of its own header")
    call_flags: int = u32("Abi.DEADLINE, Abi.CAPABILITY of the call that it waits in")
    accepts: int = u32("Receive of the call in which it is RECEIVING or WAITING")
    queue_rank: int = u32("highest rank of its senders since the queue was last empty; else 0")
    heap_index: int = u32("its place in the heap of deadlines, from 1; 0: not there")
    deadline: int = u64("when it gives up waiting, in ns since boot")
    receive_slot: int = u64("handle of the slot that takes a received capability; 0: none")
    saved_clients: int = u64("T of the first client whose reply right it saved; 0: none")
    reply_slot: int = u64("the slot that holds the right to reply to it; 0: its partner's `caller`")
    space_next: int = u64("next thread of its Space")
    space_previous: int = u64("previous thread of its Space; 0: first")
    served: int = u32("first Endpoint or Notification bound to it; 0: none")
    fpu_live: int = u32("its vector registers are in use: it was interrupted and did not call")
    ticks: int = u64("CPU time: ticks of the time-stamp counter charged to it")
    supervisor_object: int = u64("offset of the header of the Endpoint that is told of its faults")
    supervisor_generation: int = u64("that Endpoint's generation; 0: nobody is told")
    supervisor_badge: int = u64("the badge of its fault messages")
    fault_word: int = u64("word 0 of its fault message: FaultKind << 8 | vector")
    fault_address: int = u64("CR2 of a page fault, DR6 of a debug exception, or the exit code")
    number: int = u64("its place in the manifest, from 0; of a created one, its header's number")
    name: bytes = octets(16, "for the kernel's own messages, padded with zeros")
    ports: tuple[PortRange, ...] = array(PortRange, ThreadLimit.PORT_RANGES, "I/O ports it may use")
    fs_base: int = u64("FS base, while the flag `bases` is set")
    gs_base: int = u64("GS base, likewise")
    breakpoints: tuple[int, ...] = array("u64", 4, "DR0 to DR3, while the flag `debug` is set")
    debug_control: int = u64("DR7, likewise")
    debug_status: int = u64("DR6 of its last debug exception")
    buffer_address: int = u64("where its message buffer lies in its Space; 0: nowhere")
    light: int = u64(
        "`nobody`: of its frame only rip, rsp, rax and rdi count, all others are 0; else 0"
    )
    unused: bytes = reserved_bytes(0x1C0 - 0x180)
    xsave: bytes = octets(
        ThreadLimit.XSAVE_BYTES, "its vector registers; 64-byte aligned", at=0x3C0
    )
    unused_tail: bytes = reserved_bytes(0x1000 - 0x200 - 0x1C0 - ThreadLimit.XSAVE_BYTES)
