"""Signals, sends and saved replies: what ends a wait, and what each side is told.

An instruction is a nanosecond (icount), so deadlines a millisecond apart order everything.
"""

from __future__ import annotations

import pytest

from kobjects.kernel.abi import Call, Kind, Receive, Status
from tests.stages.actors import act, actor, bell, ms, play, sleep
from tests.stages.company import endpoint

pytestmark = pytest.mark.boot

MESSAGES, SIGNALS, BOTH = Receive.MESSAGES, Receive.SIGNALS, Receive.MESSAGES | Receive.SIGNALS
OK, TIMED_OUT, WOULD_BLOCK = Status.OK, Status.TIMED_OUT, Status.WOULD_BLOCK


def test_a_client_that_left_is_gone() -> None:
    told = play(
        {
            "client": [act(Call.CALL, "server", 1, until=ms(2)), sleep(ms(8))],
            "server": [
                act(Call.RECV, MESSAGES),
                sleep(ms(3)),
                act(Call.REPLY, 0, 9),
                act(Call.REPLY, 0, 9),
                act(Call.REPLY_SAVE, 20 * 64),
            ],
            "other": [sleep(ms(4)), act(Call.CALL, "server", 3, until=ms(5)), sleep(ms(8))],
        },
        actor("server", 150),
        actor("client", 100, server=endpoint("server")),
        actor("other", 100, server=endpoint("server")),
    ).told
    assert told["client"][0].status is TIMED_OUT
    assert [back.status for back in told["server"][2:]] == [
        Status.GONE, Status.NO_CALLER, Status.NO_CALLER,
    ]  # fmt: skip
    assert told["other"][1].status is TIMED_OUT  # it sleeps for ever, and has a sender no more


SIGNALLED = {
    "driver": [
        act(Call.RECV, SIGNALS),  # waits
        sleep(ms(3)),  # two come meanwhile, and a message
        act(Call.RECV, BOTH),
        act(Call.RECV, BOTH),
        act(Call.RECV, SIGNALS, until=0),  # owes a reply
        act(Call.RECV, MESSAGES, until=0),
        act(Call.RECV, SIGNALS),  # owes it still
        act(Call.REPLY_RECV, 0, 5),  # receives a signal
        act(Call.RECV, BOTH, until=ms(9)),
    ],
    "ringer": [
        sleep(ms(1)),
        act(Call.SIGNAL, "one"),
        sleep(ms(2)),
        act(Call.SIGNAL, "two"),
        act(Call.SIGNAL, "four"),
        act(Call.SIGNAL, "two"),
        act(Call.SIGNAL, "none"),
        act(Call.SIGNAL, "mute"),
        sleep(ms(5)),
        act(Call.SIGNAL, "one"),
        sleep(ms(6)),
        act(Call.SIGNAL, "four"),
    ],
    "client": [sleep(ms(2)), act(Call.CALL, "driver", 77)],
}
"""A driver, who rings it, and a client of it."""


def test_signals_gather_and_come_before_messages() -> None:
    told = play(
        SIGNALLED,
        actor("driver", 150),
        actor(
            "ringer", 100, one=bell("driver", 1), two=bell("driver", 2), four=bell("driver", 4),
            none=bell("driver", 0),
            mute='{ notification = "driver", rights = ["control"], badge = 8 }',
        ),
        actor("client", 90, driver=endpoint("driver", 3)),
    ).told  # fmt: skip
    assert [back.told for back in told["driver"]] == [
        (OK, Kind.SIGNAL, 1, 0),
        (TIMED_OUT, Kind.CALL, 0, 0),
        (OK, Kind.SIGNAL, 6, 0),
        (OK, Kind.CALL, 3, 77),
        (WOULD_BLOCK, Kind.CALL, 0, 0),
        (Status.OWES_REPLY, Kind.CALL, 0, 0),
        (OK, Kind.SIGNAL, 1, 0),
        (OK, Kind.SIGNAL, 4, 0),
        (TIMED_OUT, Kind.CALL, 0, 0),
    ]
    assert told["client"][1].told == (OK, Kind.CALL, 0, 5)
    assert [back.status for back in told["ringer"] if back.rax] == [
        *[TIMED_OUT] * 2, Status.NO_RIGHT, *[TIMED_OUT] * 2,
    ]  # fmt: skip


@pytest.mark.parametrize("priority", [50, 100, 150], ids=["lower", "equal", "higher"])
def test_a_ping_pong_of_signals_loses_none(priority: int) -> None:
    rounds = 40
    played = play(
        {
            "left": [
                one
                for _ in range(rounds)
                for one in (act(Call.SIGNAL, "right"), act(Call.RECV, SIGNALS))
            ],
            "right": [
                one
                for _ in range(rounds)
                for one in (act(Call.RECV, SIGNALS), act(Call.SIGNAL, "left"))
            ],
        },
        actor("left", 100, right=bell("right", 2)),
        actor("right", priority, left=bell("left", 5)),
    )
    left, right = played.told["left"], played.told["right"]
    assert [back.told for back in left[1::2]] == [(OK, Kind.SIGNAL, 5, 0)] * rounds
    assert [back.told for back in right[0::2]] == [(OK, Kind.SIGNAL, 2, 0)] * rounds
    assert all(back.status is OK and not any(back.words) for back in left + right)


