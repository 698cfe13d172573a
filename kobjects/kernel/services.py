"""What the ring-3 services are asked, and how they answer.

Every request is a CALL; word 0 of it is what is wanted, and word 0 of the reply a `Result`, before
what each request says of its reply. Names are 16 bytes in two words, padded with zeros. The
services themselves are found through the name service, whose Endpoint every task of a manifest may
be given.
"""

from __future__ import annotations

from enum import IntEnum


class Result(IntEnum):
    """Word 0 of a service's reply."""

    OK = 0
    UNKNOWN_REQUEST = 1
    NOT_FOUND = 2
    EXISTS = 3
    ABSENT = 4
    """The device is not in this machine."""
    NO_ROOM = 5
    REFUSED = 6
    """The kernel refused what the service tried; word 1 is its Status."""
    BAD_ARGUMENT = 7
    END = 8
    """There is nothing at this index or offset."""
    NO_PROGRAM = 9
    """The task is in the image alone: there is nothing to start it from again."""


class ConsoleRequest(IntEnum):
    """The console server: sole owner of screen and COM1. A message of exactly ten words is no
    request but 80 bytes of text to print, which a zero byte ends early.
    """

    READ = 1
    """Waits for input. Reply: count of bytes, then up to 64 of them: a line with the newline that
    ends it, or a part of a longer one. A count of 0 is the end of input (Ctrl-D), and the byte 3
    alone an interrupt (Ctrl-C), which discards what was typed before it."""
    DEVICES = 2
    """Reply: 1 when there is a screen, 1 when there is a COM1, 1 when there is a keyboard."""
    KEY = 3
    """A character was typed: word 1. Only the keyboard driver may say so."""
    KEYBOARD = 4
    """Word 1: 1 when there is a keyboard. Whoever says so first is the keyboard driver, by the
    badge of its capability; others are REFUSED."""


class KeyboardRequest(IntEnum):
    """The driver of the PS/2 keyboard."""

    STATE = 1
    """Reply: 1 or 2, the scan-code set in use, and how many characters were typed; or ABSENT."""


class ClockRequest(IntEnum):
    """The clock: wall time from the CMOS, alarms from the kernel's deadlines."""

    NOW = 1
    """Reply: ns since boot, seconds since 1970 (0: no CMOS clock)."""
    SLEEP = 2
    """Word 1: ns since boot until which the reply is held back."""


class NameRequest(IntEnum):
    """The name service: Endpoints by name."""

    REGISTER = 1
    """Words 1 and 2: the name. The message carries the Endpoint."""
    LOOKUP = 2
    """Words 1 and 2: the name. The reply carries the Endpoint."""
    LIST = 3
    """Word 1: index from 0. Reply: the name there, or END."""


class FileRequest(IntEnum):
    """The file server: the boot modules."""

    LIST = 1
    """Word 1: index from 0. Reply: name, size in bytes, kind; or END."""
    READ = 2
    """Word 1: index, word 2: offset. Reply: count of bytes, then up to 800 of them from word 10 on,
    in the message buffer."""


class FileLimit(IntEnum):
    """How much the file server gives at once."""

    READ_BYTES = 800


class SupervisorRequest(IntEnum):
    """The supervisor: the tasks that it looks after, by index from 0."""

    TASK = 1
    """Word 1: index. Reply: name (2 words), ThreadState, effective priority, CPU time in ns, page
    frames used, restarts; or END."""
    KILL = 2
    """Words 1 and 2: name."""
    RESTART = 3
    """Words 1 and 2: name."""
    RUN = 4
    """Words 1 and 2: name of a boot module that is a program."""
    MEMORY = 5
    """Reply: the root Space's frame limit and use, its object limit and use."""
    INTERRUPT = 6
    """Word 1: line. Reply: 1 when a task takes it, 1 when it is masked, how often it came; END."""
    CAPABILITY = 7
    """Words 1 and 2: name of a task, word 3: slot number. Reply: ObjectType, rights, badge; END."""
    FINISH = 8
    """Word 1: 0 when the run has passed. Ends an emulated machine."""
    REPORT = 9
    """A task of the demonstration: words that whoever judges it understands."""
    ENDPOINT = 10
    """Words 1 and 2: name. The reply carries the Endpoint of that task: how the name service itself
    is found again when it was started again."""
