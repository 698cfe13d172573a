"""What a short call or reply of threads with vector registers leaves behind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kobjects.kernel.abi import Call, Receive, Status
from kobjects.kernel.inspect import InspectedThread
from kobjects.kernel.thread import ThreadState
from stages.invariants.stage import checked
from tests.stages import harness
from tests.stages.actors import MILLISECOND, act, actor, bell, ms, perform, play, sleep
from tests.stages.company import START, endpoint, last
from tests.stages.test_vector_refusals import ANSWER, CALL, FPU, RECEIVE, pair, spin, thread

pytestmark = pytest.mark.boot


def test_ports_are_closed_for_the_server() -> None:
    """They are a second thing that a switch must see to. The debug build sees what is open."""
    system = harness.system(
        START
        + actor("server", 60, FPU)
        + actor("client", 50, FPU, 'ports = ["0x80-0x80"]', server=endpoint("server", 7))
        + last()
    )
    scripts = {"server": [RECEIVE, ANSWER], "client": [CALL]}
    played = perform(replace(system, stages=checked(system.stages)), scripts)
    assert played.told["client"][0].status is Status.OK


@pytest.mark.parametrize("fpu", [FPU, "fpu = false"])
def test_a_server_that_was_reached_is_not_reached_again(fpu: str) -> None:
    """It works when its slice ends and its equal calls it, which must queue."""
    played = play(
        {
            "server": [RECEIVE, spin(30 * MILLISECOND), ANSWER, ANSWER],
            "client": [sleep(ms(1)), CALL],
            "equal": [sleep(ms(3)), CALL],
        },
        actor("server", 60, fpu),
        actor("client", 50, FPU, server=endpoint("server", 7)),
        actor("equal", 60, FPU, server=endpoint("server", 8)),
    )
    received = (played.told["server"][0], played.told["server"][2])
    assert [one.rdi for one in received] == [7, 8]
    assert [played.of(name, Call.CALL)[0].status for name in ("client", "equal")] == [Status.OK] * 2


def test_a_client_that_was_answered_no_longer_waits() -> None:
    """As a higher thread sees that interrupts it."""
    played = play(
        {
            "server": [RECEIVE, ANSWER],
            "client": [sleep(ms(1)), CALL, spin(5 * MILLISECOND)],
            "high": [sleep(ms(3)), act(Call.INSPECT, "client")],
        },
        actor("server", 60, FPU),
        actor("client", 50, FPU, server=endpoint("server", 7)),
        actor("high", 70, client='{ thread = "client", rights = ["read"] }'),
    )
    state = played.of("high", Call.INSPECT)[0].words[InspectedThread.offset("state") // 8]
    assert ThreadState(state) is ThreadState.READY


def test_interrupts_come_when_a_call_is_over() -> None:
    played = play(
        {
            "server": [RECEIVE, ANSWER],
            "client": [sleep(ms(1)), CALL, spin(9 * MILLISECOND), act(Call.CLOCK)],
            "high": [sleep(ms(3)), act(Call.CLOCK)],
        },
        actor("server", 60, FPU),
        actor("client", 50, FPU, server=endpoint("server", 7)),
        actor("high", 70),
    )
    assert played.of("high", Call.CLOCK)[0].time < played.of("client", Call.CLOCK)[0].time


def test_a_server_without_vector_registers_waits_as_before() -> None:
    """Those of its kind reach it the fastest way, by its key."""
    played = play(
        {"server": [RECEIVE, ANSWER], "client": [CALL]},
        actor("server", 60),
        actor("client", 50, FPU, server=endpoint("server", 7)),
    )
    server = thread(played, "server")
    assert server.receive_key == server.base_rank == 61


def test_two_without_vector_registers_are_given_none() -> None:
    """A signal came while the server worked, so its client has no key, though it is received. The
    debug build sees what is in the processor.
    """
    system = harness.system(
        START
        + actor("server", 60)
        + actor("client", 50, server=endpoint("server", 7))
        + actor("ringer", 55, bell=bell("server", 4))
        + last()
    )
    scripts = {
        "server": [RECEIVE, sleep(ms(5)), act(Call.RECV, Receive.SIGNALS), ANSWER],
        "client": [sleep(ms(1)), CALL],
        "ringer": [sleep(ms(2)), act(Call.SIGNAL, "bell")],
    }
    played = perform(replace(system, stages=checked(system.stages)), scripts)
    assert played.told["server"][2].rdi == 4
    assert played.of("client", Call.CALL)[0].status is Status.OK


def test_nobody_to_answer() -> None:
    played = pair([], [ANSWER])
    assert played.told["server"][0].status is Status.NO_CALLER
    assert thread(played, "server").state is not ThreadState.RECEIVING


def test_a_server_that_was_reached_no_longer_waits() -> None:
    """As it sees itself."""
    played = play(
        {"server": [RECEIVE, act(Call.INSPECT, "myself"), ANSWER], "client": [CALL]},
        actor("server", 60, FPU, myself='{ thread = "server", rights = ["read"] }'),
        actor("client", 50, FPU, server=endpoint("server", 7)),
    )
    state = played.told["server"][1].words[InspectedThread.offset("state") // 8]
    assert ThreadState(state) is ThreadState.READY
