"""Deadlines, signals, sends and saved replies: what ends a wait, and what each side is told.

Two dozen small plays, one boot each group. An instruction is a nanosecond (icount), and the clock's
zero is the start of user mode, so deadlines a millisecond apart order everything.
"""

from __future__ import annotations

import itertools

import pytest

from kobjects.kernel.abi import Call, Kind, Receive, Status
from kobjects.kernel.thread import ThreadState
from tests.stages.actors import MILLISECOND, Act, act, actor, bell, ms, play, sleep
from tests.stages.company import endpoint

pytestmark = pytest.mark.boot

MESSAGES, SIGNALS, BOTH = Receive.MESSAGES, Receive.SIGNALS, Receive.MESSAGES | Receive.SIGNALS
OK, TIMED_OUT, WOULD_BLOCK = Status.OK, Status.TIMED_OUT, Status.WOULD_BLOCK


def test_receiving_ends_with_its_deadline() -> None:
    told = play(
        {
            "one": [
                act(Call.RECV, MESSAGES, until=ms(1)),
                act(Call.RECV, SIGNALS, until=ms(2)),
                act(Call.RECV, BOTH, until=ms(3)),
                sleep(ms(4)),
                act(Call.RECV, BOTH, until=0),
                act(Call.RECV, 0, until=0),
                act(Call.RECV, BOTH, until=1),
                act(Call.RECV, BOTH, until=ms(4)),
                act(Call.RECV, BOTH | 4, until=0),
                act(Call.CLOCK),
            ]
        },
        actor("one", 100),
    ).told["one"]
    assert [back.status for back in told] == [
        *[TIMED_OUT] * 4, *[WOULD_BLOCK] * 2, *[TIMED_OUT] * 2, Status.BAD_ARGUMENT, OK,
    ]  # fmt: skip
    assert all(back.words == (0,) * 10 and back.rdi == 0 for back in told[:-1])
    assert ms(4) <= told[-1].words[0] < ms(4) + 10_000
    late = [back.time - first.time for first, back in itertools.pairwise(told)]
    assert all(abs(each - MILLISECOND) < 2_000 for each in late), late


def test_a_call_ends_with_its_deadline_in_the_queue_and_behind_it() -> None:
    """The server never receives; then it receives, and answers too late; then in time."""
    played = play(
        {
            "client": [
                act(Call.CALL, "server", 1, until=ms(1)),
                act(Call.CALL, "server", 2, until=ms(3)),
                act(Call.CALL, "server", 3, until=ms(9)),
                act(Call.CALL, "server", 4, until=0),
                act(Call.CALL, "server", 5, until=5),
            ],
            "server": [
                sleep(ms(2)),
                act(Call.RECV, MESSAGES),
                sleep(ms(4)),
                act(Call.REPLY_RECV, 0, 20),
                sleep(ms(6)),
                act(Call.REPLY_RECV, 0, 30, until=ms(10)),
                act(Call.REPLY, 0, 40),
            ],
        },
        actor("server", 150),
        actor("client", 100, server=endpoint("server", 7)),
    )
    client, server = played.told["client"], played.told["server"]
    assert [back.told for back in client] == [
        (TIMED_OUT, Kind.CALL, 0, 0),
        (TIMED_OUT, Kind.CALL, 0, 0),
        (OK, Kind.CALL, 0, 30),
        (WOULD_BLOCK, Kind.CALL, 0, 0),
        (TIMED_OUT, Kind.CALL, 0, 0),
    ]
    assert [back.told for back in server[1::2]] == [
        (OK, Kind.CALL, 7, 2),
        (OK, Kind.CALL, 7, 3),  # the reply to 2 went nowhere, and it received
        (TIMED_OUT, Kind.CALL, 0, 0),
    ]
    assert server[6].status is Status.NO_CALLER
    assert played.memory.cpu.deadline_count == 0


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


def test_signals_gather_and_come_before_messages() -> None:
    told = play(
        {
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
        },
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


def test_saved_replies_are_answered_in_any_order() -> None:
    slots = [20 * 64, 21 * 64, 22 * 64]
    served = [
        one for slot in slots for one in (act(Call.RECV, MESSAGES), act(Call.REPLY_SAVE, slot))
    ]
    played = play(
        {
            "server": [
                *served,
                act(Call.RECV, MESSAGES),
                act(Call.REPLY_SAVE, slots[0]),
                act(Call.REPLY_SAVE, 64 * 64),
                act(Call.REPLY_SAVE, 0),
                act(Call.REPLY, slots[1], 11),
                act(Call.REPLY, slots[1], 12),
                act(Call.REPLY, slots[2], 13),
                act(Call.REPLY, 0, 14),
                act(Call.REPLY, slots[0], 15, length=121),
                act(Call.REPLY, slots[0], 16),
                act(Call.REPLY, "bell", 17),
                sleep(ms(3)),
            ],
            **{
                f"client{n}": [act(Call.CALL, "server", n, until=ms(90) if n == 2 else None)]
                for n in range(4)
            },
        },
        actor("server", 150, bell=bell("server", 1)),
        *(actor(f"client{n}", 100 - n, server=endpoint("server", n + 1)) for n in range(4)),
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
    assert [told[f"client{n}"][0].words[0] for n in range(4)] == [16, 11, 13, 14]
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


def test_a_thousand_deadlines_expire_in_their_order() -> None:
    """Twelve threads; which of them has the next deadline follows no simple order."""
    order = [(number * 37) % 1020 for number in range(1020)]
    plan = {f"t{n}": sorted(order[n::12]) for n in range(12)}
    scripts = {name: [sleep(ms(1) + 20_000 * when) for when in mine] for name, mine in plan.items()}
    told = play(scripts, *(actor(name, 100 + n % 3) for n, name in enumerate(scripts))).told
    woken = sorted(
        (back.time, when)
        for name, mine in plan.items()
        for when, back in zip(mine, told[name], strict=True)
    )
    assert [when for _, when in woken] == sorted(order)
    late = [time - woken[0][0] - 20_000 * when for time, when in woken]
    assert max(late) - min(late) < 5_000, "ns"


def test_a_deadline_does_not_wait_for_a_thread_that_only_runs() -> None:
    spin = Act((1 << 64) - 2, 30_000_000)
    told = play(
        {"runner": [sleep(ms(0)), spin], "sleeper": [sleep(ms(n)) for n in range(1, 20)]},
        actor("runner", 50),
        actor("sleeper", 100),
    ).told
    times = [back.time for back in told["sleeper"]]
    assert all(abs(b - a - MILLISECOND) < 2_000 for a, b in itertools.pairwise(times))
    assert told["runner"][1].time > times[-1]


def test_the_state_of_a_sleeper_is_told() -> None:
    played = play({"one": []}, actor("one", 100))
    one = played.memory.thread(played.memory.task("one").threads)
    assert one.state is ThreadState.SLEEPING
