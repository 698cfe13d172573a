"""Every state that a few threads can come into, by all orders of all that they can do."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kobjects.kernel.abi import Kind
from kobjects.kernel.thread import ThreadState as State
from tests.model.events import NAMES_A_THREAD, Move, moves, perform
from tests.model.invariants import CHAINED, broken
from tests.model.kernel import Kernel
from tests.model.thread import GONE, NOBODY, Key, Thread
from tests.model.wakeups import lost


@dataclass
class Exploration:
    """What is explored, and what was found; `broken` is what does not hold behind `way`."""

    kind: type[Kernel]
    bases: Sequence[int]
    """The threads' own ranks; when they are equal, so are states that differ by who is who."""
    only: Sequence[str] = ()
    """What may happen; empty: everything."""
    levels: Sequence[int] = ()
    """Ranks that threads may be given."""
    step: int = 1
    """How many threads one DESTROY wakes: with one, all can happen in between."""
    came: dict[Key, tuple[Key, Move] | None] = field(default_factory=dict)
    """A state -> the one before it, and what happened there."""
    changes: int = 0
    broken: str = ""
    way: list[Move] = field(default_factory=list)

    @property
    def states(self) -> int:
        return len(self.came)

    @property
    def equal(self) -> bool:
        return len({*self.bases}) == 1

    def first(self) -> Key:
        return self.kind([Thread(base, base) for base in self.bases]).key()

    def after(self, key: Key, move: Move) -> Kernel:
        kernel = self.kind([Thread(*one) for one in key], self.step)
        perform(kernel, move)
        return kernel

    def run(self, most: int, visit: Callable[[Key, Move], None] | None) -> None:
        """Breadth first, so that the way to what is broken is a shortest one."""
        first = self.first()
        self.came[first] = None
        seen = {first}
        todo = deque([first])
        while todo and len(self.came) < most:
            key = todo.popleft()
            for move in moves([Thread(*one) for one in key], self.levels):
                if self.only and move[0] not in self.only:
                    continue
                if visit:
                    visit(key, move)
                kernel = self.after(key, move)
                self.changes += 1
                raw = meant(kernel)
                if raw in seen:
                    continue
                seen.add(raw)
                state = representative(raw) if self.equal else raw
                if state in self.came:
                    continue
                self.came[state] = key, move
                self.broken = broken(kernel.threads) or lost(self.kind, state)
                if self.broken:
                    self.way = self.way_to(state)
                    return
                todo.append(state)

    def way_to(self, key: Key, *then: Move) -> list[Move]:
        """A shortest way to a state, and what happens there. Each thread has one number all the
        way, whatever it was called in a state that stood for others.
        """
        steps: list[tuple[Key, Move]] = [(key, move) for move in then]
        while (before := self.came[key]) is not None:
            key = before[0]
            steps.insert(0, before)
        names = [*range(len(self.bases))]
        found = []
        for key, move in steps:
            found.append(named(move, names))
            if self.equal:
                order = order_of(meant(self.after(key, move)))
                names = [names[old] for old in order]
        return found


def explore(
    kind: type[Kernel],
    bases: Sequence[int],
    *,
    most: int = 10_000_000,
    only: Sequence[str] = (),
    levels: Sequence[int] = (),
    step: int = 1,
    visit: Callable[[Key, Move], None] | None = None,
) -> Exploration:
    """Explore until something is broken, or `most` states are known. `visit` is told of every state
    and what happens there.
    """
    found = Exploration(kind, bases, only, levels, step)
    found.run(most, visit)
    return found


def named(move: Move, names: Sequence[int]) -> Move:
    """The move with its threads called by other numbers."""
    what, t, given, deadline = move
    if what in NAMES_A_THREAD and given >= 0:
        given = names[given]
    return what, names[t], given, deadline


def meant(kernel: Kernel) -> Key:
    """The state without what is left over in fields that mean nothing now."""
    for one in kernel.threads:
        if one.state not in CHAINED:
            one.partner, one.in_slot = NOBODY, False
        if one.state is not State.SENDING:
            one.kind = Kind.CALL
        if one.state is not State.RECEIVING:
            one.accepts = 0
        one.exited = one.exited and one.fault
    return kernel.key()


PARTNER, CALLER, SAVED = (
    [*Thread.__slots__].index(name) for name in ("partner", "caller", "saved")
)
"""Places in a key; the queue is between the last two."""


def representative(key: Key) -> Key:
    """The same state with the threads in another order: of equal states mostly the same."""
    order = order_of(key)
    new = {GONE: GONE, NOBODY: NOBODY} | {old: place for place, old in enumerate(order)}
    return tuple([renamed(key[old], new) for old in order])


def order_of(key: Key) -> list[int]:
    """The threads, in the order in which a state that stands for it has them."""
    return sorted(range(len(key)), key=[looks(one) for one in key].__getitem__)


def looks(one: Any) -> tuple[object, ...]:
    """What can be said of a thread without naming others."""
    caller, queue, saved = one[CALLER : SAVED + 1]
    return (*one[:PARTNER], caller < 0, len(queue), len(saved), *one[SAVED + 1 :])


def renamed(one: Any, new: dict[int, int]) -> tuple[object, ...]:
    partner, caller, queue, saved = one[PARTNER : SAVED + 1]
    names = new[partner], new[caller], *(tuple([new[t] for t in list_]) for list_ in (queue, saved))
    return (*one[:PARTNER], *names, *one[SAVED + 1 :])
