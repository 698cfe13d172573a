"""What is counted of code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Cost(NamedTuple):
    """Instructions, repetitions of string instructions, instructions of loops that wait, and both
    of drawing.
    """

    steps: int = 0
    repeats: int = 0
    polls: int = 0
    draws: int = 0

    def plus(self, other: Cost, times: int = 1) -> Cost:
        return Cost(*(mine + times * its for mine, its in zip(self, other, strict=True)))

    def drawn(self) -> Cost:
        """The same as drawing."""
        return Cost(0, 0, self.polls, self.steps + self.repeats + self.draws)

    def worst(self, other: Cost) -> Cost:
        """At least both, each number by itself."""
        return Cost(*map(max, self, other))


@dataclass
class Total:
    """A function's or entry's cost: `once` are loops that are bounded for the whole of an entry."""

    cost: Cost
    once: dict[str, Cost]

    @property
    def whole(self) -> Cost:
        whole = self.cost
        for cost in self.once.values():
            whole = whole.plus(cost)
        return whole
