"""Free walks: threads that make calls at random, all at once. What they are told is not known.

A round begins with a crew, lasts as long as WINDOW, and ends with the death of all. What is known
is what must be so afterwards: every invariant at every way out of the kernel, and the budget of
whoever paid.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from kobjects.kernel.abi import Call, FaultReply, Receive, ThreadPart
from kobjects.kernel.message import MessageBuffer
from tests.stages import crew, walks
from tests.stages.actors import CAPABILITY
from tests.stages.crew import BELLS, ENDPOINT, MASTER, RECEIVED, REPLIES, THREAD, slot_of
from tests.stages.walks import (
    FAULT,
    SPIN,
    STORE,
    Program,
    Row,
    handle,
    label,
    row,
)

BEGIN = 10_000_000
"""ns; the slice has been measured by then."""
WINDOW = 12_000_000
"""ns of a round: some slices."""
GAP = 1_000_000
"""ns between two rounds, for the maker's work and the witness."""
PRIORITIES = (40, 60, 80)
NESTS = 2
"""Spaces below the crew's."""
MOST = walks.ROWS - 16
"""Rows of a thread, before what belongs to the last of them."""
ROUND = 2
"""Instructions of a round of SPIN."""
MESSAGES, SIGNALS = int(Receive.MESSAGES), int(Receive.SIGNALS)


