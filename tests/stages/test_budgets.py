"""Budgets: who gets what, and that a promise is kept to the last frame and no further."""

from __future__ import annotations

import dataclasses

import pytest

from kobjects.kernel.abi import Abi, Call, ObjectType, Status
from kobjects.kernel.addresses import Page
from kobjects.kernel.frames import Block
from kobjects.kernel.object import ObjectHeader
from packer.machine.outcome import exit_status
from stages.tasks.objects import inventory, table_size
from stages.tasks.threads import DEADLINES_OF_PAGE, MOST_OBJECTS
from stages.vectors import DebugExit
from tests.stages import harness, kernels, workers
from tests.stages.audit import audit
from tests.stages.company import START, last, task
from tests.stages.object_calls import (
    ROOT,
    SCRIPT,
    copy,
    create,
    delete,
    destroy,
    done,
    made,
    map_,
    once,
    slot,
)  # fmt: skip
from tests.stages.script import Do, Played, play

pytestmark = pytest.mark.boot

S, T = Status, ObjectType
CHILD, PAGE, THREAD, SPACE, LOST = (slot(number) for number in range(40, 45))
ROWS = [slot(number) for number in range(100, 900)]
HERE = 0x1000_0000
MIB = 1 << 20
GIB = 1 << 30


# What there is


