"""QEMU's `-d int,cpu_reset` log as events: exceptions, interrupts and resets, with registers.

Source: QEMU's target/i386 helpers print one header line and a dump of registers an event; the dump
is what `info registers` prints.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kobjects.cpu.exceptions import Vector
from kobjects.errors import ParseError
from kobjects.memory.state import CpuState, from_info_registers

TRIPLE = "Triple fault"

_EVENT = re.compile(r"^ *(\d+): v=([0-9a-f]+) e=([0-9a-f]+) i=([01]) cpl=(\d)")
_HARDWARE = "Servicing hardware INT="


@dataclass(frozen=True)
class Event:
    """One thing that interrupted the program, or the machine's end.

    kind    "exception", "interrupt" (of a device), "software" (INT n), "triple fault" or "reset"
    number  as QEMU counts them
    state   the registers before it was delivered; None where the log is cut off
    """

    kind: str
    number: int
    vector: int
    error: int
    cpl: int
    state: CpuState | None

    @property
    def name(self) -> str:
        """`#PF` and so on; `INT 30h` for what is no exception."""
        if self.kind in ("triple fault", "reset"):
            return self.kind
        if self.kind == "exception" and self.vector in set(Vector):
            return f"#{Vector(self.vector).name}"
        return f"INT {self.vector:02x}h"


def events(log: str) -> Iterator[Event]:
    """The events in order. Resets before the first instruction do not count."""
    lines = log.splitlines()
    hardware, started = False, False
    for index, line in enumerate(lines):
        if line.startswith(_HARDWARE):
            hardware = True
        elif found := _EVENT.match(line):
            number, vector, error, software, cpl = found.groups()
            kind = "software" if int(software) else "interrupt" if hardware else "exception"
            state = _state(lines, index + 1)
            yield Event(kind, int(number), int(vector, 16), int(error, 16), int(cpl), state)
            hardware, started = False, True
        elif TRIPLE in line:
            yield Event("triple fault", 0, 0, 0, 0, None)
            started = False
        elif line.startswith("CPU Reset"):
            state = _state(lines, index + 1)
            if started:
                yield Event("reset", 0, 0, 0, 0, state)
            started = False


def _state(lines: list[str], first: int) -> CpuState | None:
    """The registers that are dumped from a line on."""
    dump = []
    for line in lines[first : first + 40]:
        if _EVENT.match(line) or line.startswith(("CPU Reset", _HARDWARE, TRIPLE)):
            break
        dump.append(line)
    try:
        return from_info_registers("\n".join(dump))
    except ParseError:
        return None
