"""Every state that a few threads can come into, by all orders of all that they can do."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from kobjects.kernel.abi import FaultReply, Kind, Receive, Status
from kobjects.kernel.thread import ThreadState as State
from tests.model.invariants import CHAINED, broken
from tests.model.kernel import Kernel
from tests.model.thread import GONE, NOBODY, Key, Thread

Move = tuple[str, int, int | str | bool | None, bool]
"""What happens, to or by which thread, with what, and whether with a deadline."""
MASKS = (0, int(Receive.MESSAGES), int(Receive.SIGNALS), Receive.MESSAGES | Receive.SIGNALS)


@dataclass
class Found:
    """What an exploration found; `broken` is the invariant that does not hold behind `way`."""

    states: int = 0
    changes: int = 0
    broken: str = ""
    way: list[Move] = field(default_factory=list)


def moves(threads: Sequence[Thread]) -> Iterator[Move]:
    """All that can happen next. Any thread may run that is ready, as if all priorities were equal;
    what needs no particular thread is done by somebody outside.
    """
    for t, one in enumerate(threads):
        if one.free:
            continue
        yield "destroy", t, None, False
        if one.state is State.DYING:
            continue
        yield "stop", t, None, False
        yield "signal", t, None, False
        if one.timed:
            yield "time_out", t, None, False
        if one.state in (State.STOPPED, State.EXITED, State.FAULTED):
            yield "start", t, one.state is not State.STOPPED, False
        if one.state is State.READY:
            yield from own_moves(threads, t)


def own_moves(threads: Sequence[Thread], t: int) -> Iterator[Move]:
    one = threads[t]
    others = [other for other in range(len(threads)) if other != t and not threads[other].free]
    for other in others:
        for deadline in (False, True):
            yield "call", t, other, deadline
            yield "send", t, other, deadline
        yield "fault", t, other, False
    yield "fault", t, NOBODY, False
    yield "exit", t, NOBODY, False
    for mask in MASKS:
        yield "receive", t, mask, True
        if mask:
            yield "receive", t, mask, False
    if one.caller != NOBODY:
        faulted = one.caller >= 0 and threads[one.caller].fault
        for word in (FaultReply.RETRY, FaultReply.STOP) if faulted else (0,):
            yield "reply", t, word, False
            yield "reply_receive", t, word, False
        yield "save", t, None, False
    for client in one.saved:
        yield "reply_saved", t, client, False
        yield "abandon", t, client, False


def perform(kernel: Kernel, move: Move) -> None:
    what, t, given, deadline = move
    until = deadline or None
    given = given if isinstance(given, int) else 0
    if what in ("call", "send"):
        kernel.send(t, given, Kind.CALL if what == "call" else Kind.SEND, 0, until)
    elif what in ("fault", "exit"):
        kernel.report(t, given, exited=what == "exit")
    elif what == "receive":
        kernel.receive(t, given, until)
    elif what == "abandon":
        kernel.unblock(given, Status.ABANDONED)
    elif what in ("reply", "reply_receive", "reply_saved"):
        getattr(kernel, what)(t, given)
    elif what == "start":
        kernel.start(t, anew=bool(given))
    else:
        getattr(kernel, what)(t)


def explore(
    kind: type[Kernel], bases: Sequence[int], *, most: int = 1_000_000, only: Sequence[str] = ()
) -> Found:
    """Breadth first, so that the way to a broken invariant is a shortest one.

    `bases` are the threads' own ranks; when they are equal, so are states that differ by who is
    who. `only` limits what happens. DESTROY wakes one thread a call: all can happen in between.
    """
    first = kind([Thread(base, base) for base in bases], 1).key()
    equal = len(set(bases)) == 1
    came: dict[Key, tuple[Key, Move] | None] = {first: None}
    seen = {first}
    todo = deque([first])
    found = Found()
    while todo and len(came) < most:
        key = todo.popleft()
        for move in moves([Thread(*one) for one in key]):
            if only and move[0] not in only:
                continue
            kernel = kind([Thread(*one) for one in key], 1)
            perform(kernel, move)
            found.changes += 1
            raw = meant(kernel)
            if raw in seen:
                continue
            seen.add(raw)
            after = representative(raw) if equal else raw
            if after in came:
                continue
            came[after] = key, move
            found.broken = broken(kernel.threads)
            if found.broken:
                found.way = way(came, after)
                todo.clear()
                break
            todo.append(after)
    found.states = len(came)
    return found


def way(came: dict[Key, tuple[Key, Move] | None], key: Key) -> list[Move]:
    steps: list[Move] = []
    while (before := came[key]) is not None:
        key, move = before
        steps.append(move)
    return steps[::-1]


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
    order = sorted(range(len(key)), key=lambda t: looks(key[t]))
    new = {GONE: GONE, NOBODY: NOBODY} | {old: place for place, old in enumerate(order)}
    return tuple(renamed(key[old], new) for old in order)


def looks(one: Any) -> tuple[object, ...]:
    """What can be said of a thread without naming others."""
    caller, queue, saved = one[CALLER : SAVED + 1]
    return (*one[:PARTNER], caller < 0, len(queue), len(saved), *one[SAVED + 1 :])


def renamed(one: Any, new: dict[int, int]) -> tuple[object, ...]:
    partner, caller, queue, saved = one[PARTNER : SAVED + 1]
    names = new[partner], new[caller], *(tuple([new[t] for t in list_]) for list_ in (queue, saved))
    return (*one[:PARTNER], *names, *one[SAVED + 1 :])
