"""What a walk in step knows of its threads, and how what one call brings about is followed.

Whoever is woken keeps what it was told and sleeps until its own next moment, so the order of
everything is known whatever the priorities are. Deadlines come between the moments.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from kobjects.cpu.exceptions import Vector
from kobjects.kernel.abi import Abi, Status
from kobjects.kernel.slot import Slot
from kobjects.kernel.thread import ThreadState as State
from tests.model.kernel import Kernel
from tests.model.thread import NOBODY, Result
from tests.stages.crew import RECEIVED, REPLIES, slot_of
from tests.stages.walks import Program, Row

STEP = 100_000
"""ns from moment to moment: on the debug build, too, all that one brings about is over by then."""
BEGIN = 10_000_000
"""The first moment: by then the slice has been measured and the maker has made everything."""
FIRST_WORD = 100
"""Word 0 of messages counts from here; what is below are answers to faults."""
SLOTS = 1024
"""Of the Space that all live in."""


class Courier(Kernel):
    """The model, with messages that carry a capability."""

    def __init__(self, *_: object) -> None:
        super().__init__([])
        self.names: dict[int, int] = {}
        """Thread -> the handle that its message names, if it is to carry one."""
        self.full: set[int] = set()
        """Handles of slots that hold something."""

    def carried(self, t: int, to: int) -> int:
        handle, into = self.names.get(t), slot_of(to, RECEIVED)
        if handle is None:
            return 0
        if handle not in self.full or into in self.full:
            return Abi.DROPPED
        self.full.add(into)
        return Abi.RECEIVED

    def cannot_carry(self, t: int) -> Status:
        """Why what the thread names can't be sent; OK when it can, or none is named."""
        handle = self.names.get(t)
        if handle is None or handle in self.full:
            return Status.OK
        number, odd = divmod(handle, Slot.size)
        return Status.BAD_HANDLE if odd or not 0 < number < SLOTS else Status.EMPTY


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
class Pace:
    """The threads of a walk, moment by moment, and what every row of theirs is to be told."""

    random: random.Random
    count: int
    program: Program = field(default_factory=Program)
    expected: dict[tuple[int, int], Expected] = field(default_factory=dict)
    moment: int = 0
    word: int = FIRST_WORD
    actors: list[Actor] = field(default_factory=list)
    kernel: Courier = field(default_factory=Courier)
    rights: dict[int, int] = field(default_factory=dict)
    """Client -> the slot with the right to reply to it."""
    before: list[Row] = field(default_factory=list)
    """Rows that go with the next call, in front of it."""

    @property
    def now(self) -> int:
        return BEGIN + self.moment * STEP

    def alive(self, who: int) -> bool:
        return not self.kernel.threads[who].free

    def rows(self, who: int) -> list[Row]:
        return self.program.segments[self.actors[who].segment]

    def other(self, than: int | None = None) -> int:
        """Some thread, but rarely that one."""
        who = self.random.randrange(self.count)
        return self.other() if who == than and self.random.random() < 0.8 else who

    def next_word(self) -> int:
        self.word += 1
        return self.word

    def free_slot(self) -> int:
        """A number for a right to reply."""
        used = self.rights.values()
        return next(one for one in range(REPLIES, REPLIES + self.count + 1) if one not in used)

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
            self.kernel.names.pop(who, None)
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
