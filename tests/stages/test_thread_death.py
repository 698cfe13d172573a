"""destroy: threads in every state, and who waits for them."""

from __future__ import annotations

import pytest

from kobjects.kernel.abi import Call, ObjectType, Status, ThreadPart
from kobjects.kernel.object import ObjectHeader, ObjectState
from kobjects.kernel.slot import Slot
from kobjects.kernel.thread import ThreadState
from tests.stages import workers
from tests.stages.company import task
from tests.stages.object_calls import create, delete, destroy, slot
from tests.stages.script import Do, Played
from tests.stages.workers import LOW, done, endpoint, signal, status, told, worker

pytestmark = pytest.mark.boot

S, T = Status, ObjectType
SERVER, DOOR, BELL, OTHER = slot(20), slot(21), slot(22), slot(23)
CLIENTS = [slot(number) for number in range(30, 75)]
"""More than one call wakes."""
SAVED = slot(100)
"""Where saved rights to reply go."""


def serve(program: int, argument: int = 0) -> list[Do]:
    """A server with an Endpoint and a Notification, the latter with a bit; worker 0."""
    make, start = worker(0, program, argument, to=SERVER)
    bell = create(T.NOTIFICATION, OTHER, SERVER)
    badged = Do(Call.COPY, [OTHER, 0, BELL, 1, 1], words=4)
    return [make, endpoint(DOOR, SERVER), bell, badged, start]


def calls(count: int) -> list[Do]:
    """Clients, workers from 1 on."""
    each = (worker(n + 1, workers.CALL, DOOR, to=CLIENTS[n]) for n in range(count))
    return [step for steps in each for step in steps]


