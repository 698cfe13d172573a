"""The most instructions from a way in to every way out, by what bounds the loops between them.

Counted are instructions; the repetitions of string instructions, the rounds of loops that wait
for a device, and drawing are counted apart. What can only end in a halt with interrupts off (the
panic screen) is no way out, and does not count.

A loop with a bound N counts N rounds of its longest one. A loop that a `Budget` bounds counts none:
each unit of work is given a price so high that no round costs more instructions than it pays, and
the whole budget is paid where it is granted. That is an upper bound for every price; the lowest
that does is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from packer.asm.instructions import Instruction
from packer.errors import Problem
from packer.flow.analysis import Analysis
from packer.flow.bounds import Bounds
from packer.flow.claimed import Bound, Claimed
from packer.flow.components import Edges, components, restricted
from packer.flow.cost import Cost, Total
from packer.flow.seen import Seen

HIGHEST_PRICE = 1 << 14
Within = frozenset[tuple[str, int]]
"""Bounds of loops that hold in some caller: labels and rounds."""


class Worst:
    """Of everything that was seen from one way in."""

    def __init__(self, analysis: Analysis, seen: Seen, claimed: Claimed) -> None:
        self.analysis, self.seen, self.claimed = analysis, seen, claimed
        self.program = analysis.program
        self.bounds = Bounds(analysis, seen, claimed)
        self.problems: dict[str, Problem] = {}
        self._next: dict[int, list[int]] = {}
        for before, after in seen.edges:
            self._next.setdefault(before, []).append(after)
        self._price = 0
        self._overdrawn = False
        self._totals: dict[tuple[int, Within], Total] = {}
        self._unpriced: dict[tuple[int, Within], Total] = {}
        self._works = False
        self._only: Collection[int] = ()
        self._within: Within = frozenset()
        self._once = {
            self.program.unit.labels[label]: claim
            for label, claim in claimed.once.items()
            if label in self.program.unit.labels
        }

    def of(self, starts: Iterable[int], only: Collection[int] = ()) -> Total:
        """The most from any of these addresses to the ways out, or to the instructions `only`."""
        starts, self._only = list(starts), only
        total = self._priced(starts, 0)
        if not self._overdrawn:
            return total
        low, high = 0, 1
        while self._overdrawn and high < HIGHEST_PRICE:
            low, high = high, high * 2
            self._priced(starts, high)
        while high - low > 1:
            middle = (low + high) // 2
            self._priced(starts, middle)
            low, high = (middle, high) if self._overdrawn else (low, middle)
        total = self._priced(starts, high)
        if self._overdrawn:
            self._complain("KP2336", starts[0], "some round of a loop spends nothing of its budget")
        return total

    def without(self, node: int) -> Worst:
        """The same, but nothing goes on behind that instruction."""
        other = Worst(self.analysis, self.seen, self.claimed)
        other._next[node] = []
        return other

    @property
    def price(self) -> int:
        """Instructions that a unit of work may cost, in the last `of`."""
        return self._price

    def _priced(self, starts: list[int], price: int) -> Total:
        self._price, self._overdrawn = price, False
        self._totals.clear()
        return self._longest(starts, self._only)

    def _function(self, address: int, call: int) -> Total:
        """A called function's total, as it is in this caller."""
        outer = self._within
        self._within |= self.claimed.inside(self.program.label(call))
        key = address, self._within
        if any((label, 0) in self._within for label in self.program.labels_at(address)):
            self._within = outer
            return Total(Cost(), {})
        total = self._totals.get(key) or self._unpriced.get(key)
        if total is None:
            before, self._works = self._works, False
            self._totals[key] = Total(Cost(), {})
            longest, labels = self._longest([address]), self.program.labels_at(address)
            total = self._totals[key] = self.claimed.apart(labels, longest)
            if not self._works:
                self._unpriced[key] = total
            self._works |= before
        else:
            self._works |= key not in self._unpriced
        self._within = outer
        if claim := self._once.get(address):
            self.claimed.use(claim)
            return Total(Cost(), {**total.once, claim.label: total.cost})
        return total

    def _longest(self, starts: list[int], only: Collection[int] = ()) -> Total:
        nodes, edges = self._graph(starts, only)
        once: dict[str, Cost] = {}
        costs = {node: self._cost(node, once) for node in nodes}
        reached = self._paths(
            edges, costs, {start: Cost() for start in starts if start in nodes}, once
        )
        total = Cost()
        for node in nodes:
            if node in reached and (node in only if only else self._leaves(node)):
                total = total.worst(reached[node].plus(costs[node]))
        return Total(total, once)

    def _graph(self, starts: list[int], only: Collection[int]) -> tuple[set[int], Edges]:
        """What is reached in the same function, without what never leaves the kernel."""
        reached: set[int] = set()
        before: dict[int, list[int]] = {}
        waiting = list(starts)
        while waiting:
            node = waiting.pop()
            if node in reached:
                continue
            reached.add(node)
            for after in self._following(node):
                before.setdefault(after, []).append(node)
                waiting.append(after)
        leaving = [node for node in reached if (node in only if only else self._leaves(node))]
        kept = set(leaving)
        while leaving:
            for node in before.get(leaving.pop(), ()):
                if node not in kept:
                    kept.add(node)
                    leaving.append(node)
        return kept, {node: [n for n in self._following(node) if n in kept] for node in kept}

    def _following(self, node: int) -> list[int]:
        return [] if self._leaves(node) else self._next.get(node, [])

    def _leaves(self, node: int) -> bool:
        """A return, a way to a task, or waiting for an interrupt with interrupts on."""
        code = self.program.instructions[node]
        if code.mnemonic == "hlt":
            return self.program.waits(node)
        return code.mnemonic in ("ret", "iretq", "sysretq") or self._tail(code) is not None

    def _tail(self, code: Instruction) -> int | None:
        """The function that a jump enters for its last act, if it is one that runs once."""
        target = code.operands[0] if code.mnemonic == "jmp" else None
        return target if isinstance(target, int) and target in self._once else None

    def _cost(self, node: int, once: dict[str, Cost]) -> Cost:
        code = self.program.instructions[node]
        cost = Cost(1 + self._paid(code))
        if code.prefix.startswith("rep"):
            cost = cost.plus(Cost(0, self._repeats(code)))
        worst = Cost()
        tail = self._tail(code)
        for callee in [tail] if tail is not None else self.program.callees(code):
            if callee in self.seen.reached:
                total = self._function(callee, node)
                worst = worst.worst(total.cost)
                for label, extra in total.once.items():
                    once[label] = once.get(label, Cost()).worst(extra)
        return cost.plus(worst)

    def _paid(self, code: Instruction) -> int:
        """What a grant of work costs, and what spending some gives back."""
        units = self.claimed.granted(code, self.program.label(code.address))
        self._works |= units != 0
        return self._price * units

    def _repeats(self, code: Instruction) -> int:
        known = self.seen.counts.get(code.address, 0)
        claim = self.claimed.copies.get(self.program.label(code.address))
        if claim and claim.most < known:
            self.claimed.use(claim)
            return claim.most
        if known > LONGEST:
            text = f"`{code.text}` may repeat {known:#x} times"
            help_ = f'claim it: Copy("{self.program.label(code.address)}", most, why)'
            self._complain("KP2335", code.address, text, help_)
            return 0
        return known

    def _paths(
        self,
        edges: Edges,
        costs: Mapping[int, Cost],
        starts: Mapping[int, Cost],
        once: dict[str, Cost],
    ) -> dict[int, Cost]:
        """The most that comes before each node, its own cost not included."""
        reached = dict(starts)
        for component in components(edges):
            entered = {node: reached[node] for node in component if node in reached}
            if not entered:
                continue
            if len(component) > 1 or component[0] in edges[component[0]]:
                inner = self._loop(component, edges, costs, entered, once)
                reached.update(inner)
            inside = set(component)
            for node in component:
                if node not in reached:
                    continue
                behind = reached[node].plus(costs[node])
                for after in edges[node]:
                    if after not in inside:
                        reached[after] = reached.get(after, behind).worst(behind)
        return reached

    def _loop(
        self, component: list[int], edges: Edges, costs: Mapping[int, Cost],
        entered: Mapping[int, Cost], once: dict[str, Cost],
    ) -> dict[int, Cost]:  # fmt: skip
        """Bounds one loop: everything goes through its head, which is cut out of the circle."""
        head, claim = self._head(component, edges, entered)
        if head is None or claim is None:
            return dict(entered)
        inside = restricted(edges, component)
        cut = {node: [n for n in after if n != head] for node, after in inside.items()}
        first = self._paths(cut, costs, entered, once)
        round_ = self._paths(cut, costs, {head: Cost()}, once)
        longest = Cost()
        closing = [node for node in component if head in inside[node] and node in round_]
        for node in closing:
            longest = longest.worst(round_[node].plus(costs[node]))
        before = first.get(head, Cost())
        for node in closing:
            if node in first and head not in entered:
                before = before.worst(first[node].plus(costs[node]))
        most = min((n for label, n in self._within if label == claim.label), default=claim.most)
        rounds = self._rounds(replace(claim, most=most), longest, once)
        reached = dict(first)
        for node, cost in round_.items():
            whole = before.plus(rounds).plus(cost)
            reached[node] = reached.get(node, whole).worst(whole)
        return reached

    def _rounds(self, claim: Bound, longest: Cost, once: dict[str, Cost]) -> Cost:
        """What all rounds but the last cost."""
        if claim.most is None:
            self._overdrawn |= longest.steps > 0
            work = max((one.amount + one.over for one in self.claimed.budgets.values()), default=0)
            spent = once.get(claim.label, Cost())
            once[claim.label] = spent.worst(Cost().plus(longest._replace(steps=0), work))
            return Cost()
        if claim.label in self.claimed.polls:
            self.claimed.use(self.claimed.polls[claim.label])
            return Cost(0, 0, longest.steps * (claim.most - 1))
        rounds = Cost().plus(longest, claim.most if claim.total else claim.most - 1)
        if claim.total:
            once[claim.label] = once.get(claim.label, Cost()).worst(rounds)
            return Cost()
        return rounds

    def _head(
        self, component: list[int], edges: Edges, entered: Mapping[int, Cost]
    ) -> tuple[int | None, Bound | None]:
        head, bound = self.bounds.of(component, edges, entered)
        if head is None or bound is None:
            places = ", ".join(dict.fromkeys(self.bounds.labels(component)))
            first = min(entered)
            label = next(iter(self.program.labels_at(first)), self.program.where(first))
            text = f"this loop has no bound; it goes through {places}"
            self._complain("KP2334", first, text, f'claim one: Loop("{label}", most, why)')
        return head, bound

    def _complain(self, code: str, address: int, text: str, help_: str = "") -> None:
        problem = Problem(code, self.program.place(address), text, help_)
        self.problems.setdefault(str(problem), problem)


LONGEST = 0x1000
"""Repetitions that need no claim: a number that the code itself has set."""
