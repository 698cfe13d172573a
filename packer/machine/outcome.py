"""What a run came to: judged by the line that a passing guest prints and the code it ends with.

Either alone is no pass. A marker without the code is a guest that went on and failed; a code
without the marker is one that skipped what it should have done; QEMU's own exit status 0 and a
time-out are neither.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from stages.vectors import DebugExit

MARKER = "kpack: demonstration passed"
"""The whole line that a passing demonstration prints."""


def exit_status(value: int) -> int:
    """The exit status with which QEMU ends when the guest writes this byte to the exit port."""
    return value << 1 | 1


PASSED = exit_status(DebugExit.PASSED)
PANIC = exit_status(DebugExit.PANIC)
FAILED = exit_status(DebugExit.FAILED)


class Status(enum.Enum):
    """How a run ended."""

    PASSED = "passed"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    RESET = "reset"
    ENDED = "ended"
    """Closed by a person, or switched off by the guest: no failure, and no pass."""
    BROKEN = "broken"
    """QEMU itself failed."""


@dataclass(frozen=True)
class Outcome:
    """A finished run.

    reason     one sentence: why it is what it is
    exit_code  QEMU's exit status, or what it would have been for a machine that stayed; None: QEMU
               was ended by us
    serial     what the guest sent, lines ending in a newline
    command    that started QEMU
    seconds    of wall time, from before QEMU's start
    screen     the 25 lines of text, where they could be read
    registers  at the time-out or the reset, where they could be read
    errors     what QEMU itself said
    log        what it was asked to log
    """

    status: Status
    reason: str
    exit_code: int | None
    serial: str
    command: Sequence[str]
    seconds: float
    screen: Sequence[str] = ()
    registers: str = ""
    errors: str = ""
    log: str = ""

    @property
    def passed(self) -> bool:
        return self.status is Status.PASSED


def judge(status: int, serial: str, errors: str, marker: str = MARKER) -> tuple[Status, str]:
    """How a run ended and why, from QEMU's exit status and all that the guest and QEMU said."""
    marked = marker in (line.rstrip() for line in serial.splitlines())
    if status == PASSED and marked:
        return Status.PASSED, "the guest printed its marker and ended with its code"
    if status == PASSED:
        text = f"the guest ended as if it had passed, but the line {marker!r} is missing"
    elif status == PANIC:
        text = f"the kernel panicked (exit status {PANIC})"
    elif status == FAILED:
        text = f"the guest says that it failed (exit status {FAILED})"
    elif status == 0:
        return Status.ENDED, "QEMU was closed before the guest gave a code"
    elif status == 1 and errors:
        return Status.BROKEN, "QEMU gave up (exit status 1)"
    elif status < 0:
        return Status.BROKEN, f"QEMU was ended by signal {-status}"
    else:
        what = "printed its marker, but" if marked else "did not print its marker and"
        text = f"the guest {what} ended with exit status {status}; a pass is {PASSED}"
    return Status.FAILED, text


class GuestError(Exception):
    """A run that had to pass and did not. `place` says what was booted where."""

    def __init__(self, outcome: Outcome, place: str) -> None:
        super().__init__(f"{place}: {outcome.reason}")
        self.outcome, self.place = outcome, place
