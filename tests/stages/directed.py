"""Ways of the model on the machine: threads that do, one after another, what a way says.

Like a walk in step (lockstep.py), but nothing is chosen. Each way has threads of its own, which are
looked at behind it and taken away. As one boot does many ways, they share what rows there are.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from kobjects.kernel.abi import Call, FaultReply
from kobjects.kernel.thread import ThreadState as State
from tests.model.events import Move
from tests.model.paths import OWN, ends
from tests.model.thread import NOBODY, Thread
from tests.stages import crew
from tests.stages.crew import RECEIVED, THREAD, slot_of
from tests.stages.lockstep import Lockstep
from tests.stages.pace import BEGIN, STEP, Actor, Courier
from tests.stages.walks import END, ROOM, ROW, ROWS, Row, row

NEVER = 1_000_000
"""A moment behind the end of every way."""
MOST_ROWS = 12
"""Of a thread on one way, the last included."""


@dataclass
class Look:
    """Where the maker looked at a thread at the end of a way, and what it must see there."""

    way: Sequence[Move]
    number: int
    thread: Thread


@dataclass
class Directed(Lockstep):
    """Writes ways."""

    priorities: Sequence[int] = ()
    looks: list[Look] = field(default_factory=list)
    came: dict[tuple[int, int], tuple[Sequence[Move], int]] = field(default_factory=dict)
    """A row -> the way that it is of, and the place there."""
    way: Sequence[Move] = ()
    at: int = 0
    """The place on the way of what happens now."""
    first: int = 0
    """The moment when the way begins."""
    places: list[int] = field(default_factory=list)
    """The segment of each thread's rows."""

    def room(self) -> int:
        """Bytes that are left for rows."""
        return ROOM - ROW.size * (ROWS * len(self.program.segments) + len(self.program.maker) + 16)

    def go_way(self, way: Sequence[Move]) -> None:
        self.way = way
        self.begin()
        self.first = self.moment + 1
        for self.at, move in enumerate(way):
            self.moment = self.moment_of(self.at)
            self.do(move)
            self.settle()
            self.time_outs()
        for who in range(self.count):
            self.rows(who).append(Row(END))
        self.moment += 1
        for who, one in enumerate(self.kernel.threads):
            look = row(Call.INSPECT, slot_of(who, THREAD), time=self.now if who == 0 else 0)
            self.looks.append(Look(way, len(self.program.maker), one))
            self.program.maker.append(look)
        self.moment += 1

    def moment_of(self, at: int) -> int:
        """Two for each move: what has to be made ready for it comes before."""
        return self.first + 2 * at + 1

    def begin(self) -> None:
        """Make the threads; each begins with the next row of its segment."""
        self.kernel, self.actors, self.rights = Courier(), [], {}
        if not self.places or any(
            len(self.program.segments[place]) + MOST_ROWS >= ROWS for place in self.places
        ):
            self.places = [self.program.segment() for _ in range(self.count)]
        for who, place in enumerate(self.places):
            given = self.program.start(who, place, len(self.program.segments[place]))
            priority = self.priorities[who]
            self.program.maker += [*crew.make(who, priority), given]
            self.actors.append(Actor(place))
            self.kernel.threads.append(Thread(priority + 1, priority + 1))
        for who in range(self.count):
            self.program.maker += [crew.take(who), crew.begin(who)]
            self.kernel.full.discard(slot_of(who, RECEIVED))
        self.moment += 5

    def end(self) -> None:
        self.moment += 1
        for who in range(self.count):
            self.program.maker += crew.end(who, time=self.now if who == 0 else 0)
        self.moment += 5

    # What happens

    def do(self, move: Move) -> None:
        what, t, given, _ = move
        if what == "time_out":
            return  # it comes behind this moment
        if what in ("fault", "exit"):
            self.supervise(t, given)
        if what in OWN:
            self.came[self.actors[t].segment, len(self.rows(t))] = self.way, self.at
            self.act_so(t, what)
            return
        made, _ = getattr(self, {"abandon": "do_delete"}.get(what, f"do_{what}"))(None)
        self.program.maker.append(made)

    def supervise(self, t: int, by: int) -> None:
        """Name the supervisor, in the moment before."""
        self.actors[t].supervisor = by
        self.moment -= 1
        made = crew.supervise(t, None if by == NOBODY else by)
        self.program.maker.append(Row(made.rax, made.rdi, made.words, self.now))
        self.moment += 1

    # What a walk leaves to chance

    def other(self, than: int | None = None) -> int:
        what, t, given, _ = self.way[self.at]
        return given if what in ("call", "send") else t

    def until(self, who: int) -> tuple[bool | None, int | None]:
        if not self.way[self.at][3]:
            return None, None
        end = ends(self.way, self.at)
        moment = NEVER if end is None else self.moment_of(end)
        self.actors[who].deadline = (moment, who)
        return True, BEGIN + moment * STEP + STEP // 2 + who * STEP // 40

    def carry(self, who: int) -> int:
        return 0

    def mask(self) -> int:
        return self.way[self.at][2]

    def verdict(self) -> FaultReply:
        """The model's RETRY has a thread go on; here it would fault again, so it goes on behind."""
        stop = self.way[self.at][2] == FaultReply.STOP and self.way[self.at][0] != "reply_saved"
        return FaultReply.STOP if stop else FaultReply.RESUME

    def client(self) -> int:
        return self.way[self.at][2]

    def bell(self) -> int:
        return 0

    def priority(self) -> int:
        return self.way[self.at][2] - 1

    def to_start(self) -> tuple[int, bool]:
        """One that would meet its fault again begins anew."""
        t = self.way[self.at][1]
        stopped = self.kernel.threads[t].state is State.STOPPED
        return t, not stopped or self.actors[t].at == "fault"


def written(ways: Sequence[Sequence[Move]], priorities: Sequence[int]) -> tuple[Directed, int]:
    """As many of the ways as there is room for, and how many those are. The last one's threads are
    left as they are.
    """
    count = len(priorities)
    one = Directed(random.Random(0), count, priorities=priorities)
    done = 0
    for way in ways:
        if done and one.room() < (ROWS + len(way) + 40) * count * ROW.size:
            break
        if done:
            one.end()
        one.go_way(way)
        done += 1
    return one, done
