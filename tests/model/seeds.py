"""Models with one bug each, of the kind that a kernel may have: the invariants must find them."""

from __future__ import annotations

from kobjects.kernel.abi import Receive, Status
from kobjects.kernel.thread import ThreadState as State
from tests.model.kernel import Kernel
from tests.model.thread import GONE, Thread
from tests.model.wakeups import LOST


class CallerIsKept(Kernel):
    def take_caller(self, t: int) -> int:
        return self.threads[t].caller


class CallerIsNotTold(Kernel):
    """A client that leaves is its server's caller still."""

    def withdraw(self, t: int) -> bool:
        one = self.threads[t]
        server = self.threads[one.partner]
        client = one.state is State.REPLY_WAIT and not one.in_slot
        found = super().withdraw(t)
        if client:
            server.caller = t
        return found


class SenderStaysQueued(Kernel):
    def withdraw(self, t: int) -> bool:
        one = self.threads[t]
        queue = self.threads[one.partner].queue
        sending = one.state is State.SENDING
        found = super().withdraw(t)
        if sending:
            self.threads[one.partner].queue = queue
        return found


class CirclesAreAllowed(Kernel):
    def refused(self, t: int, to: int) -> Status:
        return Status.CYCLE if t == to else Status.OK


class FirstLinkOnly(Kernel):
    """Only who waits for the caller itself makes a circle."""

    def refused(self, t: int, to: int) -> Status:
        one = self.threads[to]
        waits = one.state in (State.SENDING, State.REPLY_WAIT)
        return Status.CYCLE if waits and one.partner == t else Status.OK


class PendingSignalsAreOverlooked(Kernel):
    def take(self, t: int, accepts: int, deadline: bool | None) -> Status:
        one = self.threads[t]
        pending, one.pending = one.pending, 0
        found = super().take(t, accepts, deadline)
        one.pending = pending
        return found


class OwingIsNoObstacle(Kernel):
    def receive(self, t: int, accepts: int, deadline: bool | None = None) -> Status:
        return self.take(t, accepts, deadline)


class SavedClientsOutliveTheirServer(Kernel):
    def destroy(self, t: int) -> Status:
        self.threads[t].saved = ()
        return super().destroy(t)


class SendersOutliveTheirServer(Kernel):
    def destroy(self, t: int) -> Status:
        self.threads[t].queue = ()
        return super().destroy(t)


class FreedBeforeAllAreWoken(Kernel):
    def destroy(self, t: int) -> Status:
        one = self.threads[t]
        found = super().destroy(t)
        if found is Status.AGAIN:
            one.free = True
        return found


class DeadlineOutlivesTheWait(Kernel):
    def stop(self, t: int) -> Status:
        timed = self.threads[t].timed
        found = super().stop(t)
        self.threads[t].timed = timed
        return found


class FaultOutlivesItsAnswer(Kernel):
    def stop(self, t: int) -> Status:
        fault = self.threads[t].fault
        found = super().stop(t)
        self.threads[t].fault = fault
        return found


class DeletedRightLeavesItsClient(Kernel):
    def unblock(self, t: int, status: Status) -> None:
        if status is Status.ABANDONED:
            self.forget_saved(t)
            return
        super().unblock(t, status)


class RankIsNotGivenBack(Kernel):
    def reply(self, t: int, word: int = 0) -> Status:
        rank = self.threads[t].rank
        found = super().reply(t, word)
        self.threads[t].rank = rank
        return found


class RankIsNotPassedOn(Kernel):
    def recompute_rank(self, t: int) -> None:
        one = self.threads[t]
        state, one.state = one.state, State.READY
        super().recompute_rank(t)
        one.state = state


class EmptyQueueKeepsItsRank(Kernel):
    def unlink_sender(self, t: int) -> None:
        server = self.threads[self.threads[t].partner]
        rank = server.queue_rank
        super().unlink_sender(t)
        server.queue_rank = rank


class GoneIsServed(Kernel):
    """A reply to who has left wakes whoever is the first thread."""

    def take_caller(self, t: int) -> int:
        client = super().take_caller(t)
        return 0 if client == GONE else client


class SavedTwice(Kernel):
    def save(self, t: int) -> Status:
        caller = self.threads[t].caller
        found = super().save(t)
        if found is Status.OK:
            self.threads[t].caller = caller
        return found


class ReceivesBesideItsSenders(Kernel):
    """A server that was stopped while it received receives again when it is started."""

    def start(self, t: int, *, anew: bool = False) -> Status:
        one: Thread = self.threads[t]
        found = super().start(t, anew=anew)
        if one.queue:
            one.state, one.accepts = State.RECEIVING, int(Receive.MESSAGES)
        return found


class SignalIsGivenToASleeper(Kernel):
    """Who waits for signals alone is given them, and sleeps on."""

    def wake(self, t: int) -> None:
        if self.threads[t].state is not State.WAITING:
            super().wake(t)


class QueuedDeadlinesAreForgotten(Kernel):
    """A deadline ends the wait for a reply, not that in a queue."""

    def time_out(self, t: int) -> None:
        if self.threads[t].state is not State.SENDING:
            super().time_out(t)


class DebtorsStayStopped(Kernel):
    """Who owes a reply can't be started again, so its client waits for ever."""

    def start(self, t: int, *, anew: bool = False) -> Status:
        if self.threads[t].caller >= 0:
            return Status.BAD_STATE
        return super().start(t, anew=anew)


class AnsweredFaultsWait(Kernel):
    """A faulted thread whose server saved the right to reply is not resumed by it."""

    def reply_saved(self, t: int, client: int, word: int = 0) -> Status:
        if self.threads[client].fault:
            return Status.GONE
        return super().reply_saved(t, client, word)


SEEDS: dict[type[Kernel], str] = {
    CallerIsKept: "I1",
    CallerIsNotTold: "I1",
    SenderStaysQueued: "I2",
    CirclesAreAllowed: "I3",
    FirstLinkOnly: "I3",
    PendingSignalsAreOverlooked: "I4",
    OwingIsNoObstacle: "I4",
    SavedClientsOutliveTheirServer: "I1",
    SendersOutliveTheirServer: "I2",
    FreedBeforeAllAreWoken: "I5",
    DeadlineOutlivesTheWait: "I10",
    FaultOutlivesItsAnswer: "I10",
    DeletedRightLeavesItsClient: "I1",
    RankIsNotGivenBack: "I9",
    RankIsNotPassedOn: "I9",
    EmptyQueueKeepsItsRank: "I9",
    GoneIsServed: "I1",
    SavedTwice: "I1",
    ReceivesBesideItsSenders: LOST,
    SignalIsGivenToASleeper: LOST,
    QueuedDeadlinesAreForgotten: LOST,
    DebtorsStayStopped: LOST,
    AnsweredFaultsWait: LOST,
}
"""Bug -> the invariant that it breaks."""
