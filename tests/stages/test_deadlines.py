"""What ends with a deadline, and when.

An instruction is a nanosecond (icount), so deadlines a millisecond apart order everything.
"""

from __future__ import annotations

import itertools

import pytest

from kobjects.kernel.abi import Call, Kind, Receive, Status
from kobjects.kernel.thread import ThreadState
from tests.stages.actors import MILLISECOND, SPIN, Act, act, actor, ms, play, sleep
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
    late = [back.time - first.time for first, back in itertools.pairwise(told[:4])]
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
    spin = Act(SPIN, 30_000_000)
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
