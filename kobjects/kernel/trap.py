"""The registers of an interrupted task."""

from __future__ import annotations

from kobjects.cpu.control import Rflags
from kobjects.record import Record, u64
from kobjects.source import SDM3


class TrapFrame(Record, size=176, source=SDM3("64-Bit Mode Stack Frame")):
    """What the processor and the entry code push when a task is interrupted.

    The processor pushes from `rip` up, and `error` for some exceptions; the entry code the rest. A
    thread that is not running resumes from its frame.
    """

    r15: int = u64()
    r14: int = u64()
    r13: int = u64()
    r12: int = u64()
    r11: int = u64()
    r10: int = u64()
    r9: int = u64()
    r8: int = u64()
    rbp: int = u64()
    rdi: int = u64()
    rsi: int = u64()
    rdx: int = u64()
    rcx: int = u64()
    rbx: int = u64()
    rax: int = u64()
    vector: int = u64("the gate's number")
    error: int = u64("the error code, 0 where the exception has none")
    rip: int = u64("where it was interrupted, or continues after a system call")
    cs: int = u64()
    rflags: Rflags = u64()
    rsp: int = u64()
    ss: int = u64()
