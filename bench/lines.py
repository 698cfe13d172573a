"""The lines in which a guest sends figures.

    figure NAME UNIT SAMPLE SAMPLE …
    figures N

The last says how many figures there were, and each has as many samples as the others, so that
nothing can be lost on the way without a complaint.
"""

from __future__ import annotations

import re

from bench.figures import Figure

_FIGURE = re.compile(r"figure ([a-z0-9_]+(?:\.[a-z0-9_]+)*) ([a-z]+)((?: [0-9]+)+)")
_TOTAL = re.compile(r"figures ([0-9]+)")
_LONGEST = 72
"""Characters of a line that a complaint repeats."""


class LineError(ValueError):
    """What a guest sent cannot be all of its figures; the text names the line."""


def figures(serial: str) -> list[Figure]:
    """The figures in what a guest sent, in its order. Lines of other kinds mean nothing here.

    LineError for a figure that is cut short, garbled or there twice, and for missing ones.
    """
    lines = serial.replace("\r\n", "\n").split("\n")
    found: dict[str, Figure] = {}
    for number, line in enumerate(lines, 1):
        if total := _TOTAL.fullmatch(line):
            return _complete(list(found.values()), int(total[1]), number)
        if line.startswith("figure"):
            figure = _figure(line, number)
            first = next(iter(found.values()), figure)
            if len(figure.samples) != len(first.samples):
                text = f"{len(figure.samples)} samples, where {first.name} has {len(first.samples)}"
                raise LineError(f"{_quoted(number, line)}: {text}")
            if figure.name in found:
                raise LineError(f"{_quoted(number, line)}: {figure.name} a second time")
            found[figure.name] = figure
    last = _quoted(len(lines), lines[-1])
    raise LineError(f"{last}: the end, and no line says how many figures there were")


def _figure(line: str, number: int) -> Figure:
    match = _FIGURE.fullmatch(line)
    if match is None:
        raise LineError(f"{_quoted(number, line)}: not `figure NAME UNIT SAMPLE SAMPLE …`")
    name, unit, samples = match.groups()
    return Figure(name, unit, [int(sample) for sample in samples.split()])


def _complete(figures: list[Figure], total: int, number: int) -> list[Figure]:
    if len(figures) != total or not figures:
        raise LineError(f"line {number}: {total} figures were sent, and {len(figures)} arrived")
    return figures


def _quoted(number: int, line: str) -> str:
    shown = line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
    return f"line {number}, {shown!r}"
