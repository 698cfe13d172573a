"""The calls of a walk in step, each with the model's change.

A move gives its row, and the Status with which it is over if its thread does not wait. `who` is
None for the maker.
"""

from __future__ import annotations

from kobjects.cpu.exceptions import Vector
from kobjects.kernel.abi import Call, FaultKind, FaultReply, Kind, Receive, Status, ThreadPart
from kobjects.kernel.message import MessageBuffer
from kobjects.kernel.thread import ThreadState as State
from tests.model.thread import Result
from tests.stages.actors import CAPABILITY
from tests.stages.crew import BELLS, BITS, ENDPOINT, RECEIVED, REPLIES, THREAD, buffer, slot_of
from tests.stages.pace import BEGIN, SLOTS, STEP, Expected, Pace
from tests.stages.walks import FAULT, STORE, Row, address_of, handle, label, row

LENGTHS = (1, 2, 10, 11, 40, 120)
PRIORITIES = (40, 60, 80, 100)


class Moves(Pace):
    """All that threads do."""

    def until(self, who: int) -> tuple[bool | None, int | None]:
        """A deadline for the model, and for the row: none, none to wait for, or one to come."""
        kind = self.random.random()
        if kind < 0.4:
            return None, None
        if kind < 0.5:
            return False, 0
        self.actors[who].deadline = (self.moment + self.random.randrange(6), who)
        last, order = self.actors[who].deadline
        return True, BEGIN + last * STEP + STEP // 2 + order * STEP // 40

    def carry(self, who: int) -> int:
        """Sometimes names a capability for the next message: the flag that says so."""
        self.kernel.names.pop(who, None)
        if self.random.random() < 0.75:
            return 0
        bell, own = slot_of(self.other(), BELLS), slot_of(who, RECEIVED)
        named = self.random.choice([bell, bell, own, handle(SLOTS), 1])
        self.kernel.names[who] = named
        place = buffer(who) + MessageBuffer.offset("capability")
        self.before = [Row(STORE, place, [named, 7], time=self.now)]
        return CAPABILITY

    def mask(self) -> int:
        """What is received."""
        both = int(Receive.MESSAGES | Receive.SIGNALS)
        return self.random.choice([both, both, int(Receive.MESSAGES), int(Receive.SIGNALS), 0])

    def verdict(self) -> FaultReply:
        """What becomes of who faulted."""
        words: list[FaultReply] = [*FaultReply, FaultReply.RESUME]
        return self.random.choice(words)

    def client(self) -> int:
        """Somebody to whom a slot has the right to reply."""
        return self.random.choice([*self.rights])

    def bell(self) -> int:
        """Which of its badges a thread is signalled by."""
        return self.random.randrange(len(BITS))

    def priority(self) -> int:
        """What a thread is given."""
        return self.random.choice(PRIORITIES)

    def to_start(self) -> tuple[int, bool]:
        """Who is started, and whether anew."""
        stopped = [t for t in range(self.count) if self.kernel.threads[t].state is State.STOPPED]
        to = self.random.choice(stopped) if stopped and self.random.random() < 0.8 else self.other()
        return to, self.random.random() < 0.3

    def do_call(self, who: int, call: Call = Call.CALL) -> tuple[Row, Status]:
        to = self.other(who)
        deadline, until = self.until(who)
        kind = Kind.CALL if call is Call.CALL else Kind.SEND
        word = self.next_word()
        length = self.random.choice(LENGTHS)
        flags = self.carry(who)
        status = Status.OK if self.kernel.dead(to) else self.kernel.cannot_carry(who)
        status = status or self.kernel.send(who, to, kind, word, deadline)
        to = slot_of(to, ENDPOINT)
        made = row(call, to, word, time=self.now, until=until, length=length, flags=flags)
        return made, status

    def do_send(self, who: int) -> tuple[Row, Status]:
        return self.do_call(who, Call.SEND)

    def do_receive(self, who: int) -> tuple[Row, Status]:
        mask = self.mask()
        deadline, until = self.until(who)
        status = self.kernel.receive(who, mask, deadline)
        return row(Call.RECV, mask, time=self.now, until=until), status

    def answer(self, client: int) -> tuple[int, int]:
        """Word 0 for a client, and what lies behind a fault, where word 1 has it go on."""
        behind = label("resumed")
        if client < 0 or not self.kernel.threads[client].fault:
            return self.next_word(), behind
        word = self.verdict()
        if word is FaultReply.RESUME:
            self.actors[client].at = "exit"  # whichever it was, it goes on
        return word, behind

    def do_reply(self, who: int) -> tuple[Row, Status]:
        flags = self.carry(who)
        status = self.kernel.cannot_carry(who)
        words = self.answer(-1 if status else self.kernel.threads[who].caller)
        status = status or self.kernel.reply(who, words[0])
        return row(Call.REPLY, 0, *words, time=self.now, flags=flags), status

    def do_reply_receive(self, who: int) -> tuple[Row, Status]:
        flags = self.carry(who)
        status = self.kernel.cannot_carry(who)
        words = self.answer(-1 if status else self.kernel.threads[who].caller)
        deadline, until = self.until(who)
        status = status or self.kernel.reply_receive(who, words[0], deadline)
        return row(Call.REPLY_RECV, 0, *words, time=self.now, until=until, flags=flags), status

    def do_save(self, who: int) -> tuple[Row, Status]:
        slot = self.free_slot()
        client = self.kernel.threads[who].caller
        status = self.kernel.save(who)
        if status is Status.OK:
            self.rights[client] = slot
        return row(Call.REPLY_SAVE, handle(slot), time=self.now), status

    def do_reply_saved(self, who: int) -> tuple[Row, Status]:
        """Any thread of the Space may."""
        if not self.rights:
            return row(Call.REPLY, handle(REPLIES), 1, time=self.now), Status.EMPTY
        client = self.client()
        slot = self.rights[client]
        flags = self.carry(who)
        status = self.kernel.cannot_carry(who)
        words = self.answer(-1 if status else client)
        status = status or self.kernel.reply_saved(who, client, words[0])
        return row(Call.REPLY, handle(slot), *words, time=self.now, flags=flags), status

    def do_delete(self, who: int | None) -> tuple[Row, Status]:
        if not self.rights:
            return row(Call.DELETE, 0, handle(REPLIES), time=self.now), Status.EMPTY
        client = self.client()
        slot = self.rights[client]
        self.kernel.unblock(client, Status.ABANDONED)
        return row(Call.DELETE, 0, handle(slot), time=self.now), Status.OK

    def do_empty(self, who: int) -> tuple[Row, Status]:
        """The slot where a capability comes."""
        slot = slot_of(who, RECEIVED)
        status = Status.OK if slot in self.kernel.full else Status.EMPTY
        self.kernel.full.discard(slot)
        return row(Call.DELETE, 0, slot, time=self.now), status

    def do_signal(self, who: int | None) -> tuple[Row, Status]:
        to, bell = self.other(), self.bell()
        if self.alive(to):
            self.kernel.signal(to, BITS[bell])
        status = Status.OK if self.alive(to) else Status.DEAD
        return row(Call.SIGNAL, slot_of(to, BELLS + bell), time=self.now), status

    def do_stop(self, who: int | None) -> tuple[Row, Status]:
        to = self.other()
        one = row(Call.STOP, slot_of(to, THREAD), time=self.now)
        if not self.alive(to):
            return one, Status.DEAD
        self.kernel.stop(to)
        if to == who:
            self.actors[to].held = Result(Status.OK)
        return one, Status.OK

    def do_start(self, who: int | None) -> tuple[Row, Status]:
        to, anew = self.to_start()
        words = [label("walker"), address_of(to), 0] if anew else []
        one = row(Call.START, slot_of(to, THREAD), *words, time=self.now)
        if not self.alive(to):
            return one, Status.DEAD
        status = self.kernel.start(to, anew=anew)
        if status is Status.OK and anew:
            self.actors[to].at, self.actors[to].current, self.actors[to].held = "", None, None
        elif status is Status.OK and self.actors[to].held:
            self.over(to, Expected(self.actors[to].held))
        return one, status

    def do_destroy(self, who: int | None) -> tuple[Row, Status]:
        to = self.other()
        one = row(Call.DESTROY, slot_of(to, THREAD), time=self.now)
        if not self.alive(to):
            return one, Status.DEAD
        return one, self.kernel.destroy(to)

    def do_fault(self, who: int) -> tuple[Row, None]:
        self.actors[who].at = "fault"
        self.kernel.names.pop(who, None)
        self.kernel.report(who, self.actors[who].supervisor, Vector.UD)
        return Row(FAULT, time=self.now), None

    def do_exit(self, who: int) -> tuple[Row, None]:
        self.actors[who].at = "exit"
        self.kernel.names.pop(who, None)
        self.kernel.report(who, self.actors[who].supervisor, FaultKind.EXIT << 8, exited=True)
        return row(Call.EXIT, 0, time=self.now), None

    def do_yield(self, who: int) -> tuple[Row, Status]:
        return row(Call.YIELD, time=self.now), Status.OK

    def do_priority(self, who: int | None) -> tuple[Row, Status]:
        to, priority = self.other(), self.priority()
        words = [ThreadPart.PRIORITY, priority]
        one = row(Call.WRITE_THREAD, slot_of(to, THREAD), *words, time=self.now)
        if not self.alive(to):
            return one, Status.DEAD
        self.kernel.set_priority(to, priority + 1)
        return one, Status.OK
