"""Ways through the model that show every kind of change that it has: what the kernel is tried with.

A kind of change is what happens, to a thread of which kind, and for whom. There are far fewer of
those than changes, so some hundred ways show them all.
"""

from __future__ import annotations

from collections.abc import Sequence

from kobjects.kernel.abi import Abi
from tests.model.events import NAMES_A_THREAD, Move, moves
from tests.model.explore import Exploration, explore, meant
from tests.model.invariants import CHAINED
from tests.model.kernel import Kernel
from tests.model.thread import NOBODY, Key, Thread

ChangeKind = tuple[object, ...]
TO_ITS_CLIENT = ("reply", "reply_receive", "save")


def kind_of(key: Key, move: Move) -> ChangeKind:
    """What happens, and to whom: the thread, and the other that it concerns."""
    what, t, given, deadline = move
    one = Thread(*key[t])
    if what in NAMES_A_THREAD:
        other, given = given, 0
    elif what in TO_ITS_CLIENT:
        other = one.caller
    else:
        other = one.partner if one.state in CHAINED else NOBODY
    return what, given, deadline, looks(key, t), looks(key, other)


def looks(key: Key, t: int) -> ChangeKind:
    if t < 0:
        return (t,)
    one = Thread(*key[t])
    has = min(one.caller, 0), bool(one.queue), bool(one.pending), one.rank > one.base
    return one.state, one.accepts, one.free, one.fault, has


def paths(
    bases: Sequence[int], most: int, levels: Sequence[int] = ()
) -> tuple[list[list[Move]], int]:
    """Ways that together show every kind of change that is in the first `most` states, and how many
    kinds that are. Each is a shortest way to one, and goes on while there is something new to show.
    Threads have the ranks `bases`, and may be given `levels`.
    """
    first: dict[ChangeKind, tuple[Key, Move]] = {}

    def visit(key: Key, move: Move) -> None:
        first.setdefault(kind_of(key, move), (key, move))

    step = int(Abi.STEP)
    found = explore(Kernel, bases, most=most, step=step, levels=levels, visit=visit)
    missing = {*first}
    ways = []
    for kind in reversed(first):  # the longest ways show what is on them, too
        if kind in missing:
            key, move = first[kind]
            ways.append(extended(found, found.way_to(key, move), missing))
    return ways, len(first)


LENGTH = 8
"""Most moves of a way that goes on."""


def extended(found: Exploration, way: list[Move], missing: set[ChangeKind]) -> list[Move]:
    """The way, and what else is missing behind it; none of that is missing any more."""
    key = found.first()
    for number in range(max(LENGTH, len(way))):
        if number == len(way):
            following = moves([Thread(*one) for one in key], found.levels)
            new = [move for move in following if kind_of(key, move) in missing]
            if not new:
                break
            way.append(min(new, key=lambda move: move[0] == "destroy"))  # which is the end of much
        missing.discard(kind_of(key, way[number]))
        key = meant(found.after(key, way[number]))
    return way


def ends(way: Sequence[Move], at: int) -> int | None:
    """Where on a way the deadline comes of a wait that begins at `at`; None if it never does."""
    t = way[at][1]
    for number in range(at + 1, len(way)):
        what, who, *_ = way[number]
        if who == t and what == "time_out":
            return number
        if who == t and what in OWN:
            return None
    return None


OWN = ("call", "send", "receive", "reply", "reply_receive", "reply_saved", "save", "fault", "exit")
"""What a thread does itself."""