def test_a_send_waits_only_until_it_is_received() -> None:
    told = play(
        {
            "sender": [
                act(Call.SEND, "server", 1),  # the server sleeps
                act(Call.SEND, "server", 2, until=0),
                sleep(ms(4)),
                act(Call.SEND, "server", 3, until=0),  # the server waits
                act(Call.SEND, "server", 4, until=ms(5)),
                act(Call.SEND, "sender", 4),
            ],
            "server": [
                sleep(ms(3)),
                act(Call.RECV, MESSAGES),
                act(Call.REPLY, 0, 1),
                act(Call.RECV, MESSAGES),
                act(Call.REPLY_RECV, 0, 1),
                sleep(ms(9)),
            ],
        },
        actor("server", 50),
        actor("sender", 100, server=endpoint("server", 7), sender=endpoint("sender")),
    ).told
    assert [back.status for back in told["sender"]] == [
        OK, WOULD_BLOCK, TIMED_OUT, OK, TIMED_OUT, Status.CYCLE,
    ]  # fmt: skip
    assert [back.told for back in told["server"]] == [
        (TIMED_OUT, Kind.CALL, 0, 0),
        (OK, Kind.SEND, 7, 1),
        (Status.NO_CALLER, Kind.CALL, 0, 0),
        (OK, Kind.SEND, 7, 3),
        (Status.NO_CALLER, Kind.CALL, 0, 0),
        (TIMED_OUT, Kind.CALL, 0, 0),
    ]
    assert told["sender"][0].time > told["server"][0].time


CLIENTS = range(4)
SAVED = [20 * 64, 21 * 64, 22 * 64]
ANSWERS = [
    *[one for slot in SAVED for one in (act(Call.RECV, MESSAGES), act(Call.REPLY_SAVE, slot))],
    act(Call.RECV, MESSAGES),
    act(Call.REPLY_SAVE, SAVED[0]),
    act(Call.REPLY_SAVE, 64 * 64),
    act(Call.REPLY_SAVE, 0),
    act(Call.REPLY, SAVED[1], 11),
    act(Call.REPLY, SAVED[1], 12),
    act(Call.REPLY, SAVED[2], 13),
    act(Call.REPLY, 0, 14),
    act(Call.REPLY, SAVED[0], 15, length=121),
    act(Call.REPLY, SAVED[0], 16),
    act(Call.REPLY, "bell", 17),
    sleep(ms(3)),
]
"""A server saves the replies of three clients, owes a fourth, and answers in another order."""


def test_saved_replies_are_answered_in_any_order() -> None:
    calls = {
        f"client{n}": [act(Call.CALL, "server", n, until=ms(90) if n == 2 else None)]
        for n in CLIENTS
    }
    played = play(
        {"server": ANSWERS, **calls},
        actor("server", 150, bell=bell("server", 1)),
        *(actor(f"client{n}", 100 - n, server=endpoint("server", n + 1)) for n in CLIENTS),
    )
    told = played.told
    assert [back.status for back in told["server"][6:]] == [
        OK,
        Status.SLOT_BUSY,
        Status.BAD_HANDLE,
        Status.BAD_HANDLE,
        OK,
        Status.EMPTY,
        OK,
        OK,
        Status.BAD_ARGUMENT,
        OK,
        Status.WRONG_TYPE,
        TIMED_OUT,
    ]
    assert [told[f"client{n}"][0].words[0] for n in CLIENTS] == [16, 11, 13, 14]
    assert played.memory.cpu.deadline_count == 0
    assert not any(slot.type for slot in played.memory.slots(played.memory.task("server"))[20:])


def test_a_saved_client_that_leaves_empties_the_slot() -> None:
    slot = 20 * 64
    played = play(
        {
            "server": [
                act(Call.RECV, MESSAGES),
                act(Call.REPLY_SAVE, slot),
                act(Call.RECV, MESSAGES),
                act(Call.REPLY_SAVE, slot + 64),
                sleep(ms(3)),
                act(Call.REPLY, slot, 1),
                act(Call.REPLY, slot + 64, 2),
            ],
            "short": [act(Call.CALL, "server", 1, until=ms(2))],
            "long": [act(Call.CALL, "server", 2, until=ms(8))],
        },
        actor("server", 150),
        actor("short", 100, server=endpoint("server")),
        actor("long", 90, server=endpoint("server")),
    )
    assert [back.status for back in played.told["server"][5:]] == [Status.EMPTY, OK]
    assert played.told["short"][0].status is TIMED_OUT
    assert played.told["long"][0].told == (OK, Kind.CALL, 0, 2)
