"""Walks in step: at each moment one thread makes one call, and the model says what comes of it.

Whoever is woken keeps what it was told and sleeps until its own next moment, so the order of
everything is known whatever the priorities are. Deadlines come between the moments.
"""

from __future__ import annotations

import dataclasses
import random

from kobjects.kernel.abi import Abi, Call
from kobjects.kernel.thread import ThreadState as State
from tests.model.thread import NOBODY, Result, Thread
from tests.stages import crew
from tests.stages.crew import BELLS, BITS, RECEIVED, slot_of
from tests.stages.moves import PRIORITIES, Moves
from tests.stages.pace import Actor, Courier, Expected
from tests.stages.walks import FAULT, ROWS, row

MAKES = {
    "call": 14, "send": 5, "signal": 6, "stop": 2, "start": 5, "destroy": 1, "fault": 3, "exit": 1,
    "yield": 1, "priority": 3, "empty": 2,
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


class Lockstep(Moves):
    """Writes a walk of some threads."""

    # A round: threads are made, do something, and are taken away

    def begin(self) -> None:
        self.kernel, self.actors, self.rights = Courier(), [], {}
        for who in range(self.count):
            segment, given = crew.place(self.program, who)
            priority = self.random.choice(PRIORITIES)
            self.program.maker += [*crew.make(who, priority), given]
            self.actors.append(Actor(segment))
            self.kernel.threads.append(Thread(priority + 1, priority + 1))
        for who in range(self.count):
            self.let_begin(who)

    def let_begin(self, who: int) -> None:
        """Name the supervisor of a thread that was made, and start it."""
        self.kernel.full |= {slot_of(who, BELLS + number) for number in range(len(BITS))}
        self.kernel.full.discard(slot_of(who, RECEIVED))
        by = self.random.choice([None, *(one for one in range(self.count) if self.alive(one))])
        self.actors[who].supervisor = NOBODY if by is None else by
        self.program.maker += [crew.supervise(who, by), crew.take(who), crew.begin(who)]

    def end(self) -> None:
        self.moment += 1
        for who in range(self.count):
            self.program.maker += crew.end(who, time=self.now if who == 0 else 0)
        self.program.maker.append(row(Call.INSPECT, "self"))
        self.moment += 5  # time for the next to be made

    def go(self, moments: int) -> None:
        for _ in range(moments):
            self.moment += 1
            ready = [
                who
                for who, one in enumerate(self.kernel.threads)
                if one.state is State.READY and not one.free and len(self.rows(who)) < ROWS - 2
            ]
            if not ready or self.random.random() < 0.1:
                self.maker()
            else:
                self.act(self.random.choice(ready))
            self.settle()
            self.time_outs()

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
        self.let_begin(who)

    def act(self, who: int) -> None:
        owes = self.kernel.threads[who].caller != NOBODY
        makes: dict[str, float] = {
            **MAKES,
            **(OWING if owes else OWING_NOTHING),
            **(RIGHTS if self.rights else NO_RIGHTS),
        }
        (name,) = self.random.choices([*makes], [*makes.values()])
        self.act_so(who, name)

    def act_so(self, who: int, name: str) -> None:
        actor = self.actors[who]
        one, status = getattr(self, f"do_{name}")(who)
        if self.before:  # which has the time
            self.rows(who).extend(self.before)
            one = dataclasses.replace(one, time=0)
            self.before = []
        number = actor.current = len(self.rows(who))
        self.rows(who).append(one)
        told = one.rax >> Abi.NUMBER_SHIFT & 0xFF in (Call.CALL, Call.RECV, Call.REPLY_RECV)
        self.expected[actor.segment, number] = Expected(words=told and one.rax != FAULT)
        over = status is not None and self.kernel.threads[who].state is State.READY
        if over and all(t != who for t, _ in self.kernel.told):
            self.kernel.told.append((who, Result(status)))


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
