"""destroy and revoke: whole Spaces, steps that are not all, and what counts as before."""

from __future__ import annotations

import pytest

from kobjects.kernel.abi import Abi, Call, ObjectType, Status
from kobjects.kernel.addresses import Page
from kobjects.kernel.object import ObjectHeader, ObjectState
from kobjects.kernel.slot import Slot
from stages.tasks.objects import inventory
from tests.stages import workers
from tests.stages.company import task
from tests.stages.object_calls import (
    copy,
    create,
    delete,
    destroy,
    map_,
    once,
    revoke,
    slot,
    unmap,
)
from tests.stages.one_of_each import APERTURE, BADGED, MADE, UNMAPPED
from tests.stages.one_of_each import THREAD as THREAD_MADE
from tests.stages.script import Do, Played
from tests.stages.workers import done, endpoint, status, worker

pytestmark = pytest.mark.boot

S, T = Status, ObjectType
CHILD, INNER, PAGE, THREAD, DOOR = (slot(number) for number in range(40, 45))
COPIES = [slot(number) for number in range(100, 180)]
HERE = 0x1000_0000


def header(played: Played, handle: int) -> ObjectHeader:
    one = played.memory.slots(played.memory.task("maker"))[handle // Slot.size]
    return played.memory.header(one.object)


NAMES = [
    *(slot(number) for number in range(10, 22) if slot(number) not in (BADGED,)),
    APERTURE,
]
"""Of `MADE`, each object once."""
TAKEN_ALONG = {THREAD_MADE, UNMAPPED}
"""By the Spaces that they live in or are paid for by."""


@pytest.mark.parametrize("order", [1, -1], ids=["as made", "last made first"])
def test_what_create_took_destroy_gives_back(order: int) -> None:
    """Twice over, so that all is made again out of what was given back."""
    dead = TAKEN_ALONG if order == 1 else set()
    ends = [destroy(one, S.DEAD if one in dead else S.OK) for one in NAMES[::order]]
    empty = [delete(slot(number)) for number in range(10, 28)]
    played = done([*MADE, *ends, *empty] * 2)
    record = played.memory.task("maker")
    assert record.objects_used == 0
    assert record.frames_used == 1, "the page table that mapping a page took"


def family(depth: int) -> list[Do]:
    """Spaces within Spaces, each with a bit of everything."""
    steps, account = [], "self"
    handle: int | str = account
    for level in range(depth):
        inner = slot(200 + 8 * level)
        rest = 400 - 40 * level
        steps += [
            create(T.SPACE, inner, rest, rest, 90, 64, account=handle),
            create(T.THREAD, inner + slot(1), inner, 90, HERE, account=inner),
            create(T.ENDPOINT, inner + slot(2), inner + slot(1), account=inner),
            create(T.FRAME, inner + slot(3), Page.SIZE, account=inner),
            map_(inner + slot(3), HERE + Page.SIZE, 3, space=inner),
            copy(inner + slot(3), slot(1), 1, space=inner),
            copy(inner + slot(2), slot(2), 1, space=inner),
        ]
        handle = inner
    return steps


def test_a_space_takes_along_what_it_pays_for() -> None:
    steps = [*family(8), destroy(slot(200))]
    played = done(steps)
    assert played.memory.task("maker").frames_used == 0
    assert played.memory.task("maker").objects_used == 0
    assert len(played.memory.headers()) > 8 * 4
    assert all(header(played, slot(200 + 8 * n)).state is ObjectState.FREE for n in range(8))


def test_spaces_go_eight_deep() -> None:
    deepest = slot(200 + 8 * 7)
    done([*family(8), create(T.SPACE, CHILD, 9, 9, 9, 64, account=deepest, status=S.TOO_DEEP)])


def test_a_space_takes_threads_along_that_others_pay_for() -> None:
    """And gives their memory back to those."""
    steps = [
        create(T.SPACE, CHILD, 50, 10, 90, 64),
        create(T.THREAD, THREAD, CHILD, 90, HERE),
        endpoint(DOOR, THREAD),
        destroy(CHILD),
        destroy(THREAD, S.DEAD),
        destroy(DOOR, S.DEAD),
    ]
    assert done(steps).memory.task("maker").objects_used == 0


def test_mappings_into_a_space_end_with_it() -> None:
    steps = [
        create(T.SPACE, CHILD, 50, 10, 90, 64),
        create(T.FRAME, PAGE, Page.SIZE),
        *(copy(PAGE, one, 5) for one in COPIES),
        *(map_(one, HERE + n * Page.SIZE, 5, space=CHILD) for n, one in enumerate(COPIES)),
        map_(PAGE, HERE, 3, S.W_XOR_X),
        destroy(CHILD),
        unmap(COPIES[0], S.BAD_STATE),
        map_(PAGE, HERE, 3),
    ]
    done(steps)


def test_nobody_destroys_what_holds_or_pays_for_itself() -> None:
    def of(number: int, account: int, what: int) -> list[Do]:
        make = create(T.THREAD, slot(60 + number), "self", 150, 0, account=account)
        words = [slot(60 + number), workers.DESTROY, workers.result(number), what]
        return [make, Do(Call.START, words, words=3)]

    steps = [
        destroy("self", S.BAD_STATE),
        copy("self", slot(50), 4),
        destroy(slot(50), S.BAD_STATE),
        create(T.SPACE, CHILD, 100, 50, 90, 64),
        create(T.SPACE, INNER, 50, 20, 90, 64, account=CHILD),
        *of(0, CHILD, CHILD),
        *of(1, INNER, CHILD),
        *of(2, CHILD, INNER),
    ]
    played = done(steps)
    assert [status(played, number) for number in range(3)] == [S.BAD_STATE, S.BAD_STATE, S.OK]


def test_a_tasks_budget_goes_to_the_root() -> None:
    """Its memory was in the image and stays there; the page tables made for it are given back."""
    text = task("other", "idler.asm", 90, "frames = 77", "objects = 33")
    steps = [map_("page", HERE, 3, space="other"), destroy("other")]
    given = {
        "other": '{ space = "other", rights = ["map", "control"] }',
        "page": '{ frame = "page", rights = ["read", "write"] }',
    }
    frames = [done(some, text=text, **given).memory.task("maker") for some in ([], steps)]
    assert frames[1].frame_limit - frames[0].frame_limit == 77
    assert frames[1].object_limit - frames[0].object_limit == 33


# Steps


def test_what_is_dying_is_dead_to_all_but_its_destroyer() -> None:
    clients = (worker(n, workers.CALL, DOOR, to=COPIES[n]) for n in range(45))
    steps = [
        create(T.THREAD, THREAD, "self", 100, 0),
        endpoint(DOOR, THREAD),
        *(step for one in clients for step in one),
        once(destroy(THREAD)),
        Do(Call.CALL, [DOOR], S.DEAD),
        copy(THREAD, slot(50), 1, S.DEAD),
        revoke(THREAD, S.DEAD),
        Do(Call.START, [THREAD], S.DEAD),
        create(T.ENDPOINT, slot(50), THREAD, status=S.DEAD),
        destroy(THREAD),
        destroy(THREAD, S.DEAD),
    ]
    played = done(steps)
    assert [status(played, n) for n in range(45)] == [S.DEAD] * 45


def test_a_dying_space_is_dead_to_all_but_its_destroyer() -> None:
    steps = [
        *family(3),
        once(destroy(slot(200))),
        create(T.FRAME, PAGE, Page.SIZE, account=slot(200), status=S.DEAD),
        create(T.THREAD, THREAD, slot(200), 1, 0, status=S.DEAD),
        copy("self", slot(9), 1, S.DEAD, space=slot(200)),
        delete(slot(1), S.DEAD, space=slot(200)),
        destroy(slot(200)),
    ]
    done(steps)


def test_an_unfinished_destruction_adds_up() -> None:
    """Everything is still somebody's after one step, whichever it was."""
    for steps in (1, 3, 5):
        done([*family(2), *[once(destroy(slot(200)))] * steps])


MANY = [
    create(T.FRAME, PAGE, Page.SIZE),
    *(copy(PAGE, one, 15) for one in COPIES),
    *(map_(one, HERE + n * Page.SIZE, 3) for n, one in enumerate(COPIES)),
]
"""A Frame with 80 mappings."""


def test_revoke_leaves_one_capability_and_no_mapping() -> None:
    steps = [*MANY, revoke(COPIES[7]), *(unmap(one, S.DEAD) for one in (PAGE, COPIES[0]))]
    played = done([*steps, unmap(COPIES[7], S.BAD_STATE), map_(COPIES[7], HERE, 5)])
    assert played.results["maker"][len(MANY)].again == 80 // Abi.STEP
    assert header(played, PAGE).generation == 1 + 1 + 80 // Abi.STEP


def test_revoked_capabilities_are_dead_before_their_mappings_are_gone() -> None:
    """So nobody can map again what is being unmapped."""
    steps = [*MANY, once(revoke(PAGE)), map_(COPIES[0], 1 << 30, 3, S.DEAD)]
    steps += [unmap(COPIES[0], S.DEAD), delete(COPIES[1]), unmap(COPIES[79], S.DEAD)]
    done([*steps, revoke(PAGE), map_(PAGE, HERE, 3)])


def test_destroying_a_frame_takes_all_its_mappings() -> None:
    steps = [*MANY, once(destroy(PAGE)), map_(PAGE, 1 << 30, 3, S.DEAD), destroy(PAGE)]
    played = done([*steps, unmap(COPIES[0], S.DEAD)])
    assert header(played, PAGE).state is ObjectState.FREE


def test_a_revoked_endpoint_answers_to_its_new_capability_only() -> None:
    make, start = worker(0, workers.REPLY, to=THREAD)
    bell, rung = slot(50), slot(51)
    steps = [
        make,
        endpoint(DOOR, THREAD),
        create(T.NOTIFICATION, bell, THREAD),
        copy(DOOR, COPIES[0], 7),
        revoke(DOOR),
        Do(Call.SEND, [COPIES[0]], S.DEAD),
        Do(Call.CALL, [COPIES[0]], S.DEAD),
        revoke(COPIES[0], S.DEAD),
        copy(bell, rung, 1, badge=1),
        revoke(bell),
        Do(Call.SIGNAL, [rung], S.DEAD),
        delete(rung),
        copy(bell, rung, 1, badge=1),
        start,
        Do(Call.SEND, [DOOR]),
        Do(Call.SIGNAL, [rung]),
    ]
    assert status(done(steps), 0) is S.NO_CALLER


@pytest.mark.parametrize("call", [Call.REVOKE, Call.DESTROY])
def test_who_may_end_what(call: Call) -> None:
    steps = [
        Do(call, [0], S.EMPTY),
        Do(call, [7], S.BAD_HANDLE),
        Do(call, [slot(1024)], S.BAD_HANDLE),
        copy("me", COPIES[0], 3),
        Do(call, [COPIES[0]], S.NO_RIGHT),
        copy("self", COPIES[1], 3),
        Do(call, [COPIES[1]], S.NO_RIGHT),
    ]
    done(steps)


@pytest.mark.parametrize("line", [5, 12])
def test_a_line_is_masked_when_its_irq_ends_and_can_be_had_again(line: int) -> None:
    make = [
        create(T.NOTIFICATION, DOOR, "me"),
        create(T.IRQ, PAGE, "machine", line, DOOR, 1),
    ]
    end = [destroy(PAGE), delete(PAGE), delete(DOOR)]
    masks = [done(steps).masks for steps in (make, [*make, *end], [*make, *end, *make])]
    assert [mask >> line & 1 for mask in masks] == [0, 1, 0]


def test_the_machine_has_no_end() -> None:
    played = done([destroy("machine", S.WRONG_TYPE), revoke("machine")])
    machine = inventory(played.image.system)["hardware", "machine"]
    assert played.memory.header(machine).generation == 2
