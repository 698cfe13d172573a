"""What the end of a wait leaves at a thread: nothing that its next life would notice."""

from __future__ import annotations

import pytest

from kobjects.cpu.exceptions import Vector
from kobjects.kernel.abi import Call, FaultReply, Receive, Status, ThreadPart
from kobjects.kernel.inspect import InspectedThread
from kobjects.kernel.slot import Slot
from kobjects.kernel.thread import ThreadFlags, ThreadState
from tests.stages.actors import FAULT, SPIN, STORE, Act, Back, act, actor, ms, play, sleep
from tests.stages.company import endpoint
from tests.stages.steps import thread

pytestmark = pytest.mark.boot

MESSAGES, SIGNALS = Receive.MESSAGES, Receive.SIGNALS
SAVED = 40 * Slot.size
TWO_SLICES = Act(SPIN, 6_000_000)
"""Rounds of two instructions: longer than the slice and a half that it can be."""
READ, WRITE = 1, 2
PLACE = 0x5000_0000
"""Where nothing is mapped at first."""
RETURNED = 0x202
"""Flags."""
WARD = thread("ward", "read", "write", "control")


def state_and_flags(told: Back) -> tuple[int, ThreadFlags]:
    """What INSPECT says of a thread."""
    words = b"".join(word.to_bytes(8, "little") for word in told.words)
    found = InspectedThread.parse(words)
    return found.state, found.flags


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ([act(Call.REPLY, 0, FaultReply.STOP)], ThreadState.STOPPED),
        ([act(Call.REPLY_SAVE, SAVED), TWO_SLICES, act(Call.DELETE, 0, SAVED)],
         ThreadState.FAULTED),
    ],
    ids=["stopped", "unsupervised"],
)  # fmt: skip
def test_who_ends_in_its_fault_owes_no_slice(answer: list[Act], state: ThreadState) -> None:
    """The ward pays for its supervisor, whom an equal thread takes the processor from."""
    told = play(
        {
            "ward": [sleep(ms(1)), Act(FAULT)],
            "equal": [sleep(ms(2)), TWO_SLICES],
            "supervisor": [
                act(Call.RECV, MESSAGES | SIGNALS),  # on the fast path, which leaves the payer
                TWO_SLICES,
                *answer,
                act(Call.INSPECT, "ward"),
            ],
        },
        actor("supervisor", 100, ward=WARD),
        actor("equal", 100),
        actor("ward", 100, 'supervisor = "told"', told=endpoint("supervisor")),
    ).told["supervisor"]
    assert state_and_flags(told[-1]) == (state, ThreadFlags())


def test_a_stop_forgets_where_the_fault_was() -> None:
    """The ward's store works when it is started, and its next fault has no address."""
    told = play(
        {
            "ward": [sleep(ms(1)), Act(STORE, PLACE, [1]), Act(FAULT)],
            "supervisor": [
                act(Call.RECV, MESSAGES),
                act(Call.STOP, "ward"),
                act(Call.MAP, "page", "space", PLACE, READ | WRITE),
                act(Call.START, "ward"),
                act(Call.RECV, MESSAGES),
            ],
        },
        actor(
            "supervisor", 100, ward=WARD, space='{ space = "ward", rights = ["map"] }',
            page='{ frame = "page", rights = ["read", "write"] }',
        ),
        actor("ward", 90, 'supervisor = "told"', told=endpoint("supervisor")),
    ).told["supervisor"]  # fmt: skip
    first, *done, second = told
    assert [back.status for back in done] == [Status.OK] * 3
    assert (first.words[0], first.words[3]) == (Vector.PF, PLACE)
    assert (second.words[0], second.words[3]) == (Vector.UD, 0)


@pytest.mark.parametrize("call", [Call.CALL, Call.SEND])
def test_who_waits_has_no_register_of_the_kernels(call: Call) -> None:
    """RCX and R11 are what SYSCALL destroys; the others are those that it called with."""
    told = play(
        {
            "client": [act(call, "server", 1, 2, 3)],
            "server": [sleep(ms(9))],
            "reader": [
                sleep(ms(1)),
                act(Call.READ_THREAD, "client", ThreadPart.REGISTERS),
                act(Call.READ_THREAD, "client", ThreadPart.MORE_REGISTERS),
            ],
        },
        actor("client", 100, server=endpoint("server")),
        actor("server", 110),
        actor("reader", 100, client=thread("client", "read")),
    ).told["reader"]
    _, registers, more = told
    rip, *_, rcx, rdx, rsi = registers.words[:8]
    assert (rsi, rdx) == (1, 2)
    assert rcx in (0, rip), "what SYSRET left there, or nothing"
    rbp, r8, r9, r10, r11 = more.words[:5]
    assert (r8, rbp, r9, r10) == (3, 0, 0, 0)
    assert r11 in (0, RETURNED), "what SYSRET left there, or nothing"
