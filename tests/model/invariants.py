"""The kernel's invariants, of a state of the model. Each names the threads for which it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from kobjects.kernel.abi import Receive
from kobjects.kernel.thread import ThreadState as State
from tests.model.thread import NOBODY, WAITS, Thread

Threads = Sequence[Thread]
Failures = Iterator[int]
CHAINED = (State.SENDING, State.REPLY_WAIT)


def one_right_to_reply(threads: Threads) -> Failures:
    """I1: a thread waits for a reply if and only if exactly one right to reply names it."""
    for t, one in enumerate(threads):
        named = [s for s, server in enumerate(threads) if server.caller == t]
        saved = [s for s, server in enumerate(threads) for client in server.saved if client == t]
        waits = one.state is State.REPLY_WAIT
        rights = ([], [one.partner]) if one.in_slot else ([one.partner], [])
        if (named, saved) != (rights if waits else ([], [])):
            yield t


def in_one_queue(threads: Threads) -> Failures:
    """I2: a sending thread is in its partner's queue, once, and in no other; nobody else is."""
    for t, one in enumerate(threads):
        queues = [s for s, server in enumerate(threads) for sender in server.queue if sender == t]
        if queues != ([one.partner] if one.state is State.SENDING else []):
            yield t


def no_circle(threads: Threads) -> Failures:
    """I3: nobody waits for itself through others."""
    for t in range(len(threads)):
        at = t
        while at >= 0 and threads[at].state in CHAINED:
            at = threads[at].partner
            if at == t:
                yield t
                break
            if threads[at].partner == at:
                break


def waits_for_nothing_that_is_there(threads: Threads) -> Failures:
    """I4: who receives has no senders, signals or reply to give that it asked for."""
    for t, one in enumerate(threads):
        receiving = one.state is State.RECEIVING
        signals = one.state is State.WAITING or (receiving and one.accepts & Receive.SIGNALS)
        if (receiving and (one.queue or one.caller != NOBODY)) or (signals and one.pending):
            yield t


def nobody_waits_for_the_freed(threads: Threads) -> Failures:
    """I5: nobody waits for a freed thread, and none has anything. One that dies does not wait."""
    for t, one in enumerate(threads):
        if one.state in CHAINED and threads[one.partner].free:
            yield t
        if one.free and (one.queue or one.saved or one.caller != NOBODY or one.pending):
            yield t


def rank_of_whom_it_serves(threads: Threads) -> Failures:
    """I9: a rank is the highest of its own, its caller's, and its senders' since it had none."""
    for t, one in enumerate(threads):
        served = threads[one.caller].rank if one.caller >= 0 else 0
        senders = [threads[sender].rank for sender in one.queue]
        wrong = one.rank != max(one.base, served, one.queue_rank)
        if wrong or one.queue_rank < max(senders, default=0) or (one.queue_rank and not senders):
            yield t


def only_who_waits_is_timed(threads: Threads) -> Failures:
    """I10: who has a deadline waits; a fault waits for its answer and has none."""
    for t, one in enumerate(threads):
        if one.timed and one.state not in WAITS:
            yield t
        if one.fault and (one.timed or one.state not in CHAINED):
            yield t


INVARIANTS: dict[str, Callable[[Threads], Failures]] = {
    "I1": one_right_to_reply,
    "I2": in_one_queue,
    "I3": no_circle,
    "I4": waits_for_nothing_that_is_there,
    "I5": nobody_waits_for_the_freed,
    "I9": rank_of_whom_it_serves,
    "I10": only_who_waits_is_timed,
}


def broken(threads: Threads) -> str:
    """The name of an invariant that does not hold; empty when all do."""
    for name, holds in INVARIANTS.items():
        for _ in holds(threads):
            return name
    return ""
