"""What the one CPU owns."""

from __future__ import annotations

from enum import IntEnum

from kobjects.cpu.tss import TaskStateSegment
from kobjects.record import Record, array, nested, octets, reserved_bytes, u32, u64
from kobjects.source import KERNEL


class ReadyQueue(Record, size=16, source=KERNEL("Scheduling")):
    """The ready threads of one priority, first in, first out."""

    head: int = u64("T of the next to run; 0: empty")
    tail: int = u64("T of the last")


class Armed(IntEnum):
    """What the timer has been set for."""

    NOT = 0
    SLICE = 1
    """For the end of a slice, or a deadline before it."""
    DEADLINE = 2
    """Only for a deadline, since no thread is queued."""


class FpuMode(IntEnum):
    """How vector registers are saved."""

    NONE = 0
    FXSAVE = 1
    XSAVE = 2


class IrqLine(Record, size=32, source=KERNEL("Objects")):
    """What happens when a line of the 8259s interrupts."""

    notification: int = u32("offset of the Notification's header; 0: the line is masked for good")
    object: int = u32("offset of the Irq's header; 0: the line has no Irq")
    generation: int = u64("that Notification's generation")
    bits: int = u64("what is signalled")
    masked: int = u32("1: it has interrupted and waits for its IRQ_ACK")
    count: int = u32("how often it has interrupted")


class Cpu(Record, size=13216, source=KERNEL("Scheduling")):
    """All scheduling state. `tss.rsp0` is T of the current thread and nothing else says so: an
    interrupt's stack and the kernel's idea of who runs can't differ.
    """

    unused: bytes = reserved_bytes(4)
    tss: TaskStateSegment = nested("4 bytes in, so that rsp0 is aligned to 8", at=4)
    top: int = u32("rank of the highest ready thread, 1 when none is")
    armed: Armed = u32("what the timer has been set for")
    slice: int = u32("a slice, in ticks of the local APIC's timer; 0: not measured yet")
    interrupts: int = u32("device interrupts taken")
    spurious: int = u32("spurious interrupts taken")
    nmis: int = u32("non-maskable interrupts taken")
    slow_calls: int = u32("system calls that left the fast path")
    ready_count: int = u32("threads in the ready queues")
    half_slice: int = u32("of the time-stamp counter; 0: not measured yet")
    special: int = u32("ThreadFlags: what of ports, fpu, bases, debug the thread that runs has in")
    unused_hot: int = u32()
    payer: int = u64("T of the thread to whom time is charged: for whom the current one works")
    charged: int = u64("time-stamp counter until which time has been charged; its slice began here")
    io_owner: int = u64("T of the thread whose ports the I/O bitmap allows; 0: none")
    fpu_owner: int = u64("T of the thread whose state is in the vector registers; 0: none")
    bases_owner: int = u64("T of the thread whose FS and GS base are loaded; 0: both are 0")
    debug_owner: int = u64("T of the thread whose breakpoints are loaded; 0: none")
    tsc_start: int = u64("time-stamp counter at boot: the clock's zero")
    nanoseconds_per_tick: int = u64("of the time-stamp counter, times 2^32; 0: not measured yet")
    apic_ticks_per_nanosecond: int = u64("of the local APIC's timer, times 2^32")
    deadline_count: int = u32("threads in the heap of deadlines")
    deadline_room: int = u32("entries for which the heap has memory")
    objects_next: int = u32("offset of the first header that was never used")
    objects_end: int = u32("offset of the end of the object table's memory")
    objects_limit: int = u32("how far that may grow")
    objects_free: int = u32("first header in the list of free ones; 0: none")
    fpu_mode: FpuMode = u32("how vector registers are saved")
    xcr0: int = u32("which of them are: XCR0")
    root: int = u64("T of the root's thread; 0: none")
    root_symbols: int = u64("address of its first TaskSymbol in the image; they rise")
    root_symbol_count: int = u64("how many it has; 0 in an image without a roster")
    irqs: tuple[IrqLine, ...] = array(IrqLine, 16, "by line")
    ready_map: tuple[int, ...] = array(
        "u64", 5, "bit n: the queue of rank n, priority n - 1, is not empty"
    )
    ready: tuple[ReadyQueue, ...] = array(ReadyQueue, 256, "by priority")
    io_bitmap: bytes = octets(8193, "a 0 bit allows its port; the last byte must be all ones")
    unused_tail: bytes = reserved_bytes(95)
