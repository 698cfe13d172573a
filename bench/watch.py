"""Machines without a monitor: while a time is taken, nothing but the guest is at work.

Whoever asks a running machine something takes a part of the processor that it is measured on.
"""

from __future__ import annotations

import time
from pathlib import Path

from packer.machine.outcome import GuestError, Outcome, Status, judge
from packer.machine.qemu import Launch, Machine, command
from packer.machine.run import own_messages
from packer.machine.session import Session

LIMIT = 20.0
"""Seconds after which a guest has failed."""

QUIET = Launch(screen=False)
"""No VGA: a tenth of a second less, and nobody looks."""


def until(image: Path, machine: Machine, start: bytes) -> float:
    """Milliseconds from before QEMU's start to the first byte of a line with that start.

    GuestError if the guest never sends one.
    """
    arrivals: list[tuple[int, int]] = []

    def arrived(_: bytes) -> None:
        arrivals.append((len(session.serial), time.perf_counter_ns()))

    with Session(command(image, machine, QUIET), show=arrived) as session:
        ended = False
        while session.seconds < LIMIT and not ended:
            ended = session.exit_status() is not None
            session.pump(0 if ended else LIMIT)
            place = _line(session.serial, start)
            if place is not None:
                moment = next(moment for length, moment in arrivals if length > place)
                return (moment - session.start) / 1e6
        status = Status.FAILED if ended else Status.TIMED_OUT
        when = "before the guest ended" if ended else f"within {LIMIT:g} s"
        text = f"no line that starts with {start.decode()!r} came {when}"
        raise GuestError(_outcome(session, status, text), _place(image, machine))


def to_the_end(image: Path, machine: Machine, marker: str) -> Outcome:
    """What a guest sent until it ended the machine itself. GuestError if it does not pass."""
    with Session(command(image, machine, QUIET)) as session:
        while session.exit_status() is None and session.seconds < LIMIT:
            session.pump(LIMIT)
        session.drain()
        status = session.exit_status()
        if status is None:
            judged = Status.TIMED_OUT, f"the guest gave no code within {LIMIT:g} s"
        else:
            errors = own_messages(session.errors)
            judged = judge(status, _text(session), errors, marker)
        outcome = _outcome(session, *judged)
    if not outcome.passed:
        raise GuestError(outcome, _place(image, machine))
    return outcome


def _line(serial: bytearray, start: bytes) -> int | None:
    """Where the line begins that has this start."""
    if serial.startswith(start):
        return 0
    found = serial.find(b"\n" + start)
    return None if found < 0 else found + 1


def _place(image: Path, machine: Machine) -> str:
    return f"{image.name} on {machine.name}"


def _text(session: Session) -> str:
    return session.serial.decode("utf-8", "backslashreplace").replace("\r\n", "\n")


def _outcome(session: Session, status: Status, reason: str) -> Outcome:
    return Outcome(
        status=status,
        reason=reason,
        exit_code=session.exit_status(),
        serial=_text(session),
        command=session.command,
        seconds=session.seconds,
        errors=own_messages(session.errors),
    )
