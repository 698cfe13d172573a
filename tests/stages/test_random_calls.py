"""Random calls against a model: every status, and in the end every budget, slot and mapping.

One task makes all the calls, with a few Spaces below it in whose tables and pages it puts things.
What it does is chosen by looking at the model, so that most calls make sense and the others are
wrong in one way; every choice is drawn from a seed.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kobjects.kernel.abi import Call, ObjectType, Status
from kobjects.kernel.addresses import Page, User
from kobjects.kernel.slot import Slot as Record
from stages.names import handle_of
from tests.stages.audit import audit
from tests.stages.company import START, last, task
from tests.stages.harness import system
from tests.stages.model import ALL, Model, T
from tests.stages.script import STACK_PAGES, Do, Played, play
from tests.stages.things import Cap, Space, Thing

pytestmark = pytest.mark.boot

CALLS = 1200
SEEDS = (1, 2, 3)
SLOW = 3
"""That seed's calls are made by a thread with vector registers, none of whose calls is quick."""
CAPABILITIES = {
    "self": '{ space = "maker", rights = ["map", "caps", "control"] }',
    "page": '{ frame = "page", rights = ["read", "write", "execute", "control"] }',
}
SLOTS = 48
"""How many of the task's 64 are used: few enough for collisions."""
KINDS = {
    "create": 8, "copy": 4, "delete": 5, "map": 6, "unmap": 2, "revoke": 1, "destroy": 2,
}  # fmt: skip
ADDRESSES: list[int] = [
    *(int(User.MINIMUM), int(User.TEXT), 1 << 30, 1 << 39, User.LIMIT - Page.SIZE),
    *range(0x1000_0000, 0x1000_0000 + 8 * Page.SIZE, Page.SIZE),
    *range(0x1020_0000, 0x1020_0000 + 5 * Page.LARGE, Page.LARGE),
]
"""Some share their tables, the first two with what the packer mapped."""
ODD_ADDRESSES: list[int] = [
    0,
    0x8000,
    0x1000_0800,
    int(User.LIMIT),
    1 << 47,
    1 << 63,
    -Page.SIZE % 2**64,
]
TYPES = (T.FRAME, T.FRAME, T.SPACE, T.THREAD, T.ENDPOINT, T.NOTIFICATION)


