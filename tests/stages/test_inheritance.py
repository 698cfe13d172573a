"""Priority inheritance, and who pays for the time."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest

from kobjects.kernel.abi import Call, Receive, Status
from kobjects.kernel.thread import Thread, ThreadState
from tests.stages.actors import SPIN, Act, Play, act, actor, ms, play, sleep
from tests.stages.company import endpoint

pytestmark = pytest.mark.boot

MESSAGES = Receive.MESSAGES
ROUND = 2
"""Instructions of a round of SPIN."""


def spin(instructions: int) -> Act:
    return Act(SPIN, instructions // ROUND)


def threads(played: Play, *names: str) -> Mapping[str, Thread]:
    return {name: played.memory.thread(played.memory.task(name).threads) for name in names}


def test_a_chain_of_servers_works_at_the_highest_callers_priority() -> None:
    """high (200) calls first (30), which waits for second (20), which waits for third (10)."""
    played = play(
        {
            "third": [act(Call.RECV, MESSAGES), sleep(ms(50))],
            "second": [act(Call.RECV, MESSAGES), act(Call.CALL, "third")],
            "first": [act(Call.RECV, MESSAGES), act(Call.CALL, "second")],
            "low": [act(Call.CALL, "first")],
            "high": [sleep(ms(3)), act(Call.CALL, "first")],
        },
        actor("third", 10),
        actor("second", 20, third=endpoint("third")),
        actor("first", 30, second=endpoint("second")),
        actor("low", 5, first=endpoint("first")),
        actor("high", 200, first=endpoint("first")),
    )
    found = threads(played, "first", "second", "third", "low", "high")
    assert {name: one.rank - 1 for name, one in found.items()} == {
        "first": 200, "second": 200, "third": 200, "low": 5, "high": 200,
    }  # fmt: skip
    assert found["high"].state is ThreadState.SENDING
    assert [found[name].flags.bumped for name in ("first", "second", "third")] == [True] * 3


@pytest.mark.parametrize("how", ["it gives up", "it is answered", "the server receives"])
def test_what_was_inherited_is_given_back(how: str) -> None:
    client = [act(Call.CALL, "server", until=ms(2) if how == "it gives up" else None)]
    server = {
        "it gives up": [act(Call.RECV, MESSAGES), sleep(ms(3)), sleep(ms(90))],
        "it is answered": [act(Call.RECV, MESSAGES), act(Call.REPLY, 0), sleep(ms(90))],
        "the server receives": [act(Call.RECV, MESSAGES), act(Call.REPLY_RECV, 0)],
    }[how]
    played = play(
        {"client": client, "server": server},
        actor("client", 150, server=endpoint("server")),
        actor("server", 60),
    )
    one = threads(played, "server")["server"]
    assert (one.rank, one.base_rank, one.flags.bumped) == (61, 61, False)


def test_a_lower_thread_does_not_delay_a_higher_one_through_a_server() -> None:
    """The classic: high waits for what low serves, and middle would run for a long time."""
    told = play(
        {
            "low": [act(Call.RECV, MESSAGES), spin(400_000), act(Call.REPLY, 0)],
            "middle": [sleep(ms(1)), spin(5_000_000)],
            "high": [sleep(ms(1) - 100_000), act(Call.CALL, "low")],
        },
        actor("low", 10),
        actor("middle", 100),
        actor("high", 200, low=endpoint("low")),
    ).told
    assert told["high"][1].status is Status.OK
    assert told["high"][1].time - told["high"][0].time < 450_000
    assert told["middle"][1].time > told["high"][1].time


def test_equals_share_the_processor_and_calls_are_paid_by_who_makes_them() -> None:
    """One only runs; the other only calls a server of equal priority, which works for it."""
    calls = [act(Call.CALL, "server")] * 200
    played = play(
        {
            "runner": [sleep(ms(0)), spin(60_000_000)],
            "caller": [sleep(ms(0)), *calls],
            "server": [
                act(Call.RECV, MESSAGES),
                *[one for _ in calls for one in (spin(200_000), act(Call.REPLY_RECV, 0))],
            ],
        },
        actor("runner", 100),
        actor("caller", 100, server=endpoint("server")),
        actor("server", 100),
    )
    found = threads(played, "runner", "caller", "server")
    runner, caller = played.told["runner"][1].time, played.told["caller"][-1].time
    assert abs(runner - caller) < 0.4 * runner, "both end at about the same time"
    together = found["caller"].ticks + found["server"].ticks
    assert together == pytest.approx(40_000_000, rel=0.1)
    assert found["runner"].ticks == pytest.approx(60_000_000, rel=0.05)


def test_all_time_is_somebodys() -> None:
    """Threads and idle time add up to the clock."""
    played = play(
        {
            "one": [spin(3_000_000), sleep(ms(2)), spin(1_000_000), sleep(ms(30))],
            "two": [spin(2_000_000), sleep(ms(3)), spin(2_500_000), sleep(ms(40))],
        },
        actor("one", 100),
        actor("two", 100),
    )
    memory = played.memory
    names = ["one", "two", "console", "finish", "last"]
    ticks = {name: one.ticks for name, one in threads(played, *names).items()}
    idle = Thread.parse(memory.region("nobody")).ticks
    elapsed = memory.cpu.charged - memory.cpu.tsc_start
    assert sum(ticks.values()) + idle == elapsed
    assert ticks["one"] == pytest.approx(4_000_000, rel=0.02)
    assert ticks["two"] == pytest.approx(4_500_000, rel=0.02)


def test_a_flood_of_calls_does_not_starve_the_clock() -> None:
    calls = [act(Call.CALL, "server")] * 500
    told = play(
        {
            "flood": [sleep(ms(0)), *calls],
            "server": [act(Call.RECV, MESSAGES), *[act(Call.REPLY_RECV, 0)] * 500],
            "clock": [sleep(ms(0) + 10_000 * n) for n in range(1, 5)],
        },
        actor("flood", 50, server=endpoint("server")),
        actor("server", 50),
        actor("clock", 100),
    ).told
    times = [back.time for back in told["clock"]]
    gaps = [b - a for a, b in itertools.pairwise(times)]
    assert all(abs(gap - 10_000) < 1_000 for gap in gaps), gaps
    assert told["flood"][-1].time > times[-1]


def test_nothing_interrupts_when_nobody_has_a_deadline_or_waits_for_the_processor() -> None:
    played = play(
        {"alone": [sleep(ms(0)), spin(40_000_000)], "other": [act(Call.RECV, MESSAGES)]},
        actor("alone", 100),
        actor("other", 100),
    )
    # The first slice's end; alone's and last's deadlines, each with the slice that it began.
    assert played.memory.cpu.interrupts <= 8
    assert played.told["alone"][1].time - played.told["alone"][0].time < 40_000_000 + 20_000
