"""How many ticks a nanosecond has of the time-stamp counter that guests of QEMU read."""

from __future__ import annotations

import time
from pathlib import Path

from bench import tiny
from packer.machine.errors import MachineError
from packer.machine.qemu import MICROVM, command
from packer.machine.session import Session

NANOSECONDS = 250_000_000
"""How long the counter is watched. Readings arrive within a fraction of a millisecond."""

RECORD = 8
"""Bytes of one reading."""

LIMIT = 20.0
"""Seconds after which the guest has failed."""


def ticks_per_nanosecond(folder: Path) -> float:
    """By the host's clock, with a guest that sends its counter. `folder` is for its image.

    The rate that the kernel measures by the 8254 (`BootInfo.tsc_hz`) is of 5 ms only: a host that
    takes the emulator off the processor between two of its readings makes it wrong.
    """
    image = folder / "clock.elf"
    image.write_bytes(tiny.image("pvh", tiny.CLOCK))
    readings: list[tuple[int, int]] = []
    with Session(command(image, MICROVM)) as session:
        while not readings or readings[-1][0] - readings[0][0] < NANOSECONDS:
            session.pump(1.0)
            now = time.perf_counter_ns()
            if session.exit_status() is not None or session.seconds > LIMIT:
                said = session.errors.decode("utf-8", "replace").strip()
                raise MachineError("KP5001", f"the clock gives no time; QEMU said: {said!r}")
            whole = len(session.serial) // RECORD * RECORD
            last = int.from_bytes(session.serial[:whole][-RECORD:], "little")
            if whole and (not readings or last != readings[-1][1]):
                readings.append((now, last))
    (start, first), (end, final) = readings[0], readings[-1]
    return (final - first) / (end - start)
