"""What a benchmark says: named figures with their samples, and the document that holds them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SCHEMA = 1
"""Version of the document."""

INSTRUCTIONS = "instructions"
"""The unit of what is exact: guest instructions under icount."""

DIGITS = {INSTRUCTIONS: 0, "bytes": 0, "ns": 1, "ms": 3}
"""Decimal places that are more than noise, by unit."""

STATISTICS = ("min", "median", "p99", "max")
HEADINGS = ("name", "unit", *STATISTICS, "samples", "/ floor")


@dataclass(frozen=True)
class Figure:
    """One thing that was measured, at least once.

    floor  the name of the figure that this one could not be below, measured in the same run
    tool   what made the code that was measured, if another version would make other code
    """

    name: str
    unit: str
    samples: Sequence[float]
    floor: str = ""
    tool: str = ""

    def __post_init__(self) -> None:
        if not self.samples:
            raise ValueError(f"figure {self.name} has no samples")

    @property
    def median(self) -> float:
        return self.percentile(50)

    @property
    def full_name(self) -> str:
        """Its name, and by what its code was made."""
        return full_name(self.name, self.tool)

    def percentile(self, percent: int) -> float:
        """The smallest sample that so many percent do not exceed: never a value between two."""
        rank = math.ceil(len(self.samples) * percent / 100)
        return sorted(self.samples)[max(rank, 1) - 1]

    def data(self) -> dict[str, Any]:
        """As the document has it."""
        digits = DIGITS.get(self.unit, 3)
        statistics = {
            "min": min(self.samples),
            "median": self.median,
            "p99": self.percentile(99),
            "max": max(self.samples),
        }
        rounded = {key: round(value, digits or None) for key, value in statistics.items()}
        tool = {"tool": self.tool} if self.tool else {}
        return {
            "name": self.name, "unit": self.unit, **rounded, "samples": len(self.samples), **tool,
        }  # fmt: skip


def full_name(name: str, tool: str) -> str:
    """Under which the baseline has a figure: counts of a compiler's code are that compiler's."""
    return f"{name} by {tool}" if tool else name


def document(host: Mapping[str, Any], figures: Sequence[Figure]) -> dict[str, Any]:
    """The JSON of one run."""
    results = [figure.data() for figure in figures]
    return {"schema": SCHEMA, "host": dict(host), "results": results}


def table(figures: Sequence[Figure]) -> str:
    """For a person: one line each, under headings. The last column is median by floor's median."""
    medians = {figure.name: figure.median for figure in figures}
    rows = [HEADINGS, *(_cells(figure, medians.get(figure.floor)) for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join(f"{_line(row, widths)}\n" for row in rows)


def _cells(figure: Figure, floor: float | None) -> tuple[str, ...]:
    digits = DIGITS.get(figure.unit, 3)
    data = figure.data()
    numbers = (f"{data[key]:,.{digits}f}" for key in STATISTICS)
    times = f"{figure.median / floor:.2f}" if floor else ""
    return (figure.name, figure.unit, *numbers, str(data["samples"]), times)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    left = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
    right = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
    return "  ".join([*left, *right]).rstrip()
