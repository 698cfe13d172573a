"""How many ticks a nanosecond has of the time-stamp counter that guests of QEMU read."""

from __future__ import annotations

import time
from pathlib import Path

from bench import tiny
from packer.machine.errors import MachineError
from packer.machine.qemu import MICROVM, command
from packer.machine.session import Session

SECONDS = 0.25
"""How long the counter is watched. It must not wrap meanwhile: its low 32 bits are sent."""

RECORD = 4
"""Bytes of one reading."""


def ticks_per_nanosecond(folder: Path) -> float:
    """By the host's clock, with a guest that sends its counter. `folder` is for its image."""
    image = folder / "clock.elf"
    image.write_bytes(tiny.image("pvh", tiny.CLOCK))
    readings: list[tuple[int, int]] = []
    taken = 0
    with Session(command(image, MICROVM)) as session:
        while not readings or readings[-1][0] - readings[0][0] < SECONDS * 1e9:
            session.pump(1.0)
            now = time.perf_counter_ns()
            if session.exit_status() is not None:
                raise MachineError(
                    "KP5001", f"QEMU ended: {session.errors.decode('utf-8', 'replace')}"
                )
            whole = len(session.serial) // RECORD * RECORD
            if whole > taken:
                taken = whole
                last = session.serial[whole - RECORD : whole]
                readings.append((now, int.from_bytes(last, "little")))
    (start, first), (end, final) = readings[0], readings[-1]
    return (final - first) % 2**32 / (end - start)
