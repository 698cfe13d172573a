"""Who pays for the processor's time: whom the running thread works for, through others if need be.

Under icount a tick of the time-stamp counter is an instruction, so who spins for a while can be
told from the threads' times to within what the few calls around it take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from kobjects.kernel.abi import Call, FaultReply, Receive
from kobjects.kernel.slot import Slot
from kobjects.kernel.thread import Thread
from tests.stages.actors import FAULT, SPIN, Act, act, actor, bell, ms, play, sleep
from tests.stages.company import endpoint
from tests.stages.script import Memory
from tests.stages.test_invariants import SCRIPTS, TASKS

pytestmark = pytest.mark.boot

MESSAGES, SIGNALS = Receive.MESSAGES, Receive.SIGNALS
ROUND = 2
"""Instructions of one round of SPIN."""
SAVED = 40 * int(Slot.size)
"""The handle of an empty slot."""
UNIT = 500_000
"""Rounds, of a millisecond; times are told in these."""
SLACK = 0.06
"""Units that a thread needs for its calls, and for beginning, at most."""


def work(units: int) -> Act:
    return Act(SPIN, units * UNIT)


receive, answer = act(Call.RECV, MESSAGES), act(Call.REPLY, 0)
answer_next = act(Call.REPLY_RECV)
call = act(Call.CALL, "server")
START = sleep(ms(0))

Times = Mapping[str, int]
Case = tuple[Mapping[str, Sequence[Act]], Times]
"""What each actor does, and for how many units each pays."""
NAMES = ("server", "peer", "client", "other", "archive", "waker")
ACTORS = (
    actor("server", 100, archive=endpoint("archive")),
    actor("peer", 100),
    actor("client", 80, 'supervisor = "server"', server=endpoint("server")),
    actor("other", 80, server=endpoint("server")),
    actor("archive", 120, bell=bell("waker", 1)),
    actor("waker", 200, bell=bell("server", 1)),
)

CASES: dict[str, Case] = {
    "a call": ({
        "server": [receive, work(2), answer_next],
        "client": [START, call, work(1)],
    }, {"client": 3}),
    "a call with a deadline": ({
        "server": [receive, work(2), answer_next],
        "client": [START, act(Call.CALL, "server", until=ms(90)), work(1)],
    }, {"client": 3}),
    "a call that was queued": ({
        "server": [sleep(ms(2)), receive, work(2), answer_next],
        "client": [START, call, work(1)],
    }, {"client": 3}),
    "one that was queued behind another's": ({
        "server": [receive, sleep(ms(2)), work(1), answer_next, work(3), answer_next],
        "client": [START, call],
        "other": [sleep(ms(1)), call],
    }, {"client": 1, "other": 3}),
    "a call during which another thread had the processor": ({
        "server": [receive, work(4), answer_next],
        "client": [START, call, work(3)],
        "waker": [sleep(ms(2)), work(1)],
    }, {"client": 7, "waker": 1}),
    "a call during which its server waited": ({
        "server": [receive, sleep(ms(3)), work(1), act(Call.RECV, SIGNALS), work(2), answer],
        "client": [START, call],
        "waker": [sleep(ms(6)), act(Call.SIGNAL, "bell")],
    }, {"client": 3}),
    "a call whose server calls another": ({
        "server": [receive, act(Call.CALL, "archive"), work(1), answer_next],
        "archive": [receive, work(2), answer_next],
        "client": [START, call],
    }, {"client": 3}),
    "a call whose server calls another that is busy": ({
        "server": [receive, act(Call.CALL, "archive"), work(1), answer_next],
        "archive": [sleep(ms(2)), receive, work(2), answer_next],
        "client": [START, call],
    }, {"client": 3}),
    "work behind the reply": ({
        "server": [receive, work(1), answer, work(2)],
        "client": [START, call],
    }, {"client": 1, "server": 2}),
    "a client whose right was saved": ({
        "server": [receive, work(1), act(Call.REPLY_SAVE, SAVED), work(2), act(Call.REPLY, SAVED)],
        "client": [START, call],
    }, {"client": 1, "server": 2}),
    "a client that gave up": ({
        "server": [receive, work(5), answer],
        "client": [START, act(Call.CALL, "server", until=ms(2))],
    }, {"client": 2, "server": 3}),
    "a server that gave up another": ({
        "server": [receive, act(Call.CALL, "archive", until=ms(2)), work(1), answer],
        "archive": [receive, work(5), answer],
        "client": [START, call],
    }, {"client": 3, "archive": 3}),
    "a fault": ({
        "server": [receive, work(2), act(Call.REPLY_RECV, 0, FaultReply.RESUME, 0)],
        "client": [START, Act(FAULT)],
    }, {"client": 2}),
    "a server that yields": ({
        "server": [receive, work(1), act(Call.YIELD), work(1), answer_next],
        "client": [START, call],
        "peer": [sleep(ms(0) + 500_000), work(2)],
    }, {"client": 2, "peer": 2}),
    "a message that asks for no reply": ({
        "server": [receive, work(2)],
        "client": [START, act(Call.SEND, "server"), work(1)],
    }, {"client": 1, "server": 2}),
}  # fmt: skip


def times(memory: Memory) -> dict[str, int]:
    """Ticks of every thread of the image."""
    return {
        one.name: memory.thread(memory.task(one.name).threads).ticks
        for one in memory.image.system.tasks
    }


@pytest.mark.parametrize("case", CASES)
def test_time_stands_with_whom_it_was_worked_for(case: str) -> None:
    scripts, expected = CASES[case]
    nothing: dict[str, Sequence[Act]] = {name: [] for name in NAMES}
    found = times(play({**nothing, **scripts}, *ACTORS).memory)
    units = {name: found[name] / (UNIT * ROUND) for name in NAMES}
    assert units == pytest.approx({name: expected.get(name, 0) for name in units}, abs=SLACK)


def test_all_times_together_are_the_clock() -> None:
    """What threads and idling took is all that passed, to the tick, whatever they did."""
    found = play(SCRIPTS, *TASKS)
    memory, cpu = found.memory, found.memory.cpu
    idle = Thread.parse(memory.region("nobody")).ticks
    assert idle + sum(times(memory).values()) == cpu.charged - cpu.tsc_start
    seen = max(back.time for told in found.told.values() for back in told)
    assert seen < cpu.charged
