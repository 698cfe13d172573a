"""The debug status and control registers."""

from __future__ import annotations

from enum import IntEnum

from kobjects.source import SDM3
from kobjects.word import Word, bit, bits, reserved


class BreakOn(IntEnum):
    """The accesses that a breakpoint register waits for."""

    EXECUTE = 0
    WRITE = 1
    IO = 2
    """Port accesses; needs CR4.DE."""
    READ_WRITE = 3


class BreakLength(IntEnum):
    """Bytes that a breakpoint register covers, from an address aligned to that length."""

    ONE = 0
    TWO = 1
    EIGHT = 2
    FOUR = 3


class Dr6(Word, bits=64, source=SDM3("Debug Status Register (DR6)")):
    """Why #DB came. The processor sets bits and never clears them: the handler does."""

    b0: bool = bit(0, "the condition of breakpoint 0 was met, whether enabled or not")
    b1: bool = bit(1, "the condition of breakpoint 1 was met")
    b2: bool = bit(2, "the condition of breakpoint 2 was met")
    b3: bool = bit(3, "the condition of breakpoint 3 was met")
    one_4: int = reserved("10:4", must=1)
    not_bus_lock: bool = bit(11, "BLD: clear if a bus lock caused it", default=True)
    zero_12: int = reserved("12", must=0)
    access_detected: bool = bit(13, "BD: the next instruction accesses a debug register")
    single_step: bool = bit(14, "BS: RFLAGS.TF was set")
    task_switch: bool = bit(15, "BT: a task switch to a TSS with its T flag set")
    not_rtm: bool = bit(16, "clear if it came inside a transaction", default=True)
    one_17: int = reserved("31:17", must=1)
    zero_32: int = reserved("63:32", must=0)


class Dr7(Word, bits=64, source=SDM3("Debug Control Register (DR7)")):
    """Which breakpoints are on, and what they wait for."""

    local_0: bool = bit(0, "breakpoint 0 is on until a task switch")
    global_0: bool = bit(1, "breakpoint 0 is on")
    local_1: bool = bit(2, "breakpoint 1 is on until a task switch")
    global_1: bool = bit(3, "breakpoint 1 is on")
    local_2: bool = bit(4, "breakpoint 2 is on until a task switch")
    global_2: bool = bit(5, "breakpoint 2 is on")
    local_3: bool = bit(6, "breakpoint 3 is on until a task switch")
    global_3: bool = bit(7, "breakpoint 3 is on")
    local_exact: bool = bit(8, "LE: of no effect since the P6 family")
    global_exact: bool = bit(9, "GE: of no effect since the P6 family")
    one_10: int = reserved("10", must=1)
    rtm: bool = bit(11, "debugging of transactions")
    zero_12: int = reserved("12", must=0)
    general_detect: bool = bit(13, "GD: MOV to or from a debug register raises #DB")
    zero_14: int = reserved("15:14", must=0)
    on_0: BreakOn = bits("17:16", "R/W0")
    length_0: BreakLength = bits("19:18", "LEN0; one for EXECUTE")
    on_1: BreakOn = bits("21:20", "R/W1")
    length_1: BreakLength = bits("23:22", "LEN1; one for EXECUTE")
    on_2: BreakOn = bits("25:24", "R/W2")
    length_2: BreakLength = bits("27:26", "LEN2; one for EXECUTE")
    on_3: BreakOn = bits("29:28", "R/W3")
    length_3: BreakLength = bits("31:30", "LEN3; one for EXECUTE")
    zero_32: int = reserved("63:32", must=0)
