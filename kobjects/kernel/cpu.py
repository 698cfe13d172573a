"""What the one CPU owns."""

from __future__ import annotations

from kobjects.cpu.tss import TaskStateSegment
from kobjects.record import Record, array, nested, octets, reserved_bytes, u32, u64
from kobjects.source import KERNEL


class ReadyQueue(Record, size=16, source=KERNEL("Scheduling")):
    """The ready threads of one priority, first in, first out."""

    head: int = u64("T of the next to run; 0: empty")
    tail: int = u64("T of the last")


class Cpu(Record, size=12608, source=KERNEL("Scheduling")):
    """All scheduling state. `tss.rsp0` is T of the current thread and nothing else says so: an
    interrupt's stack and the kernel's idea of who runs can't differ.
    """

    unused: bytes = reserved_bytes(4)
    tss: TaskStateSegment = nested("4 bytes in, so that rsp0 is aligned to 8", at=4)
    top: int = u32("rank of the highest ready thread, 1 when none is")
    armed: int = u32("non-zero: the timer will end the slice")
    slice: int = u32("a slice, in ticks of the local APIC's timer; 0: not measured yet")
    interrupts: int = u32("device interrupts taken")
    spurious: int = u32("spurious interrupts taken")
    nmis: int = u32("non-maskable interrupts taken")
    slow_calls: int = u32("system calls that left the fast path")
    ready_count: int = u32("threads in the ready queues")
    slice_start: int = u32("time-stamp counter, low half, when the current slice was given out")
    half_slice: int = u32("of the time-stamp counter; 0: not measured yet")
    unused_hot: int = u32()
    io_owner: int = u64("T of the thread whose ports the I/O bitmap allows; 0: none")
    tsc_start: int = u64("time-stamp counter when the first slice began")
    ready_map: tuple[int, ...] = array(
        "u64", 4, "bit n of the 256: the queue of priority n is not empty"
    )
    ready: tuple[ReadyQueue, ...] = array(ReadyQueue, 256, "by priority")
    io_bitmap: bytes = octets(8193, "a 0 bit allows its port; the last byte must be all ones")
    unused_tail: bytes = reserved_bytes(119)
