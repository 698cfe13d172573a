"""The lines in which a guest sends figures: `figure NAME UNIT SAMPLE SAMPLE …`."""

from __future__ import annotations

import re

from bench.figures import Figure

_START = "figure "
_FIGURE = re.compile(r"figure ([a-z0-9_]+(?:\.[a-z0-9_]+)*) ([a-z]+)((?: \d+)+) *")


class LineError(ValueError):
    """A line that begins like a figure and is none: the guest or the serial line is broken."""


def figures(serial: str) -> list[Figure]:
    """The figures in what a guest sent, in its order; lines with one name and unit are one figure.

    LineError for a line that is cut short or garbled. Other lines mean nothing here.
    """
    samples: dict[tuple[str, str], list[int]] = {}
    for line in serial.splitlines():
        if not line.startswith(_START):
            continue
        found = _FIGURE.fullmatch(line)
        if found is None:
            raise LineError(f"not a figure: {line!r}")
        name, unit, numbers = found.groups()
        samples.setdefault((name, unit), []).extend(int(number) for number in numbers.split())
    return [Figure(name, unit, found) for (name, unit), found in samples.items()]
