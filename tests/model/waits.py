"""Threads that wait, what ends that, and the ranks that follow: the base of the model."""

from __future__ import annotations

from collections.abc import Iterable

from kobjects.kernel.abi import Abi, Status
from kobjects.kernel.thread import ThreadState as State
from tests.model.thread import FIELDS, GONE, WAITS, Key, Result, Thread

STEP = int(Abi.STEP)


class Waits:
    """All threads, by number. `told` gathers what ended waits: who, and with what."""

    def __init__(self, threads: Iterable[Thread], step: int = STEP) -> None:
        self.threads = list(threads)
        self.told: list[tuple[int, Result]] = []
        self.step = step
        """How many threads one call of DESTROY wakes."""

    def key(self) -> Key:
        return tuple(map(FIELDS, self.threads))

    # The end of a wait

    def time_out(self, t: int) -> None:
        """The thread's deadline has come."""
        self.unblock(t, Status.TIMED_OUT)

    def unblock(self, t: int, status: Status) -> None:
        if not self.withdraw(t):
            return
        if self.threads[t].fault:
            self.end_unsupervised(t)
            return
        self.told.append((t, Result(status)))
        self.wake(t)

    def withdraw(self, t: int) -> bool:
        """Take the thread out of whatever it waits for."""
        one = self.threads[t]
        if one.state not in WAITS:
            return False
        self.leave_heap(t)
        state, one.state = one.state, State.READY
        if state is State.SENDING:
            self.unlink_sender(t)
            self.recompute_rank(one.partner)
        elif state is State.REPLY_WAIT and one.in_slot:
            self.forget_saved(t)
        elif state is State.REPLY_WAIT:
            self.threads[one.partner].caller = GONE
            self.recompute_rank(one.partner)
        return True

    def unlink_sender(self, t: int) -> None:
        server = self.threads[self.threads[t].partner]
        server.queue = tuple(other for other in server.queue if other != t)
        if not server.queue:
            server.queue_rank = 0

    def leave_heap(self, t: int) -> None:
        self.threads[t].timed = False

    def wake(self, t: int) -> None:
        self.leave_heap(t)
        self.threads[t].state = State.READY

    def end_unsupervised(self, t: int) -> None:
        """Nobody is to be told of its fault."""
        one = self.threads[t]
        one.fault = False
        one.state = State.EXITED if one.exited else State.FAULTED

    def forget_saved(self, client: int) -> None:
        """The right to reply to the client is in no slot any more."""
        one = self.threads[client]
        one.in_slot = False
        server = self.threads[one.partner]
        server.saved = tuple(other for other in server.saved if other != client)

    # Ranks

    def recompute_rank(self, t: int) -> None:
        """The thread's rank, after one of the three that it is the highest of changed; and that of
        whom it waits for.
        """
        for _ in range(Abi.PARTNERS):
            one = self.threads[t]
            served = self.threads[one.caller].rank if one.caller >= 0 else 0
            rank = max(one.base, served, one.queue_rank)
            if rank == one.rank:
                return
            one.rank = rank
            if one.state is State.SENDING:
                server = self.threads[one.partner]
                if rank <= server.queue_rank:
                    return
                server.queue_rank = rank
            elif one.state is not State.REPLY_WAIT:
                return
            t = one.partner
