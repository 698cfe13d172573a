"""Walks in step: at each moment one thread makes one call, and the model says what comes of it.

Whoever is woken keeps what it was told and sleeps until its own next moment, so the order of
everything is known whatever the priorities are. Deadlines come between the moments.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from kobjects.cpu.exceptions import Vector
from kobjects.kernel.abi import (
    Abi,
    Call,
    FaultKind,
    FaultReply,
    Kind,
    Receive,
    Status,
    ThreadPart,
)
from kobjects.kernel.thread import ThreadState as State
from tests.model.kernel import Kernel
from tests.model.thread import NOBODY, Result, Thread
from tests.stages import crew
from tests.stages.crew import BELLS, BITS, ENDPOINT, REPLIES, THREAD, slot_of
from tests.stages.walks import FAULT, ROWS, Program, Row, address_of, handle, label, row

STEP = 100_000
"""ns from moment to moment: on the debug build, too, all that one brings about is over by then."""
BEGIN = 10_000_000
"""The first moment: by then the slice has been measured and the maker has made everything."""
LENGTHS = (1, 2, 10, 11, 40, 120)
FIRST_WORD = 100
"""Word 0 of messages counts from here; what is below are answers to faults."""
PRIORITIES = (40, 60, 80, 100)
MAKES = {
    "call": 14, "send": 5, "signal": 6, "stop": 2, "start": 5, "destroy": 1, "fault": 3, "exit": 1,
    "yield": 1, "priority": 3,
}  # fmt: skip
"""What a thread does, and how often."""
OWING = {"receive": 4, "reply_receive": 12, "reply": 8, "save": 8}
OWING_NOTHING = {"receive": 16, "reply_receive": 1, "reply": 1, "save": 1}
"""What depends on whether it has a caller,"""
RIGHTS = {"reply_saved": 12, "delete": 2}
NO_RIGHTS = {"reply_saved": 0.5, "delete": 0.2}
"""and on whether somebody has saved a right to reply."""
MAKERS = ("signal", "stop", "start", "start", "start", "destroy", "priority", "delete")
"""What the maker does, who never waits."""


@dataclass
class Actor:
    """What is known of a thread beside what the model knows."""

    segment: int
    supervisor: int = NOBODY
    current: int | None = None
    """The number of the row that is not over."""
    held: Result | None = None
    """What it was told while it was stopped: kept when it goes on, lost when it begins anew."""
    at: str = ""
    """"fault" or "exit" while it is there: it comes back, or goes on, when it runs."""
    deadline: tuple[int, int] = (0, 0)
    """The moment behind which its wait ends, and the order among those of one moment."""


@dataclass
class Expected:
    """What a row is to keep: a result, or the rax that it had (`same`), or PENDING for neither."""

    result: Result | None = None
    same: bool = False
    words: bool = False
    """Whether word 0, or the bits of signals, are told."""


@dataclass
class Lockstep:
    """Writes a walk of some threads, and what every row of theirs is to be told."""

    random: random.Random
    count: int
    program: Program = field(default_factory=Program)
    expected: dict[tuple[int, int], Expected] = field(default_factory=dict)
    moment: int = 0
    word: int = FIRST_WORD
    actors: list[Actor] = field(default_factory=list)
    kernel: Kernel = field(default_factory=lambda: Kernel([]))
    rights: dict[int, int] = field(default_factory=dict)
    """Client -> the slot with the right to reply to it."""

    @property
    def now(self) -> int:
        return BEGIN + self.moment * STEP

    # A round: threads are made, do something, and are taken away

    def begin(self) -> None:
        self.kernel = Kernel([])
        self.actors = []
        self.rights = {}
        for who in range(self.count):
            segment, given = crew.place(self.program, who)
            priority = self.random.choice(PRIORITIES)
            self.program.maker += [*crew.make(who, priority), given]
            self.actors.append(Actor(segment))
            self.kernel.threads.append(Thread(priority + 1, priority + 1))
        for who in range(self.count):
            self.name_supervisor(who)
            self.program.maker.append(crew.begin(who))

    def name_supervisor(self, who: int) -> None:
        by = self.random.choice([None, *(one for one in range(self.count) if self.alive(one))])
        self.actors[who].supervisor = NOBODY if by is None else by
        self.program.maker.append(crew.supervise(who, by))

    def end(self) -> None:
        self.moment += 1
        for who in range(self.count):
            self.program.maker += crew.end(who, time=self.now if who == 0 else 0)
        self.program.maker.append(row(Call.INSPECT, "self"))
        self.moment += 5  # time for the next to be made

    def alive(self, who: int) -> bool:
        return not self.kernel.threads[who].free

    def go(self, moments: int) -> None:
        for _ in range(moments):
            self.moment += 1
            ready = [
                who
                for who, one in enumerate(self.kernel.threads)
                if one.state is State.READY and not one.free and len(self.rows(who)) < ROWS - 1
            ]
            if not ready or self.random.random() < 0.1:
                self.maker()
            else:
                self.act(self.random.choice(ready))
            self.settle()
            self.time_outs()

    def rows(self, who: int) -> list[Row]:
        return self.program.segments[self.actors[who].segment]

    # What is done

    def maker(self) -> None:
        """Something by the maker; above all it makes those anew that died."""
        dead = [who for who in range(self.count) if not self.alive(who)]
        if dead and self.random.random() < 0.6:
            self.make_anew(self.random.choice(dead))
            return
        makes = getattr(self, f"do_{self.random.choice(MAKERS)}")
        one, _ = makes(None)
        self.program.maker.append(one)

    def make_anew(self, who: int) -> None:
        priority = self.random.choice(PRIORITIES)
        self.program.maker += crew.end(who, time=self.now)
        self.program.maker += crew.make(who, priority)
        self.kernel.threads[who] = Thread(priority + 1, priority + 1)
        for actor in self.actors:
            if actor.supervisor == who:
                actor.supervisor = NOBODY
        self.actors[who] = Actor(self.actors[who].segment)
        self.name_supervisor(who)
        self.program.maker.append(crew.begin(who))

    def act(self, who: int) -> None:
        owes = self.kernel.threads[who].caller != NOBODY
        makes: dict[str, float] = {
            **MAKES,
            **(OWING if owes else OWING_NOTHING),
            **(RIGHTS if self.rights else NO_RIGHTS),
        }
        (name,) = self.random.choices([*makes], [*makes.values()])
        actor = self.actors[who]
        number = actor.current = len(self.rows(who))
        one, status = getattr(self, f"do_{name}")(who)
        self.rows(who).append(one)
        told = one.rax >> Abi.NUMBER_SHIFT & 0xFF in (Call.CALL, Call.RECV, Call.REPLY_RECV)
        self.expected[actor.segment, number] = Expected(words=told and one.rax != FAULT)
        over = status is not None and self.kernel.threads[who].state is State.READY
        if over and all(t != who for t, _ in self.kernel.told):
            self.kernel.told.append((who, Result(status)))

    def settle(self) -> None:
        """Give out what was told, and let those come back to their fault that run again."""
        while self.kernel.told or any(self.comes_back(who) for who in range(self.count)):
            told, self.kernel.told = self.kernel.told, []
            for who, result in told:
                if self.kernel.threads[who].state is State.STOPPED:
                    self.actors[who].held = result
                else:
                    self.over(who, Expected(result))
            for who in range(self.count):
                if self.comes_back(who):
                    self.back(who)
        self.rights = {
            client: slot
            for client, slot in self.rights.items()
            if self.kernel.threads[client].in_slot
        }

    def comes_back(self, who: int) -> bool:
        one = self.kernel.threads[who]
        return bool(self.actors[who].at) and one.state is State.READY and not one.free

    def back(self, who: int) -> None:
        if self.actors[who].at == "exit":  # it goes on behind it
            self.over(who, Expected(same=True))
        else:
            self.kernel.report(who, self.actors[who].supervisor, Vector.UD)

    def over(self, who: int, found: Expected) -> None:
        actor = self.actors[who]
        actor.at = ""
        if actor.current is not None:
            expected = self.expected[actor.segment, actor.current]
            expected.result, expected.same = found.result, found.same
        actor.current = actor.held = None

    def time_outs(self) -> None:
        due = [
            (self.actors[who].deadline, who)
            for who, one in enumerate(self.kernel.threads)
            if one.timed and self.actors[who].deadline[0] <= self.moment
        ]
        for _, who in sorted(due):
            if self.kernel.threads[who].timed:
                self.kernel.time_out(who)
                self.settle()

    # Calls: each gives its row, and the Status with which it is over at once if it does not wait.
    # `who` is None for the maker.

    def other(self, than: int | None = None) -> int:
        """Some thread, but rarely that one."""
        who = self.random.randrange(self.count)
        return self.other() if who == than and self.random.random() < 0.8 else who

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

    def next_word(self) -> int:
        self.word += 1
        return self.word

    def do_call(self, who: int, call: Call = Call.CALL) -> tuple[Row, Status]:
        to = self.other(who)
        deadline, until = self.until(who)
        kind = Kind.CALL if call is Call.CALL else Kind.SEND
        word = self.next_word()
        length = self.random.choice(LENGTHS)
        status = self.kernel.send(who, to, kind, word, deadline)
        to_endpoint = slot_of(to, ENDPOINT)
        return row(call, to_endpoint, word, time=self.now, until=until, length=length), status

    def do_send(self, who: int) -> tuple[Row, Status]:
        return self.do_call(who, Call.SEND)

    def do_receive(self, who: int) -> tuple[Row, Status]:
        both = Receive.MESSAGES | Receive.SIGNALS
        mask = self.random.choice([both, both, Receive.MESSAGES, Receive.SIGNALS, 0])
        deadline, until = self.until(who)
        status = self.kernel.receive(who, mask, deadline)
        return row(Call.RECV, mask, time=self.now, until=until), status

    def answer(self, client: int) -> tuple[int, int]:
        """Word 0 for a client, and what lies behind a fault, where word 1 has it go on."""
        behind = label("resumed")
        if client < 0 or not self.kernel.threads[client].fault:
            return self.next_word(), behind
        word = self.random.choice([*FaultReply, FaultReply.RESUME])
        if word is FaultReply.RESUME:
            self.actors[client].at = "exit"  # whichever it was, it goes on
        return word, behind

    def do_reply(self, who: int) -> tuple[Row, Status]:
        words = self.answer(self.kernel.threads[who].caller)
        return row(Call.REPLY, 0, *words, time=self.now), self.kernel.reply(who, words[0])

    def do_reply_receive(self, who: int) -> tuple[Row, Status]:
        words = self.answer(self.kernel.threads[who].caller)
        deadline, until = self.until(who)
        status = self.kernel.reply_receive(who, words[0], deadline)
        return row(Call.REPLY_RECV, 0, *words, time=self.now, until=until), status

    def do_save(self, who: int) -> tuple[Row, Status]:
        used = self.rights.values()
        slot = next(one for one in range(REPLIES, REPLIES + self.count + 1) if one not in used)
        client = self.kernel.threads[who].caller
        status = self.kernel.save(who)
        if status is Status.OK:
            self.rights[client] = slot
        return row(Call.REPLY_SAVE, handle(slot), time=self.now), status

    def do_reply_saved(self, who: int) -> tuple[Row, Status]:
        """Any thread of the Space may."""
        if not self.rights:
            return row(Call.REPLY, handle(REPLIES), 1, time=self.now), Status.EMPTY
        client, slot = self.random.choice([*self.rights.items()])
        words = self.answer(client)
        status = self.kernel.reply_saved(who, client, words[0])
        return row(Call.REPLY, handle(slot), *words, time=self.now), status

    def do_delete(self, who: int | None) -> tuple[Row, Status]:
        if not self.rights:
            return row(Call.DELETE, 0, handle(REPLIES), time=self.now), Status.EMPTY
        client, slot = self.random.choice([*self.rights.items()])
        self.kernel.unblock(client, Status.ABANDONED)
        return row(Call.DELETE, 0, handle(slot), time=self.now), Status.OK

    def do_signal(self, who: int | None) -> tuple[Row, Status]:
        to, bell = self.other(), self.random.randrange(len(BITS))
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
        stopped = [t for t in range(self.count) if self.kernel.threads[t].state is State.STOPPED]
        to = self.random.choice(stopped) if stopped and self.random.random() < 0.8 else self.other()
        anew = self.random.random() < 0.3
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
        self.kernel.report(who, self.actors[who].supervisor, Vector.UD)
        return Row(FAULT, time=self.now), None

    def do_exit(self, who: int) -> tuple[Row, None]:
        self.actors[who].at = "exit"
        self.kernel.report(who, self.actors[who].supervisor, FaultKind.EXIT << 8, exited=True)
        return row(Call.EXIT, 0, time=self.now), None

    def do_yield(self, who: int) -> tuple[Row, Status]:
        return row(Call.YIELD, time=self.now), Status.OK

    def do_priority(self, who: int | None) -> tuple[Row, Status]:
        to, priority = self.other(), self.random.choice(PRIORITIES)
        words = [ThreadPart.PRIORITY, priority]
        one = row(Call.WRITE_THREAD, slot_of(to, THREAD), *words, time=self.now)
        if not self.alive(to):
            return one, Status.DEAD
        self.kernel.set_priority(to, priority + 1)
        return one, Status.OK


def written(seed: int, count: int, rounds: int, moments: int) -> Lockstep:
    """A walk; what its last round leaves stays."""
    one = Lockstep(random.Random(seed), count)
    one.program.maker.append(row(Call.INSPECT, "self"))
    for number in range(rounds):
        one.begin()
        one.go(moments)
        if number < rounds - 1:
            one.end()
    one.moment += 7  # the last deadline is over
    one.time_outs()
    one.program.maker.append(row(Call.INSPECT, "self", time=one.now))
    return one
