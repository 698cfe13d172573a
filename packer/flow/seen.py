"""What was met on the ways from one way in, of all contexts together."""

from __future__ import annotations

from dataclasses import dataclass, field

from packer.flow.state import State
from packer.flow.values import LOW, Known


@dataclass
class Seen:
    """What was met on the way, of all contexts together.

    edges     pairs of instructions of which the second can follow the first in one function
    depths    by stack's base: the lowest RSP, from the base
    loads     base -> the instruction that loaded RSP with it, and the value
    counts    repeating string instruction -> the most that RCX can be
    indices   indirect jump or call -> the most that its index can be
    writes    (instruction, what it writes to) -> every value
    waits     RSP at each HLT
    arrivals  for each way to where ways meet, the least and the most that registers hold
    """

    edges: set[tuple[int, int]] = field(default_factory=set)
    reached: set[int] = field(default_factory=set)
    depths: dict[str, int] = field(default_factory=dict)
    deepest: dict[str, int] = field(default_factory=dict)
    loads: dict[str, tuple[int, int]] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)
    indices: dict[int, int] = field(default_factory=dict)
    writes: dict[tuple[int, str], list[tuple[Known, ...]]] = field(default_factory=dict)
    waits: dict[int, Known] = field(default_factory=dict)
    included: set[int] = field(default_factory=set)
    arrivals: dict[tuple[int, int], dict[str, tuple[int, int]]] = field(default_factory=dict)

    def arrive(self, before: int, after: int, state: State) -> None:
        known: dict[str, tuple[int, int]] = {}
        for name, value in state.registers.items():
            if isinstance(value, int):
                known[name] = value, value
            elif value.most <= LOW:
                known[name] = 0, value.most
        self.merge((before, after), known)

    def merge(self, way: tuple[int, int], known: dict[str, tuple[int, int]]) -> None:
        """Another state on this way: what is not known of both is not known."""
        mine = self.arrivals.get(way)
        if mine is None:
            self.arrivals[way] = dict(known)
            return
        for name, (low, high) in list(mine.items()):
            if name not in known:
                del mine[name]
            elif known[name] != (low, high):
                mine[name] = min(low, known[name][0]), max(high, known[name][1])

    def deepen(self, base: str, depth: int, address: int) -> None:
        if depth < self.depths.get(base, 1):
            self.depths[base], self.deepest[base] = depth, address
