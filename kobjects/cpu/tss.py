"""Task-state segments: in 64-bit mode where the processor finds stacks, before it a whole task."""

from __future__ import annotations

from kobjects.cpu.segments import SegmentSelector
from kobjects.record import Record, array, reserved_bytes, u16, u32, u64
from kobjects.source import SDM3
from kobjects.word import Word, bit, reserved


class TaskStateSegment(Record, size=104, source=SDM3("Task Management in 64-bit Mode")):
    """One per processor. It holds no task: only stack pointers and the I/O permission map's place.

    The map, when there is one, follows within the segment's limit and ends in a byte of ones.
    """

    reserved_0: bytes = reserved_bytes(4)
    rsp0: int = u64("stack for entries into ring 0 from an outer ring", at=4)
    rsp1: int = u64("stack for entries into ring 1")
    rsp2: int = u64("stack for entries into ring 2")
    reserved_28: bytes = reserved_bytes(8)
    ist: tuple[int, ...] = array("u64", 7, "interrupt stacks: ist[0] is the one gates call IST 1")
    reserved_92: bytes = reserved_bytes(10)
    iomap_base: int = u16(
        "offset of the I/O map; past the segment's limit: no port allowed", at=102
    )


class TaskTrap(Word, bits=16, source=SDM3("Task-State Segment (TSS)")):
    """The debug trap flag of a 32-bit TSS."""

    trap: bool = bit(0, "T: #DB after a switch to this task")
    reserved_1: int = reserved("15:1", must=None)


class TaskStateSegment32(Record, size=104, source=SDM3("Task-State Segment (TSS)")):
    """A 32-bit task: what a task switch saves and loads. The I/O permission map may follow.

    The processor writes the registers, the segments, eip and eflags of the task that it leaves, and
    the link of the one that it enters; the rest it only reads.
    """

    link: SegmentSelector = u16("previous task, while EFLAGS.NT is set")
    reserved_2: bytes = reserved_bytes(2)
    esp0: int = u32("stack for entries into ring 0", at=4)
    ss0: SegmentSelector = u16("its segment")
    reserved_10: bytes = reserved_bytes(2)
    esp1: int = u32("stack for entries into ring 1")
    ss1: SegmentSelector = u16("its segment")
    reserved_18: bytes = reserved_bytes(2)
    esp2: int = u32("stack for entries into ring 2")
    ss2: SegmentSelector = u16("its segment")
    reserved_26: bytes = reserved_bytes(2)
    cr3: int = u32("top of the task's page tables", at=28)
    eip: int = u32("where the task goes on")
    eflags: int = u32("of the task")
    eax: int = u32("of the task")
    ecx: int = u32("of the task")
    edx: int = u32("of the task")
    ebx: int = u32("of the task")
    esp: int = u32("of the task")
    ebp: int = u32("of the task")
    esi: int = u32("of the task")
    edi: int = u32("of the task")
    es: SegmentSelector = u16("of the task", at=72)
    reserved_74: bytes = reserved_bytes(2)
    cs: SegmentSelector = u16("of the task")
    reserved_78: bytes = reserved_bytes(2)
    ss: SegmentSelector = u16("of the task")
    reserved_82: bytes = reserved_bytes(2)
    ds: SegmentSelector = u16("of the task")
    reserved_86: bytes = reserved_bytes(2)
    fs: SegmentSelector = u16("of the task")
    reserved_90: bytes = reserved_bytes(2)
    gs: SegmentSelector = u16("of the task")
    reserved_94: bytes = reserved_bytes(2)
    ldt: SegmentSelector = u16("of the task's LDT descriptor in the GDT", at=96)
    reserved_98: bytes = reserved_bytes(2)
    debug: TaskTrap = u16("whether a switch to the task traps")
    iomap_base: int = u16(
        "offset of the I/O map; past the segment's limit: no port allowed", at=102
    )


class TaskStateSegment16(Record, size=44, source=SDM3("16-Bit Task-State Segment (TSS)")):
    """A task of the 80286."""

    link: SegmentSelector = u16("previous task, while FLAGS.NT is set")
    sp0: int = u16("stack for entries into ring 0")
    ss0: SegmentSelector = u16("its segment")
    sp1: int = u16("stack for entries into ring 1")
    ss1: SegmentSelector = u16("its segment")
    sp2: int = u16("stack for entries into ring 2")
    ss2: SegmentSelector = u16("its segment")
    ip: int = u16("where the task goes on", at=14)
    flags: int = u16("of the task")
    ax: int = u16("of the task")
    cx: int = u16("of the task")
    dx: int = u16("of the task")
    bx: int = u16("of the task")
    sp: int = u16("of the task")
    bp: int = u16("of the task")
    si: int = u16("of the task")
    di: int = u16("of the task")
    es: SegmentSelector = u16("of the task", at=34)
    cs: SegmentSelector = u16("of the task")
    ss: SegmentSelector = u16("of the task")
    ds: SegmentSelector = u16("of the task")
    ldt: SegmentSelector = u16("of the task's LDT descriptor in the GDT")