class Author:
    """Writes a script while it follows the model."""

    def __init__(self, seed: int, model: Model) -> None:
        self.random = random.Random(seed)
        self.model = model
        self.script: list[Do] = []
        self.keep = len(CAPABILITIES) + 1
        """The first slot that may be emptied."""

    def write(self, calls: int) -> list[Do]:
        kinds, weights = list(KINDS), list(KINDS.values())
        while len(self.script) < calls:
            (kind,) = self.random.choices(kinds, weights)
            getattr(self, kind)()
        return self.script

    def rarely(self) -> bool:
        return self.random.random() < 0.08

    def any_slot(self) -> int:
        if self.rarely():
            return self.random.choice([0, 1, 63 * 64 + 1, 64 * 64, 1 << 40, 2**64 - 64])
        return self.random.randrange(1, SLOTS) * Record.size

    def holding(self, *types: ObjectType) -> int:
        """A handle of the task's own, most often of one of these types."""
        own = self.model.own.table
        fit = [number for number, cap in own.items() if cap.thing.type in types]
        usable = [number for number in fit if own[number].usable]
        if not fit or self.rarely():
            return self.any_slot()
        number: int = self.random.choice(fit if self.rarely() or not usable else usable)
        return number * int(Record.size)

    def free(self, space: Space | None = None) -> int:
        table = (space or self.model.own).table
        fit = [number for number in range(1, SLOTS) if number not in table]
        if not fit or self.rarely():
            return self.any_slot()
        return self.random.choice(fit) * Record.size

    def space(self) -> tuple[int, Space | None]:
        """The handle of a Space, and which one it may mean."""
        handle = self.holding(T.SPACE)
        cap = self.model.own.table.get(handle // Record.size)
        thing = cap.thing if cap else None
        return handle, thing if isinstance(thing, Space) else None

    def do(self, call: Call, status: Status, *arguments: int, words: int = 0) -> None:
        self.script.append(Do(call, arguments, status, words))

    def create(self) -> None:
        account, slot = self.holding(T.SPACE), self.free()
        kind = self.random.choice(TYPES)
        more: tuple[int, ...] = (self.holding(T.THREAD),)
        if kind is T.FRAME:
            more = (Page.LARGE if self.random.random() < 0.15 else Page.SIZE,)
            more = (5,) if self.random.random() < 0.02 else more
        if kind is T.THREAD:
            address = 0 if self.rarely() else self.address()
            more = (self.holding(T.SPACE), self.random.choice([0, 10, 100, 256]), address)
        if kind is T.SPACE:
            slots = self.random.choice([64, 64, 64, 1024, 65])
            frames = self.random.choice([2, 5, 20, 40, 600, 2**64 - 1])
            objects = self.random.choice([0, 3, 10, 2**64 - 1])
            more = (frames, objects, self.random.choice([0, 10, 100, 101]), slots)
        status = self.model.create(account, kind, slot, *more)
        self.do(Call.CREATE, status, account, kind, slot, *more)

    def copy(self) -> None:
        source = self.holding(*ALL)
        space, of = (0, None) if self.random.random() < 0.7 else self.space()
        slot = self.free(of)
        cap = self.model.own.table.get(source // Record.size)
        rights = self.random.randrange(16) & (cap.rights if cap and not self.rarely() else 15)
        rights = cap.rights if cap and self.random.random() < 0.5 else rights
        badge = self.random.randrange(3) if self.random.random() < 0.2 else None
        status = self.model.copy(source, space, slot, rights, badge)
        words = 3 if badge is None else 4
        self.do(Call.COPY, status, source, space, slot, rights, badge or 0, words=words)

    def delete(self) -> None:
        space, of = (0, None) if self.random.random() < 0.8 else self.space()
        table = of.table if of and of is not self.model.own else self.model.own.table
        used = [n for n in table if table is not self.model.own.table or n >= self.keep]
        slot = self.random.choice(used) * Record.size if used and not self.rarely() else 0
        self.do(Call.DELETE, self.model.delete(space, slot), space, slot)

    def address(self) -> int:
        return self.random.choice(ODD_ADDRESSES if self.rarely() else ADDRESSES)

    def map(self) -> None:
        own = self.model.own.table
        fit = [n for n, cap in own.items() if cap.thing.type is T.FRAME and not cap.space]
        fit = [number * Record.size for number in fit if own[number].usable]
        frame = self.random.choice(fit) if fit and not self.rarely() else self.holding(T.FRAME)
        space, _ = self.space()
        cap = own.get(frame // Record.size)
        within = [one for one in (1, 3, 5) if not cap or not one & ~cap.rights] or [1]
        rights = self.random.choice([1, 3, 5, 7, 2, 8, 2**63 | 1] if self.rarely() else within)
        address = self.address()
        status = self.model.map(frame, space, address, rights)
        self.do(Call.MAP, status, frame, space, address, rights)

    def unmap(self) -> None:
        own = self.model.own.table
        fit = [number * Record.size for number, cap in own.items() if cap.space]
        frame = self.random.choice(fit) if fit and not self.rarely() else self.holding(T.FRAME)
        self.do(Call.UNMAP, self.model.unmap(frame), frame)

    def expendable(self) -> int | None:
        """A handle of something that the task can do without."""
        handle = self.holding(*ALL)
        cap = self.model.own.table.get(handle // Record.size)
        return None if cap and cap.thing is self.model.own else handle

    def revoke(self) -> None:
        if (handle := self.expendable()) is not None:
            self.do(Call.REVOKE, self.model.revoke(handle), handle)

    def destroy(self) -> None:
        handle = self.expendable() if not self.rarely() else handle_of(0)
        if handle is not None:
            self.do(Call.DESTROY, self.model.destroy(handle), handle)


def begin() -> Model:
    """What the packer made: the task's Space, whose budget the machine gives, and one frame."""
    built = {0x40_0000, int(User.BUFFER)}
    stack = range(User.STACK_TOP - STACK_PAGES * Page.SIZE, User.STACK_TOP, Page.SIZE)
    own = Space(T.SPACE, None, frame_limit=2**40, object_limit=2**40)
    own.pages = dict.fromkeys([*built, *stack])
    own.tables = {(39, 0), (30, 0), (21, User.TEXT >> 21)}
    model = Model(own)
    page = Thing(T.FRAME, None)
    own.table = {1: Cap(own, 1, 7), 2: Cap(page, 1, 15)}
    model.things.append(page)
    return model


def check(seed: int, calls: int) -> None:
    model = begin()
    script = Author(seed, model).write(calls)
    slow = "true" if seed == SLOW else "false"
    more = (f"stack_pages = {STACK_PAGES}", "root = true", f"fpu = {slow}")
    text = START + task("maker", "script.asm", 100, *more, **CAPABILITIES) + last()
    played = play(system(text), {"maker": script})
    for number, (step, found) in enumerate(zip(script, played.results["maker"], strict=True)):
        assert found.status is step.status, f"seed {seed}, call {number}: {step}"
    audit(played.memory)
    compare(model, played)


def compare(model: Model, played: Played) -> None:
    """The model's budgets with the kernel's, and what lies in every slot that both have."""
    memory = played.memory
    record = memory.task("maker")
    assert (record.frames_used, record.objects_used) == (
        model.own.frames_used,
        model.own.objects_used,
    )
    slots = memory.slots(record)
    for number, one in enumerate(slots):
        cap = model.own.table.get(number)
        assert (one == Record()) is (cap is None), number
        if not cap:
            continue
        assert (one.type, one.rights, one.badge) == (cap.thing.type, cap.rights, cap.badge)
        assert (one.entry != 0) is (cap.space is not None)
        assert one.address == (cap.address if cap.space else 0)
        header = memory.header(one.object)
        same = cap.usable
        assert (one.key >> 8 == header.generation) is same, "usable while generations are equal"
        if isinstance(cap.thing, Space) and same:
            space = memory.space(one.object)
            assert (space.frames_used, space.objects_used) == (
                cap.thing.frames_used,
                cap.thing.objects_used,
            )


@pytest.mark.parametrize("seed", SEEDS)
def test_random_calls_do_what_the_manual_says(seed: int) -> None:
    check(seed, CALLS)


@pytest.mark.campaign
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32 - 1))
def test_more_random_calls(seed: int) -> None:
    check(seed, CALLS)


def test_random_calls_reach_every_status() -> None:
    """The scripts are worth little unless most calls succeed and every error comes about."""
    counts: dict[Call, dict[Status, int]] = {}
    for seed in SEEDS:
        for one in Author(seed, begin()).write(CALLS):
            found = counts.setdefault(one.call, {})
            found[one.status] = found.get(one.status, 0) + 1
    told = {status for found in counts.values() for status in found}
    assert told >= {
        *(Status.OK, Status.BAD_HANDLE, Status.EMPTY, Status.WRONG_TYPE, Status.DEAD),
        *(Status.NO_RIGHT, Status.BAD_ARGUMENT, Status.BAD_ADDRESS, Status.SLOT_BUSY),
        *(Status.NO_QUOTA, Status.W_XOR_X, Status.MAPPED, Status.BAD_STATE, Status.PRIORITY),
    }
    for call, found in counts.items():
        assert found[Status.OK] * 4 > sum(found.values()), (call, found)
