"""No lost wake-ups: something can still happen that ends each wait.

A wait of its own (for a message, a signal, a deadline) ends with what it waits for. A wait for
another ends when that one acts; if that one waits too, with whomever the waits lead to: what that
one does next must bring somebody nearer to his end. Since this holds in every state, every wait can
end, and so no thread waits for what has happened already.
"""

from __future__ import annotations

from kobjects.kernel.abi import FaultReply, Kind, Receive
from kobjects.kernel.thread import ThreadState as State
from tests.model.invariants import CHAINED
from tests.model.kernel import Kernel
from tests.model.thread import WAITS, Key, Thread

LOST = "wake-up"
RETRY = int(FaultReply.RETRY)
ENDED = (State.READY, State.EXITED, State.FAULTED)
"""After the end of a wait; of a fault of which nobody is told, too."""


def lost(kind: type[Kernel], key: Key) -> str:
    """LOST if there is a thread in the state whose wait nothing can end; else empty."""
    for t, one in enumerate(key):
        thread = Thread(*one)
        if thread.state not in WAITS:
            continue
        if thread.timed and not times_out(copy(kind, key), t):
            return LOST
        if not wakes(copy(kind, key), t):
            return LOST
    return ""


def copy(kind: type[Kernel], key: Key) -> Kernel:
    return kind([Thread(*one) for one in key], 1)


def times_out(kernel: Kernel, t: int) -> bool:
    kernel.time_out(t)
    return kernel.threads[t].state in ENDED


def wakes(kernel: Kernel, t: int) -> bool:
    """Whether the wait of t is brought nearer to its end by the thread to which it leads."""
    threads = kernel.threads
    waiting, last = t, threads[t]
    while last.state in CHAINED:
        waiting, t = t, last.partner
        last = threads[t]
    if last.state in WAITS:
        return ends_its_own(kernel, t)
    if last.state in (State.STOPPED, State.EXITED, State.FAULTED):
        kernel.start(t, anew=True)
        return threads[t].state is State.READY
    if last.free:
        return False
    before = clients(last)
    if last.state is State.DYING:
        kernel.destroy(t)
        return last is not kernel.threads[t] or clients(last) < before
    if last.caller >= 0:
        waiting = last.caller
        kernel.reply(t, RETRY)
    elif waiting in last.saved:
        kernel.reply_saved(t, waiting, RETRY)
    elif last.queue:
        waiting = last.queue[0]
        kernel.receive(t, int(Receive.MESSAGES))
        return waiting not in last.queue and threads[waiting].state is not State.SENDING
    return threads[waiting].state is State.READY


def ends_its_own(kernel: Kernel, t: int) -> bool:
    """Whether what t waits for, alone, makes it go on."""
    one = kernel.threads[t]
    if one.state is State.SLEEPING:
        return one.timed  # which is tried by itself
    if one.state is State.WAITING:
        kernel.signal(t)
        return kernel.threads[t].state is State.READY
    kernel.threads.append(Thread(one.base, one.base))  # somebody outside
    kernel.send(len(kernel.threads) - 1, t, Kind.SEND)
    return one.state is State.READY


def clients(one: Thread) -> int:
    return len(one.queue) + len(one.saved) + (one.caller >= 0)