def held(played: Played, handle: int) -> Slot:
    return played.memory.slots(played.memory.task("maker"))[handle // Slot.size]


def header(played: Played, handle: int) -> ObjectHeader:
    return played.memory.header(held(played, handle).object)


def statuses(played: Played, count: int) -> list[Status]:
    return [status(played, number + 1) for number in range(count)]


# A server


def test_whoever_waits_for_a_server_wakes_with_dead() -> None:
    """One that it serves, and more in its queue than one call wakes."""
    played = done([*serve(workers.RECEIVE), *calls(45), destroy(SERVER)])
    assert statuses(played, 45) == [S.DEAD] * 45
    assert played.results["maker"][-1].again == 1


def test_clients_whose_right_to_a_reply_was_saved_wake_with_dead() -> None:
    played = done([*serve(workers.SAVE, SAVED), *calls(40), destroy(SERVER)])
    assert statuses(played, 40) == [S.DEAD] * 40
    assert [held(played, SAVED + slot(number)) for number in range(40)] == [Slot()] * 40


def test_a_stopped_server_has_a_queue_too() -> None:
    steps = [create(T.THREAD, SERVER, "self", 100, 0), endpoint(DOOR, SERVER), *calls(3)]
    assert statuses(done([*steps, destroy(SERVER)]), 3) == [S.DEAD] * 3


def test_its_endpoints_and_notifications_end_with_it() -> None:
    """They are dead to whoever calls, and their account has its budget back."""
    dead = [
        Do(Call.CALL, [DOOR], S.DEAD),
        Do(Call.SEND, [DOOR], S.DEAD),
        Do(Call.SIGNAL, [BELL], S.DEAD),
        destroy(DOOR, S.DEAD),
        destroy(SERVER, S.DEAD),
        Do(Call.START, [SERVER], S.DEAD),
    ]
    played = done([*serve(workers.RECEIVE), destroy(SERVER), *dead])
    assert played.memory.task("maker").objects_used == 0
    assert played.memory.task("maker").frames_used == 0
    assert header(played, SERVER).state is ObjectState.FREE


def test_a_ward_whose_fault_it_was_told_of_ends_faulted() -> None:
    make, start = worker(1, workers.FAULT, to=CLIENTS[0])
    words = [CLIENTS[0], ThreadPart.SUPERVISOR, DOOR]
    steps = [make, Do(Call.WRITE_THREAD, words, words=2), start, destroy(SERVER)]
    played = done([*serve(workers.RECEIVE), *steps])
    ward = played.memory.thread(header(played, CLIENTS[0]).target)
    assert ward.state is ThreadState.FAULTED
    assert not ward.flags.fault


# A client


def test_a_queued_client_leaves_the_queue() -> None:
    """The first, one in the middle and the last, of those that follow the one that is served."""
    gone = (1, 3, 5)
    steps = [*serve(workers.RECEIVE), *calls(6), *(destroy(CLIENTS[n]) for n in gone)]
    played = done([*steps, destroy(SERVER)])
    left = [n for n in range(6) if n not in gone]
    assert [status(played, n + 1) for n in left] == [S.DEAD] * 3
    assert [told(played, n + 1) for n in gone] == [0] * 3


def test_a_client_that_is_served_leaves_its_server_undisturbed() -> None:
    played = done([*serve(workers.REPLY), *calls(1), destroy(CLIENTS[0]), signal(BELL)])
    assert status(played, 0) is S.GONE


def test_a_client_whose_reply_was_saved_empties_the_slot() -> None:
    steps = [*serve(workers.SAVE, SAVED), *calls(3), destroy(CLIENTS[1])]
    played = done([*steps, Do(Call.REPLY, [SAVED + slot(1)], S.EMPTY)])
    assert held(played, SAVED).type is T.REPLY
    assert held(played, SAVED + slot(1)) == Slot()
    assert held(played, SAVED + slot(2)).type is T.REPLY


def test_deleting_a_saved_reply_abandons_its_client() -> None:
    """Nobody copies or revokes it, nor destroys anything by it."""
    refused = [
        Do(Call.COPY, [SAVED, 0, slot(300), 0], S.WRONG_TYPE, 3),
        Do(Call.REVOKE, [SAVED], S.WRONG_TYPE),
        destroy(SAVED, S.WRONG_TYPE),
    ]
    played = done([*serve(workers.SAVE, SAVED), *calls(1), *refused, delete(SAVED)])
    assert status(played, 1) is S.ABANDONED
    assert held(played, SAVED) == Slot()


def test_a_sleeper_leaves_the_heap_of_deadlines() -> None:
    """One of several, from its middle."""
    naps = [worker(n, workers.SLEEP, 10**12 - n, to=CLIENTS[n]) for n in range(9)]
    steps = [step for nap in naps for step in nap]
    played = done([*steps, *(destroy(CLIENTS[n]) for n in (8, 0, 4))])
    assert played.memory.cpu.deadline_count >= 6


def test_threads_that_never_ran_leave_their_queue() -> None:
    each = [worker(n, workers.SLEEP, 0, to=CLIENTS[n], priority=LOW) for n in range(4)]
    steps = [step for one in each for step in one]
    played = done([*steps, *(destroy(CLIENTS[n]) for n in (3, 0, 1, 2))])
    assert [told(played, n) for n in range(4)] == [0] * 4


# Itself


def test_a_thread_destroys_itself() -> None:
    played = done([*worker(0, workers.DESTROY, SERVER, to=SERVER), destroy(SERVER, S.DEAD)])
    assert header(played, SERVER).state is ObjectState.FREE
    assert told(played, 0) == 0, "it never went on"


def test_a_thread_that_destroys_itself_wakes_all_its_clients_first() -> None:
    make, start = worker(0, workers.DESTROY, SERVER, to=SERVER)
    played = done([make, endpoint(DOOR, SERVER), *calls(45), start])
    assert statuses(played, 45) == [S.DEAD] * 45
    assert header(played, SERVER).state is ObjectState.FREE
    assert header(played, DOOR).state is ObjectState.FREE


def test_who_pays_for_the_current_thread_may_die() -> None:
    """The maker calls a thread that destroys it. What the packer built stays in the image."""
    make, start = worker(0, workers.AVENGE, "me", to=SERVER)
    steps = [make, endpoint(DOOR, SERVER), start, Do(Call.CALL, [DOOR])]
    played = done(steps)
    assert status(played, 0) is S.OK
    assert played.memory.task("maker").threads != 0, "the avenger's"
    assert played.memory.frames.threads == 4


def test_ports_of_the_dead_are_closed() -> None:
    spark = task("spark", "idler.asm", 200, 'ports = ["0x300-0x307"]')
    played = done(
        [destroy("spark")], text=spark, spark='{ thread = "spark", rights = ["control"] }'
    )
    cpu = played.memory.cpu
    assert cpu.io_bitmap[0x300 // 8] == 0xFF
    assert cpu.io_owner != played.image.symbols["thread.spark"] + 0x200
