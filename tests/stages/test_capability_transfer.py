"""Capabilities in messages, on the fast path and off it."""

from __future__ import annotations

import pytest

from kobjects.kernel.abi import Abi, Call, Kind, ObjectType, Receive, Status, ThreadPart
from kobjects.kernel.addresses import User
from kobjects.kernel.message import MessageBuffer
from kobjects.kernel.object import Key
from kobjects.kernel.slot import Slot
from tests.stages.actors import CAPABILITY, STORE, Act, Play, act, actor, play
from tests.stages.company import endpoint

pytestmark = pytest.mark.boot

TO, FROM = 40 * Slot.size, 50 * Slot.size
"""The receive slots of server and client."""
RECEIVED, DROPPED = int(Abi.RECEIVED) >> 24, int(Abi.DROPPED) >> 24
GRANT = '{ endpoint = "server", rights = ["call", "grant"], badge = 7 }'
PAGE = '{ frame = "page", rights = ["read", "write"] }'
BELL = '{ notification = "client", rights = ["signal", "control"], badge = 5 }'
PORTS = 'ports = ["0x80-0x80"]'
"""A thread with ports takes the slow path both ways."""
HANDLE = User.BUFFER + MessageBuffer.offset("capability")
RIGHTS = User.BUFFER + MessageBuffer.offset("capability_rights")
READ, WRITE, SIGNAL = 1, 2, 1


def take_into(slot: int) -> Act:
    return act(Call.WRITE_THREAD, 0, ThreadPart.RECEIVE_SLOT, slot)


def name(capability: int | str, rights: int) -> list[Act]:
    """The capability that the next message is to carry."""
    return [Act(STORE, HANDLE, [capability]), Act(STORE, RIGHTS, [rights])]


def call(*words: int, to: str = "server", length: int | None = None) -> Act:
    return act(Call.CALL, to, *words, flags=CAPABILITY, length=length)


def delete(slot: int) -> Act:
    return act(Call.DELETE, 0, slot)


@pytest.fixture(scope="module", params=["fast", "slow"])
def played(request: pytest.FixtureRequest) -> Play:
    more = [PORTS] if request.param == "slow" else []
    answer = act(Call.REPLY_RECV, 0, 9)
    server = [
        take_into(TO),
        act(Call.RECV, Receive.MESSAGES),
        delete(TO), answer,  # the page, read-only
        answer,  # the bell, left in the slot
        delete(TO), answer,  # dropped: the slot was taken
        answer,  # the endpoint without its right, in a long message
        take_into(0), answer,  # dropped: no slot
        take_into(TO), delete(TO),
        *name("bell", SIGNAL), act(Call.REPLY_RECV, 0, 10, flags=CAPABILITY),
        *name(TO + 64, READ), act(Call.REPLY_RECV, 0, 11, flags=CAPABILITY),
        answer,
    ]  # fmt: skip
    client = [
        take_into(FROM),
        *name("page", READ), call(1),
        *name("bell", SIGNAL | 2), call(2),
        *name("page", READ | WRITE), call(3),
        *name("server", 0), call(4, length=120),
        *name("bell", SIGNAL), call(5),
        act(Call.CALL, "server", 6),  # its reply brings one
        act(Call.CALL, "server", 7),
        act(Call.SIGNAL, FROM),
        *name(63 * Slot.size, READ), call(8),
        *name(3, READ), call(8),
        *name("page", READ), call(8, to="plain"),
        act(Call.RECV, Receive.SIGNALS, until=0),
    ]  # fmt: skip
    return play(
        {"server": server, "client": client},
        actor("server", 150, *more, bell=BELL),
        actor(
            "client", 100, *more,
            server=GRANT, plain=endpoint("server"), page=PAGE, bell=BELL,
        ),
    )  # fmt: skip


def test_the_receiver_is_told_what_came_and_what_was_dropped(played: Play) -> None:
    messages = played.of("server", Call.RECV, Call.REPLY_RECV)[:-1]  # the last waits for ever
    told = [(back.words[0], back.flags, back.rdi) for back in messages if back.status is Status.OK]
    assert told == [
        (1, RECEIVED, 7),
        (2, RECEIVED, 7),
        (3, DROPPED, 7),
        (4, RECEIVED, 7),
        (5, DROPPED, 7),
        (6, 0, 7),
        (7, 0, 7),
    ]
    assert messages[3].length == 120


def test_a_reply_carries_one_too(played: Play) -> None:
    """Its second could not be sent: the handle is an empty slot's. The reply right stays."""
    calls = played.of("client", Call.CALL)[:7]
    assert [(back.words[0], back.flags) for back in calls] == [
        *[(9, 0)] * 5, (10, RECEIVED), (9, 0),
    ]  # fmt: skip
    assert Status.EMPTY in [back.status for back in played.of("server", Call.REPLY_RECV)]


def test_errors_precede_the_message(played: Play) -> None:
    assert [back.status for back in played.of("client", Call.CALL)[7:]] == [
        Status.EMPTY, Status.BAD_HANDLE, Status.NO_RIGHT,
    ]  # fmt: skip


def test_the_capability_that_came_works(played: Play) -> None:
    """It is a bell for its holder itself."""
    (signals,) = played.of("client", Call.RECV)
    assert (signals.kind, signals.rdi) == (Kind.SIGNAL, 5)


def test_what_came_has_no_more_rights_than_were_sent(played: Play) -> None:
    client = played.memory.slots(played.memory.task("client"))[FROM // Slot.size]
    assert (client.type, client.rights, client.badge) == (ObjectType.NOTIFICATION, SIGNAL, 5)
    assert client.key & Key.FAST
    assert client.entry == client.mapped_space == 0
