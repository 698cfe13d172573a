"""All that can happen to a few threads, as moves of the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kobjects.kernel.abi import FaultReply, Kind, Receive, Status
from kobjects.kernel.thread import ThreadState as State
from tests.model.kernel import Kernel
from tests.model.thread import NOBODY, Thread

Move = tuple[str, int, int, bool]
"""What happens, to or by which thread, with what, and whether with a deadline."""
MESSAGES, SIGNALS = int(Receive.MESSAGES), int(Receive.SIGNALS)
MASKS = (0, MESSAGES, SIGNALS, MESSAGES | SIGNALS)
NAMES_A_THREAD = ("call", "send", "fault", "exit", "reply_saved", "abandon")
"""Moves that are given another thread, or NOBODY."""
RETRY, STOP = int(FaultReply.RETRY), int(FaultReply.STOP)


def moves(threads: Sequence[Thread], levels: Sequence[int] = ()) -> Iterator[Move]:
    """All that can happen next. Any thread may run that is ready, as if all priorities were equal;
    what needs no particular thread is done by somebody outside. `levels` are the ranks that a
    thread may be given.
    """
    for t, one in enumerate(threads):
        if one.free:
            continue
        yield "destroy", t, 0, False
        if one.state is State.DYING:
            continue
        yield "stop", t, 0, False
        yield "signal", t, 0, False
        if one.timed:
            yield "time_out", t, 0, False
        if one.state in (State.STOPPED, State.EXITED, State.FAULTED):
            yield "start", t, int(one.state is not State.STOPPED), False
        for level in levels:
            if level != one.base:
                yield "priority", t, level, False
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
        yield "exit", t, other, False
    yield "fault", t, NOBODY, False
    yield "exit", t, NOBODY, False
    for mask in MASKS:
        yield "receive", t, mask, True
        if mask:
            yield "receive", t, mask, False
    if one.caller != NOBODY:
        faulted = one.caller >= 0 and threads[one.caller].fault
        for word in (RETRY, STOP) if faulted else (0,):
            yield "reply", t, word, False
            for deadline in (False, True):
                yield "reply_receive", t, word, deadline
        yield "save", t, 0, False
    for client in one.saved:
        yield "reply_saved", t, client, False
        yield "abandon", t, client, False


def perform(kernel: Kernel, move: Move) -> None:
    what, t, given, deadline = move
    until = deadline or None
    if what in ("call", "send"):
        kernel.send(t, given, Kind.CALL if what == "call" else Kind.SEND, 0, until)
    elif what in ("fault", "exit"):
        kernel.report(t, given, exited=what == "exit")
    elif what == "receive":
        kernel.receive(t, given, until)
    elif what == "abandon":
        kernel.unblock(given, Status.ABANDONED)
    elif what == "reply_receive":
        kernel.reply_receive(t, given, until)
    elif what == "reply":
        kernel.reply(t, given)
    elif what == "reply_saved":
        kernel.reply_saved(t, given)
    elif what == "start":
        kernel.start(t, anew=bool(given))
    elif what == "priority":
        kernel.set_priority(t, given)
    else:
        getattr(kernel, what)(t)
