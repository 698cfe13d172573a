"""What bounds a loop: what the code shows, or else a claim of the stage."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from packer.flow.analysis import Analysis
from packer.flow.claimed import Bound, Claimed
from packer.flow.components import Edges, restricted
from packer.flow.counted import rounds
from packer.flow.seen import Seen


class Bounds:
    """Of the loops that were seen from one way in."""

    def __init__(self, analysis: Analysis, seen: Seen, claimed: Claimed) -> None:
        self.analysis, self.seen, self.claimed = analysis, seen, claimed
        self.program = analysis.program
        self._shown: dict[int, Bound | None] = {}

    def of(
        self, component: list[int], edges: Edges, entered: Collection[int]
    ) -> tuple[int | None, Bound | None]:
        """The head, at which the loop is cut, and its bound; None, None if there is none."""
        if len(entered) == 1 and (shown := self._counted(min(entered), component, edges)):
            return min(entered), shown
        for node in sorted(component, key=lambda node: (node not in entered, node)):
            for label in self.program.labels_at(node):
                if label in self.claimed.loops:
                    self.claimed.use(self.claimed.loops[label])
                    return node, self.claimed.loops[label]
        return None, None

    def _counted(self, head: int, component: list[int], edges: Edges) -> Bound | None:
        if head not in self._shown:
            most = rounds(
                head, component, restricted(edges, component), self.program.instructions,
                self.seen.arrivals, self.analysis.preserved,
            )  # fmt: skip
            loop = Bound(self.program.where(head), most) if most is not None else None
            self._shown[head] = loop
        return self._shown[head]

    @property
    def counted(self) -> list[Bound]:
        """Loops whose bounds the code shows."""
        return [loop for loop in self._shown.values() if loop]

    def labels(self, component: list[int]) -> Iterator[str]:
        for node in sorted(component):
            yield from self.program.labels_at(node)
