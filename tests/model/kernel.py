"""What threads do to one another, as the kernel's manual has it: a state, and its changes.

The state has the redundancy of the kernel's own: a client knows its server and the server its
client, a queue knows its senders and each sender its receiver, a rank is kept and not computed. So
that they agree is something to be checked, and `invariants.py` does. Nothing runs here by itself:
whoever is READY may act, and the moments when a deadline comes or a thread dies are the caller's.
"""

from __future__ import annotations

from kobjects.kernel.abi import Abi, FaultReply, Kind, Receive, Status
from kobjects.kernel.thread import ThreadState as State
from tests.model.thread import GONE, NOBODY, Result, Thread
from tests.model.waits import Waits


class Kernel(Waits):
    """All calls."""

    # Messages

    def send(
        self, t: int, to: int, kind: Kind, word: int = 0, deadline: bool | None = None
    ) -> Status:
        """CALL or SEND by a ready thread. `deadline`: one to come, or False: none to wait for.

        The Status of a refusal; OK for a send that was received, or a thread that waits now.
        """
        if self.dead(to):
            return Status.DEAD
        refused = self.refused(t, to)
        if refused:
            return refused
        if deadline is False and not (kind is Kind.SEND and self.receives(to)):
            return Status.WOULD_BLOCK
        self.submit(t, to, kind, word, bool(deadline))
        return Status.OK

    def dead(self, t: int) -> bool:
        return self.threads[t].free or self.threads[t].state is State.DYING

    def refused(self, t: int, to: int) -> Status:
        """Whether a wait of t for `to` would be a circle, or too long a chain."""
        for _ in range(Abi.PARTNERS + 1):
            if to == t:
                return Status.CYCLE
            if self.threads[to].state not in (State.SENDING, State.REPLY_WAIT):
                return Status.OK
            to = self.threads[to].partner
        return Status.TOO_DEEP

    def receives(self, t: int) -> bool:
        return self.threads[t].state is State.RECEIVING

    def submit(self, t: int, to: int, kind: Kind, word: int, timed: bool = False) -> None:
        """Deliver a message at once, or queue its sender."""
        sender, server = self.threads[t], self.threads[to]
        sender.kind, sender.word, sender.partner = kind, word, to
        if self.receives(to):
            self.deliver(t, to)
            self.leave_heap(to)
            if kind is Kind.SEND:
                self.wake(to)
                return
            sender.timed = timed
            self.await_reply(t, to)
            self.recompute_rank(to)
            self.wake(to)
            return
        sender.timed = timed
        sender.state = State.SENDING
        server.queue += (t,)
        server.queue_rank = max(server.queue_rank, sender.rank)
        self.recompute_rank(to)

    def deliver(self, t: int, to: int) -> None:
        sender = self.threads[t]
        self.told.append((to, Result(Status.OK, sender.kind, sender.word, self.carried(t, to))))

    def carried(self, t: int, to: int) -> int:
        """What a receiver is told of the capability in a message; here there is none."""
        return 0

    def await_reply(self, t: int, server: int) -> None:
        client = self.threads[t]
        self.threads[server].caller = t
        client.partner, client.in_slot, client.state = server, False, State.REPLY_WAIT

    def receive(self, t: int, accepts: int, deadline: bool | None = None) -> Status:
        """RECV by a ready thread. OK when it has received, or waits."""
        one = self.threads[t]
        if accepts & Receive.MESSAGES:
            if one.caller >= 0:
                return Status.OWES_REPLY
            one.caller = NOBODY
        return self.take(t, accepts, deadline)

    def take(self, t: int, accepts: int, deadline: bool | None) -> Status:
        """Signals, or the first sender, or a wait."""
        one = self.threads[t]
        one.accepts = accepts
        if accepts & Receive.SIGNALS and one.pending:
            self.give_signals(t)
            self.recompute_rank(t)
            return Status.OK
        if accepts & Receive.MESSAGES and one.queue:
            first = one.queue[0]
            self.unlink_sender(first)
            self.deliver(first, t)
            if self.threads[first].kind is Kind.SEND:
                self.told.append((first, Result(Status.OK)))
                self.wake(first)
            else:
                self.await_reply(first, t)
            self.recompute_rank(t)
            return Status.OK
        self.recompute_rank(t)
        if deadline is False:
            return Status.WOULD_BLOCK
        one.timed = bool(deadline)
        one.state = {0: State.SLEEPING, int(Receive.SIGNALS): State.WAITING}.get(
            accepts, State.RECEIVING
        )
        return Status.OK

    # Replies

    def reply(self, t: int, word: int = 0) -> Status:
        """REPLY to the caller; of a faulted one the word says what becomes of it."""
        client = self.take_caller(t)
        if client < 0:
            return Status.GONE if client == GONE else Status.NO_CALLER
        self.answer(t, client, word)
        self.recompute_rank(t)
        return Status.OK

    def reply_saved(self, t: int, client: int, word: int = 0) -> Status:
        """REPLY by t to a client of whose server it has the right in a slot."""
        self.forget_saved(client)
        self.answer(t, client, word)
        self.recompute_rank(t)
        return Status.OK

    def reply_receive(self, t: int, word: int = 0, deadline: bool | None = None) -> Status:
        client = self.take_caller(t)
        if client == NOBODY:
            return Status.NO_CALLER
        if client >= 0:
            self.answer(t, client, word)
        return self.take(t, Receive.MESSAGES | Receive.SIGNALS, deadline)

    def save(self, t: int) -> Status:
        """REPLY_SAVE into an empty slot."""
        one = self.threads[t]
        client = self.take_caller(t)
        if client < 0:
            return Status.GONE if client == GONE else Status.NO_CALLER
        self.threads[client].in_slot = True
        one.saved = (client, *one.saved)
        self.recompute_rank(t)
        return Status.OK

    def take_caller(self, t: int) -> int:
        one = self.threads[t]
        client, one.caller = one.caller, NOBODY
        return client

    def answer(self, t: int, client: int, word: int) -> None:
        one = self.threads[client]
        if not one.fault:
            self.told.append((client, Result(Status.OK, Kind.CALL, word, self.carried(t, client))))
            self.wake(client)
            return
        one.fault = False
        if word in (FaultReply.RETRY, FaultReply.RESUME):
            self.wake(client)
        else:
            one.state = State.STOPPED

    # Signals and faults

    def signal(self, t: int, bits: int = 1) -> None:
        """SIGNAL of bits to the thread."""
        one = self.threads[t]
        one.pending |= bits
        if one.state is State.WAITING or (
            one.state is State.RECEIVING and one.accepts & Receive.SIGNALS
        ):
            self.give_signals(t)
            self.wake(t)

    def give_signals(self, t: int) -> None:
        one = self.threads[t]
        self.told.append((t, Result(Status.OK, Kind.SIGNAL, one.pending)))
        one.pending = 0

    def report(self, t: int, to: int, word: int = 0, *, exited: bool = False) -> None:
        """A fault or an exit of a ready thread, of which `to` is told; NOBODY: there is none."""
        one = self.threads[t]
        one.exited = exited
        if to < 0 or self.dead(to) or self.refused(t, to):
            self.end_unsupervised(t)
            return
        one.fault = True
        self.submit(t, to, Kind.FAULT, word)

    # Life and death

    def stop(self, t: int) -> Status:
        """STOP of the thread, which must be there."""
        one = self.threads[t]
        if self.withdraw(t) and not one.fault:
            self.told.append((t, Result(Status.ABORTED)))
        one.fault = False
        one.state = State.STOPPED
        return Status.OK

    def start(self, t: int, *, anew: bool = False) -> Status:
        """START, with three words when it begins anew."""
        one = self.threads[t]
        if one.state is State.STOPPED or (anew and one.state in (State.EXITED, State.FAULTED)):
            one.state = State.READY
            return Status.OK
        return Status.BAD_STATE

    def set_priority(self, t: int, base: int) -> None:
        self.threads[t].base = base
        self.recompute_rank(t)

    def destroy(self, t: int) -> Status:
        """One call of DESTROY: AGAIN while it has not woken everybody who waits for the thread."""
        one = self.threads[t]
        if one.state is not State.DYING:
            self.withdraw(t)
            one.fault = False
            one.state = State.DYING
        for _ in range(self.step):
            waiting = [*one.queue[:1], *one.saved[:1], *([one.caller] if one.caller >= 0 else [])]
            if not waiting:
                self.threads[t] = Thread(free=True, state=State.DYING)
                return Status.OK
            self.unblock(waiting[0], Status.DEAD)
        return Status.AGAIN
