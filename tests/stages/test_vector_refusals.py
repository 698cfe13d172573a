"""What the quick way of threads with vector registers leaves to the slow one, a check a test."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kobjects.kernel.abi import Call, Receive, Status
from kobjects.kernel.object import ObjectHeader
from kobjects.kernel.slot import Slot
from kobjects.kernel.thread import Thread, ThreadState
from stages.model import Task
from stages.names import task_names
from tests.stages import harness
from tests.stages.actors import (
    MILLISECOND,
    SPIN,
    Act,
    Play,
    act,
    actor,
    bell,
    ms,
    play,
    sleep,
)
from tests.stages.company import START, endpoint, last

pytestmark = pytest.mark.boot

ANYTHING = Receive.MESSAGES | Receive.SIGNALS
RECEIVE = act(Call.RECV, ANYTHING)
ANSWER = act(Call.REPLY_RECV, 0, 5)
CALL = act(Call.CALL, "server", 3)
FPU = "fpu = true"
SLOTS = 64


def pair(
    client: Sequence[Act], server: Sequence[Act], more: Sequence[str] = (), **scripts: Sequence[Act]
) -> Play:
    """A client (50) and a server (60) with vector registers, and who else there is."""
    return play(
        {"server": server, "client": client, **scripts},
        actor("server", 60, FPU),
        actor("client", 50, FPU, server=endpoint("server", 7), nothing=NOTHING),
        *more,
    )


NOTHING = '{ endpoint = "server", rights = [] }'


def spin(instructions: int) -> Act:
    """Two instructions a round."""
    return Act(SPIN, instructions // 2)


def thread(played: Play, name: str) -> Thread:
    return played.memory.thread(played.memory.task(name).threads)


def test_they_call_each_other() -> None:
    played = pair([CALL, CALL], [RECEIVE, ANSWER, ANSWER])
    assert [(one.status, one.length, one.words[0]) for one in played.of("client", Call.CALL)] == [
        (Status.OK, 1, 5)
    ] * 2
    assert [one.rdi for one in played.told["server"][:2]] == [7, 7]
    assert thread(played, "server").state is ThreadState.RECEIVING


@pytest.mark.parametrize(
    ("handle", "expected"),
    [
        (SLOTS * Slot.size, Status.BAD_HANDLE),
        ((1 << 32) + Slot.size, Status.BAD_HANDLE),
        (Slot.size + 8, Status.BAD_HANDLE),
        (0, Status.EMPTY),
        ((SLOTS - 1) * Slot.size, Status.EMPTY),
        ("nothing", Status.NO_RIGHT),
    ],
)
def test_a_handle_that_is_no_good(handle: int | str, expected: Status) -> None:
    played = pair([act(Call.CALL, handle, 3)], [RECEIVE])
    assert played.told["client"][0].status is expected
    assert thread(played, "server").state is ThreadState.RECEIVING


def called_at(offset: int, badge: int) -> Play:
    """The client calls by the place so many bytes behind the only slot with that badge."""
    handle = task_names(client_of(badge))["cap.server"] + offset
    return play(
        {"server": [RECEIVE], "client": [act(Call.CALL, handle)]}, *SERVED, client_text(badge)
    )


def client_text(badge: int) -> str:
    return actor("client", 50, FPU, server=endpoint("server", badge))


def client_of(badge: int) -> Task:
    system = harness.system(START + "".join(SERVED) + client_text(badge) + last())
    return next(one for one in system.tasks if one.name == "client")


SERVED = (actor("server", 60, FPU),)


def test_no_place_between_two_slots_is_a_handle() -> None:
    """Eight bytes behind a slot, its key would be a header and its badge a key. So the badge
    is what stands in that header, so in the second machine nothing but the place is wrong.
    """
    first = called_at(0, 7)
    slots = first.memory.slots(first.memory.task("client"))
    key = next(slot.key for slot in slots if slot.badge == 7)
    start = key // ObjectHeader.size * ObjectHeader.size
    headers = (first.memory.header(start + n * ObjectHeader.size) for n in range(2))
    raw = b"".join(bytes(header.build()) for header in headers)
    place = key - start + ObjectHeader.offset("call_key")
    badge = int.from_bytes(raw[place : place + 8], "little")
    played = called_at(8, badge)
    assert played.told["client"][0].status is Status.BAD_HANDLE
    assert thread(played, "server").state is ThreadState.RECEIVING


def test_a_server_of_lower_priority_inherits() -> None:
    """Who becomes ready meanwhile (45) is above the server (40), but not above its client (50)."""
    played = play(
        {
            "server": [RECEIVE, spin(5 * MILLISECOND), ANSWER],
            "client": [sleep(ms(1)), CALL],
            "middle": [sleep(ms(3)), act(Call.CLOCK)],
        },
        actor("server", 40, FPU),
        actor("client", 50, FPU, server=endpoint("server")),
        actor("middle", 45),
    )
    answered, ran = played.of("client", Call.CALL), played.of("middle", Call.CLOCK)
    assert answered[0].status is Status.OK
    assert answered[0].time < ran[0].time


def test_a_server_that_works_has_senders_queue() -> None:
    played = pair([CALL], [sleep(ms(90))])
    assert thread(played, "client").state is ThreadState.SENDING


def test_a_server_that_waits_until_a_time_is_no_longer_timed() -> None:
    """It would be woken in the midst of something else."""
    until = act(Call.RECV, ANYTHING, until=ms(5))
    played = pair([sleep(ms(1)), CALL], [until, ANSWER])
    assert [one.status for one in played.of("client", Call.CALL)] == [Status.OK]
    server = thread(played, "server")
    assert (server.state, server.flags.timed) == (ThreadState.RECEIVING, False)
    assert played.told["server"][0].status is Status.OK


def test_a_client_with_a_time_is_no_longer_timed_when_answered() -> None:
    called = act(Call.CALL, "server", 3, until=ms(5))
    played = pair([called, RECEIVE], [RECEIVE, ANSWER])
    assert played.told["client"][0].told[0] is Status.OK
    client = thread(played, "client")
    assert (client.state, client.flags.timed) == (ThreadState.RECEIVING, False)


@pytest.mark.parametrize("fpu", [FPU, "fpu = false"])
def test_the_next_in_the_queue_is_served_at_once(fpu: str) -> None:
    """The second client (55) queues while the first is served."""
    played = play(
        {
            "server": [RECEIVE, sleep(ms(5)), ANSWER, ANSWER],
            "client": [sleep(ms(1)), CALL],
            "second": [sleep(ms(2)), CALL],
        },
        actor("server", 60, fpu),
        actor("client", 50, FPU, server=endpoint("server", 7)),
        actor("second", 55, FPU, server=endpoint("server", 8)),
    )
    assert [one.rdi for one in (played.told["server"][0], played.told["server"][2])] == [7, 8]
    for name in ("client", "second"):
        assert played.of(name, Call.CALL)[0].status is Status.OK
    server = thread(played, "server")
    assert (server.queue_head, server.flags.queued) == (0, False)


def test_a_signal_that_came_meanwhile_is_received_at_once() -> None:
    played = play(
        {
            "server": [RECEIVE, sleep(ms(5)), ANSWER],
            "client": [sleep(ms(1)), CALL],
            "ringer": [sleep(ms(2)), act(Call.SIGNAL, "bell")],
        },
        actor("server", 60, FPU),
        actor("client", 50, FPU, server=endpoint("server", 7)),
        actor("ringer", 55, bell=bell("server", 4)),
    )
    assert played.told["server"][2].rdi == 4


def test_a_higher_thread_that_is_ready_runs_before_the_client() -> None:
    """The server (60) wakes it (55) and answers the client (50), which then waits its turn."""
    played = play(
        {
            "server": [RECEIVE, act(Call.SIGNAL, "bell"), ANSWER],
            "high": [act(Call.RECV, Receive.SIGNALS), act(Call.CLOCK)],
            "client": [sleep(ms(1)), CALL, act(Call.CLOCK)],
        },
        actor("server", 60, FPU, bell=bell("high", 1)),
        actor("high", 55),
        actor("client", 50, FPU, server=endpoint("server", 7)),
    )
    assert played.told["high"][1].time < played.told["client"][1].time