@pytest.mark.parametrize("memory", [10, 64, 600])
def test_the_root_gets_what_is_left_but_for_a_reserve(memory: int) -> None:
    """Which is what the object table and the heap of deadlines may grow to: a header for each
    16 KiB of memory, and a deadline for each.
    """
    other = task("other", "idler.asm", 90, "frames = 77", "objects = 33")
    played = made([], memory=memory, text=other)
    image, found = played.image, played.memory
    record = found.task("maker")
    headers = min(max(found.frames.total // 4, 1024), MOST_OBJECTS) // 64 * 64
    grown = headers // 64 - table_size(image.system) // 64
    grown += -(-(headers - DEADLINES_OF_PAGE) // DEADLINES_OF_PAGE)
    others = sum(one.frames for one in image.system.tasks if not one.root)
    assert found.cpu.objects_limit == headers * ObjectHeader.size
    assert record.object_limit == headers - len(inventory(image.system)) - 33
    spare = found.frames.total - grown - others - record.frame_limit
    assert 0 <= spare <= 1
    assert found.task("other").frame_limit == 77


@pytest.mark.parametrize("frames", [20_000, 1 << 20])
def test_a_machine_with_less_than_was_promised_says_so(frames: int) -> None:
    text = START + task("greedy", "idler.asm", 50, f"frames = {frames}") + last()
    outcome = harness.boot(harness.system(text), memory=64)
    assert outcome.exit_code == exit_status(DebugExit.PANIC)
    assert "panic: less memory than the tasks' budgets (frames) come to" in outcome.serial


# What a Space may not have


def test_each_kind_is_refused_when_its_frames_or_objects_are_spent() -> None:
    """A child with ten frames and two objects, of which it uses three and none."""
    nothing = [
        create(T.FRAME, PAGE, Page.LARGE, account=CHILD, status=S.NO_QUOTA),
        create(T.SPACE, SPACE, 8, 0, 0, 64, account=CHILD, status=S.NO_QUOTA),
        create(T.SPACE, SPACE, 7, 2, 0, 64, account=CHILD, status=S.NO_QUOTA),
        create(T.SPACE, SPACE, 7, 1, 0, 64, account=CHILD),
        create(T.FRAME, PAGE, Page.SIZE, account=CHILD, status=S.NO_QUOTA),
        create(T.THREAD, PAGE, "self", 1, 0, account=CHILD, status=S.NO_QUOTA),
        create(T.ENDPOINT, PAGE, "me", account=CHILD, status=S.NO_QUOTA),
        destroy(SPACE),
        delete(SPACE),
        create(T.THREAD, THREAD, CHILD, 0, HERE, account=CHILD),
        create(T.ENDPOINT, PAGE, THREAD, account=CHILD),
        create(T.NOTIFICATION, SPACE, THREAD, account=CHILD, status=S.NO_QUOTA),
        create(T.NOTIFICATION, LOST, "me"),
        create(T.IRQ, SPACE, "machine", 5, LOST, 1, account=CHILD, status=S.NO_QUOTA),
        create(T.IO_PORTS, SPACE, "machine", 0x60, 1, account=CHILD, status=S.NO_QUOTA),
        create(T.FRAME, SPACE, Page.SIZE, "machine", 0xB8000, account=CHILD, status=S.NO_QUOTA),
        create(T.FRAME, SPACE, Page.SIZE),
        # Eight of ten are used; two tables fit, three do not, and none of them is made.
        map_(SPACE, 1 << 39, 1, S.NO_QUOTA, space=CHILD),
        map_(SPACE, 1 << 30, 1, space=CHILD),
        map_("page", (1 << 30) + Page.LARGE, 1, S.NO_QUOTA, space=CHILD),
    ]
    page = '{ frame = "page", rights = ["read"] }'
    played = done([create(T.SPACE, CHILD, 10, 2, 0, 64), *nothing], page=page)
    child = played.memory.slots(played.memory.task("maker"))[40].object
    record = played.memory.space(child)
    assert (record.frames_used, record.objects_used) == (10, 2)


def test_a_thread_whose_buffer_finds_no_table_costs_nothing() -> None:
    steps = [
        create(T.SPACE, CHILD, 5, 2, 0, 64),
        create(T.THREAD, THREAD, CHILD, 0, HERE, account=CHILD, status=S.NO_QUOTA),
        create(T.THREAD, THREAD, CHILD, 0, HERE, status=S.NO_QUOTA),
        create(T.THREAD, THREAD, CHILD, 0, 0, account=CHILD),
    ]
    assert done(steps).memory.task("maker").objects_used == 1 + 2


# The last frame


def lose(kind: ObjectType, *more: int, account: int | str = "self") -> list[Do]:
    """An object whose only capability is deleted: its account goes on paying."""
    return [create(kind, LOST, *more, account=account), delete(LOST)]


def padded(steps: list[Do]) -> list[Do]:
    """Of one length, so that images are of one size and leave as much memory."""
    assert len(steps) <= 4000
    return [*steps, *[Do(Call.YIELD)] * (4000 - len(steps))]


def test_a_promise_is_kept_to_the_last_frame() -> None:
    """A child with all of a small machine's memory; then all of it comes back, and once more."""
    memory = 12
    budget = done(padded([]), memory=memory).memory.task("maker").frame_limit
    frames = budget - 3 - 1
    space = create(T.SPACE, CHILD, budget - 1, 900, 0, 64)
    assert frames > 900
    large = (frames - 900) // (Page.LARGE // Page.SIZE) + 1
    small = frames - large * (Page.LARGE // Page.SIZE)
    spend = [
        space,
        *lose(T.FRAME, Page.LARGE, account=CHILD) * large,
        *lose(T.FRAME, Page.SIZE, account=CHILD) * small,
        create(T.FRAME, PAGE, Page.SIZE, account=CHILD, status=S.NO_QUOTA),
        create(T.FRAME, PAGE, Page.SIZE),
        create(T.FRAME, SPACE, Page.SIZE, status=S.NO_QUOTA),
        create(T.ENDPOINT, SPACE, "me", account=CHILD),
    ]
    back = [destroy(CHILD), destroy(PAGE), delete(PAGE), delete(CHILD), delete(SPACE)]
    spent = done(padded(spend), memory=memory).memory
    assert spent.task("maker").frames_used == budget
    whole = done(padded([*spend, *back, *spend, *back]), memory=memory).memory
    assert (whole.task("maker").frames_used, whole.task("maker").objects_used) == (0, 0)


def test_memory_in_one_piece_runs_out_before_memory_does() -> None:
    """And gives way: pages are then taken out of free blocks."""
    fits = 6  # of the 17 MiB, from 4 MiB to 16
    pieces = [create(T.FRAME, one, Page.LARGE) for one in ROWS[:fits]]
    none = create(T.FRAME, SPACE, Page.LARGE, status=S.NO_CONTIGUOUS)
    record = done(padded([*pieces, none]), memory=17).memory.task("maker")
    assert (record.frames_used, record.objects_used) == (fits * 512, fits)
    # The first piece given back serves pages when nothing else is left.
    left = record.frame_limit - record.frames_used
    steps = [
        *pieces,
        none,
        *lose(T.FRAME, Page.SIZE) * left,
        create(T.FRAME, SPACE, Page.SIZE, status=S.NO_QUOTA),
        destroy(ROWS[0]),
        create(T.SPACE, SPACE, 18, 0, 0, 1024),
        *lose(T.FRAME, Page.SIZE) * 40,
        create(T.FRAME, PAGE, Page.LARGE, status=S.NO_QUOTA),
    ]
    done(padded(steps), memory=17)


# Blocks that are not finished


BEGIN = once(create(T.FRAME, PAGE, Page.LARGE, account=CHILD))


def test_an_unfinished_block_gives_way_to_what_its_quota_is_wanted_for() -> None:
    steps = [
        create(T.SPACE, CHILD, 3 + 512 + 10, 50, 0, 64),
        BEGIN,
        create(T.FRAME, THREAD, Page.SIZE, account=CHILD),
        BEGIN,
        create(T.SPACE, SPACE, 18, 0, 0, 64, account=CHILD),
        dataclasses.replace(BEGIN, status=S.NO_QUOTA),
    ]
    played = done(steps)
    child = played.memory.slots(played.memory.task("maker"))[40].object
    assert played.memory.space(child).block == 0
    assert played.memory.space(child).frames_used == 3 + 1 + 18


def test_an_unfinished_block_gives_way_to_one_of_another_size() -> None:
    """And is given back with its Space."""
    steps = [
        create(T.SPACE, CHILD, 3 + 512 + 40, 50, 0, 64),
        BEGIN,
        create(T.SPACE, SPACE, 18, 0, 0, 1024, account=CHILD),
        BEGIN,
        destroy(CHILD),
    ]
    assert done(steps).results["maker"][2].again == Block.MEDIUM // Abi.STEP_BYTES


def test_a_block_goes_to_whoever_asks_when_it_is_done() -> None:
    """Each call zeroes 16 KiB of it, whose ever it is; the one after the last gets it."""
    calls = Block.LARGE // Abi.STEP_BYTES
    begun = [once(create(T.FRAME, PAGE, Page.LARGE))] * (calls - 1)
    played = done([*begun, create(T.FRAME, SPACE, Page.LARGE)])
    assert played.results["maker"][-1].again == 1


# Tables that grow


def test_the_object_table_grows() -> None:
    """By pages, and each header is used again before another page is asked for."""
    many = [create(T.ENDPOINT, one, "me") for one in ROWS]
    steps = [*many, *(destroy(one) for one in ROWS[::2]), *(delete(one) for one in ROWS[::2])]
    steps += many[::2]
    found = done(steps).memory
    assert found.task("maker").objects_used == len(ROWS)
    count = len(inventory(found.image.system)) + len(ROWS)
    assert found.cpu.objects_end == -(-count // 64) * Page.SIZE
    assert found.frames.used == -(-count // 64) - table_size(found.image.system) // 64


def test_there_is_a_deadline_for_every_thread() -> None:
    """More sleepers than one page of the heap holds."""
    sleepers = [
        step
        for number, one in enumerate(ROWS[: DEADLINES_OF_PAGE + 20])
        for step in (
            create(T.THREAD, one, "self", 101, 0),
            Do(Call.START, [one, workers.SLEEP, workers.RESULTS, 10**12 - number], words=3),
        )
    ]
    found = workers.done(sleepers).memory
    assert found.cpu.deadline_room == 2 * DEADLINES_OF_PAGE
    assert found.cpu.deadline_count >= DEADLINES_OF_PAGE + 20


# Above 4 GiB


def test_memory_above_4_gib_is_used_like_any_other() -> None:
    """Large pages from there, written by a task and read by address; then pages of them."""
    place = HERE + 0x1000
    steps = [
        create(T.FRAME, PAGE, Page.LARGE),
        map_(PAGE, HERE, 3),
        create(T.THREAD, THREAD, "self", 150, 0),
        Do(Call.START, [THREAD, workers.SLEEP, place, 0], words=3),
        *lose(T.FRAME, Page.LARGE) * 2,
        *[create(T.FRAME, one, Page.LARGE) for one in ROWS[:1]],
        copy(PAGE, SPACE, 3),
    ]
    program = "workers.asm script.asm"
    own = task("maker", program, 100, SCRIPT, "root = true", "slots = 1024", **ROOT)
    of = harness.system(START + own + last())
    old = "    call    memory_init\n"
    of = kernels.patched(of, "entry.asm", old, f"    call    forget_memory\n{old}")
    of = kernels.with_stage(of, [kernels.guest("low.asm")])
    # QEMU puts what 3 GiB do not hold above 4 GiB.
    read = [range(8 * MIB), range(4 * GIB, 4 * GIB + 12 * MIB)]
    played = play(of, {"maker": steps}, memory=3072 + 12, read=read)
    for step, found in zip(steps, played.results["maker"], strict=True):
        assert found.status is step.status, step
    audit(played.memory)
    header = _header(played, PAGE)
    assert header.target >= 4 * GIB
    word = played.memory.quad(header.target + 0x1000)
    assert word == S.WOULD_BLOCK << Abi.STATUS_SHIFT


def _header(played: Played, handle: int) -> ObjectHeader:
    one = played.memory.slots(played.memory.task("maker"))[handle // 64]
    return played.memory.header(one.object)