@dataclass
class Freewalk:
    """Writes a walk of `count` threads."""

    random: random.Random
    count: int
    program: Program = field(default_factory=Program)
    start: int = BEGIN
    patience: float = 0
    """How often a wait has no deadline."""

    def round(self) -> None:
        """One crew's life."""
        self.patience = self.random.choice([0.1, 0.3, 0.6])
        segments = []
        for who in range(self.count):
            segment, given = crew.place(self.program, who)
            segments.append(segment)
            priority = self.random.choice(PRIORITIES)
            time = self.start if who == 0 else 0
            self.program.maker += [*crew.make(who, priority, time=time), given]
        for who in range(self.count):
            self.program.maker.append(crew.take(who))
            by = self.random.choice([None, *range(self.count)])
            self.program.maker += [crew.supervise(who, by), crew.begin(who)]
            if self.random.random() < 0.3:
                self.program.maker += self.special(slot_of(who, THREAD))
        for who, segment in enumerate(segments):
            self.write(who, self.program.segments[segment])
        for who in range(self.count):
            time = self.start + WINDOW if who == 0 else 0
            self.program.maker += crew.end(who, time=time)
        for number in range(NESTS):
            self.program.maker.append(row(Call.DESTROY, crew.nest_slot(number, crew.SPACE)))
            for what in range(crew.NEST_SLOTS):
                self.program.maker.append(row(Call.DELETE, 0, crew.nest_slot(number, what)))
        self.program.maker += [row(Call.DELETE, 0, handle(REPLIES + n)) for n in range(self.count)]
        self.program.maker.append(row(Call.INSPECT, "self"))
        self.start += WINDOW + GAP

    def write(self, who: int, rows: list[Row]) -> None:
        names, weights = list(self.makes()), [weight for weight, _ in self.makes().values()]
        while len(rows) < MOST:
            (name,) = self.random.choices(names, weights)
            rows += self.makes()[name][1](who)

    def makes(self) -> dict[str, tuple[float, Callable[[int], list[Row]]]]:
        """What a thread does: how often, and its rows."""
        return {
            "call": (14, self.call),
            "send": (4, lambda who: self.call(who, Call.SEND)),
            "serve": (8, self.serve),
            "receive": (6, self.receive),
            "reply": (6, self.reply),
            "save": (5, lambda who: [row(Call.REPLY_SAVE, self.saved())]),
            "delete": (2, lambda who: [row(Call.DELETE, 0, self.saved())]),
            "signal": (8, self.signal),
            "wait": (5, lambda who: [row(Call.RECV, SIGNALS), *self.signal(who)]),
            "sleep": (10, lambda who: [row(Call.RECV, 0, until=self.moment())]),
            "spin": (2, lambda who: [Row(SPIN, self.random.randrange(1, 3_000_000) // ROUND)]),
            "yield": (2, lambda who: [row(Call.YIELD)]),
            "stop": (3, lambda who: [row(Call.STOP, self.thread())]),
            "start": (7, self.go),
            "fault": (2, lambda who: [Row(FAULT)]),
            "exit": (0.5, lambda who: [row(Call.EXIT, 0)]),
            "priority": (3, self.priority),
            "special": (1, lambda who: self.special(self.random.choice([0, self.thread()]))),
            "look": (1, self.look),
            "destroy": (0.7, lambda who: [row(Call.DESTROY, self.thread())]),
            "revoke": (0.3, self.revoke),
            "make": (0.7, self.make),
            "nest": (1, lambda who: [*crew.nest(self.random.randrange(NESTS), self.other(), who)]),
            "unnest": (0.7, lambda who: [row(Call.DESTROY, self.nested(crew.SPACE))]),
        }

    def moment(self) -> int:
        """A time in this round."""
        return self.start + self.random.randrange(WINDOW)

    def until(self) -> int | None:
        if self.random.random() < self.patience:
            return None
        return self.random.choice([0, *[self.moment()] * 4])

    def other(self) -> int:
        return self.random.randrange(self.count)

    def thread(self) -> int:
        return self.random.choice([self.own(THREAD), self.own(THREAD), self.nested(THREAD)])

    def own(self, what: int) -> int:
        """Something of one of the crew's."""
        return slot_of(self.other(), what)

    def nested(self, what: int) -> int:
        return crew.nest_slot(self.random.randrange(NESTS), what)

    def saved(self) -> int:
        return handle(REPLIES + self.other())

    def words(self) -> list[int]:
        """What could answer a fault, too."""
        return [self.random.choice([*FaultReply, 7]), label("resumed")]

    def carried(self, who: int) -> list[Row]:
        """Names a capability of somebody's for the next message."""
        what = self.random.choice([ENDPOINT, MASTER, BELLS, THREAD, RECEIVED])
        words = [slot_of(self.other(), what), self.random.randrange(8)]
        return [Row(STORE, crew.buffer(who) + MessageBuffer.offset("capability"), words)]

    def call(self, who: int, call: Call = Call.CALL) -> list[Row]:
        carried = self.carried(who) if self.random.random() < 0.25 else []
        length = self.random.choice([2, 2, 2, 10, 11, 120])
        words = self.words()
        to = self.nested(ENDPOINT) if self.random.random() < 0.1 else self.own(ENDPOINT)
        flags = CAPABILITY if carried else 0
        return [*carried, row(call, to, *words, until=self.until(), flags=flags, length=length)]

    def serve(self, who: int) -> list[Row]:
        """A server's loop, and in the end the last reply."""
        first = row(Call.RECV, MESSAGES | SIGNALS, until=self.until())
        many = self.random.randrange(1, 6)
        more = [row(Call.REPLY_RECV, 0, *self.words(), until=self.until()) for _ in range(many)]
        return [first, *more, *self.reply(who)]

    def receive(self, who: int) -> list[Row]:
        mask = self.random.choice([SIGNALS, SIGNALS, MESSAGES, MESSAGES | SIGNALS])
        emptied = (
            [row(Call.DELETE, 0, slot_of(who, RECEIVED))] if self.random.random() < 0.3 else []
        )
        return [*emptied, row(Call.RECV, mask, until=self.until())]

    def reply(self, who: int) -> list[Row]:
        carried = self.carried(who) if self.random.random() < 0.25 else []
        to = self.random.choice([0, 0, self.saved()])
        return [*carried, row(Call.REPLY, to, *self.words(), flags=CAPABILITY if carried else 0)]

    def signal(self, who: int) -> list[Row]:
        bell = self.own(BELLS + self.random.randrange(2))
        return [row(Call.SIGNAL, bell if self.random.random() < 0.9 else self.nested(MASTER))]

    def go(self, who: int) -> list[Row]:
        other = self.other()
        anew = [label("walker"), walks.address_of(other), 0] if self.random.random() < 0.3 else []
        return [row(Call.START, slot_of(other, THREAD), *anew)]

    def priority(self, who: int) -> list[Row]:
        words = [ThreadPart.PRIORITY, self.random.choice(PRIORITIES)]
        return [row(Call.WRITE_THREAD, self.thread(), *words)]

    def special(self, thread: int) -> list[Row]:
        """Vector registers or bases, given or taken away."""
        fpu = [ThreadPart.FPU, self.random.randrange(2)]
        bases = [ThreadPart.BASES, self.random.choice([0, 0, 0x1000]), 0]
        words = self.random.choice([fpu, bases])
        return [row(Call.WRITE_THREAD, thread, *words)]

    def look(self, who: int) -> list[Row]:
        part = self.random.choice([ThreadPart.REGISTERS, ThreadPart.BASES, ThreadPart.PRIORITY])
        reads = [row(Call.READ_THREAD, self.thread(), part), row(Call.INSPECT, self.thread())]
        return [self.random.choice(reads)]

    def revoke(self, who: int) -> list[Row]:
        what = self.random.choice([ENDPOINT, MASTER, THREAD])
        return [row(Call.REVOKE, slot_of(self.other(), what))]

    def make(self, who: int) -> list[Row]:
        """Another, or oneself, is taken away, and made and started anew."""
        one = self.other()
        priority = self.random.choice(PRIORITIES)
        made = crew.make(one, priority)
        return [*crew.end(one), *made, crew.begin(one)]


def written(seed: int, rounds: int) -> Program:
    """A walk of three to six threads, everything of which is taken away in the end."""
    source = random.Random(seed)
    one = Freewalk(source, source.randrange(3, 7))
    one.program.maker.append(row(Call.INSPECT, "self"))
    for _ in range(rounds):
        one.round()
    return one.program
