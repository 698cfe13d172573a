"""Threads that others stop and start, whatever they are about."""

from __future__ import annotations

import pytest

from kobjects.cpu.exceptions import Vector
from kobjects.kernel.abi import Abi, Kind, ObjectType, Status
from kobjects.kernel.addresses import User
from kobjects.kernel.thread import Thread, ThreadState
from packer.image import Image
from packer.machine.outcome import Outcome
from packer.machine.qmp import Monitor
from tests.stages import harness, wards
from tests.stages.steps import Step, by_name, returned
from tests.stages.table import ORDER, Result
from tests.stages.wards import ERRORS, LIMIT, MARK, SCRIPTS

pytestmark = pytest.mark.boot

Machine = tuple[Image, Outcome, dict[str, Thread]]


@pytest.fixture(scope="module")
def machine() -> Machine:
    """And the threads' pages at the end."""
    image = wards.image()
    found: dict[str, Thread] = {}

    def ask(monitor: Monitor) -> None:
        for who in SCRIPTS:
            found[who] = Thread.parse(harness.held(monitor, image, f"thread.{who}"))

    return image, harness.boot(image, ask=ask), found


@pytest.fixture(scope="module")
def told(machine: Machine) -> dict[str, Result]:
    return by_name(machine[1])


@pytest.fixture(scope="module")
def order(told: dict[str, Result]) -> list[str]:
    return list(told)


@pytest.mark.parametrize(("step", "status"), ERRORS, ids=[step.name for step, _ in ERRORS])
def test_an_error_is_told(told: dict[str, Result], step: Step, status: Status) -> None:
    assert told[step.name].status is status
    registers = returned(told[step.name])
    assert registers == dict.fromkeys(ORDER, 0) | {"rax": status << Abi.STATUS_SHIFT}


@pytest.mark.parametrize(
    ("who", "state"),
    {
        "sleeper": ThreadState.RECEIVING,
        "server": ThreadState.WAITING,
        "client": ThreadState.REPLY_WAIT,
        "queued": ThreadState.SENDING,
        "victim": ThreadState.REPLY_WAIT,
        "quitter": ThreadState.EXITED,
        "crasher": ThreadState.FAULTED,
        "itself": ThreadState.STOPPED,
        "runner": ThreadState.READY,
    }.items(),
)
def test_errors_leave_every_thread_as_it_was(
    told: dict[str, Result], who: str, state: ThreadState
) -> None:
    assert state_of(told[f"before.{who}"]) is state


def state_of(result: Result) -> ThreadState:
    assert result.status is Status.OK
    assert result.words[0] == ObjectType.THREAD
    return ThreadState(result.words[3])


def test_a_ready_thread_does_nothing_while_it_is_stopped(told: dict[str, Result]) -> None:
    running, stopped, still, started = (
        told[f"counter.{when}"].registers["rsi"]
        for when in ("running", "stopped", "still", "started")
    )
    assert 0 < running <= stopped == still < started
    assert state_of(told["stopped.runner"]) is ThreadState.STOPPED


@pytest.mark.parametrize("name", ["stop.runner", "again.runner", "start.runner", "stop.server"])
def test_both_return_ok_and_no_word(told: dict[str, Result], name: str) -> None:
    assert told[name].registers["rax"] == Status.OK


@pytest.mark.parametrize("name", ["sleeper.1", "server.2", "client.2", "queued.11"])
def test_a_wait_ends_with_aborted(told: dict[str, Result], name: str) -> None:
    """Receiving, waiting for a signal, queued, and waiting for a reply."""
    assert told[name].registers["rax"] == Status.ABORTED << Abi.STATUS_SHIFT
    assert told[name].words == [0] * Abi.REGISTER_WORDS


def test_it_is_told_only_when_the_thread_is_started(order: list[str]) -> None:
    for who, first in (("sleeper", "sleeper.1"), ("client", "client.2"), ("queued", "queued.11")):
        # The driver's line of `stop` comes first; the thread is higher than the driver.
        assert order.index(f"stopped.{who}") < order.index(first)
        assert order.index(first) < order.index(f"start.{who}")


def test_a_stopped_server_keeps_its_clients_and_signals(told: dict[str, Result]) -> None:
    assert state_of(told["stopped.server"]) is ThreadState.STOPPED
    assert state_of(told["served.client"]) is ThreadState.REPLY_WAIT
    assert state_of(told["waits.queued"]) is ThreadState.SENDING
    assert state_of(told["signalled.server"]) is ThreadState.STOPPED
    signal = told["server.3"].registers
    assert signal["rax"] & 0xFF00 == Kind.SIGNAL << Abi.KIND_SHIFT
    assert signal["rdi"] == 6
    assert told["client.1"].words[:2] == [0xA1, 0xA2]
    assert (told["server.4"].registers["rdi"], told["server.4"].words[0]) == (4, 11)


def test_a_client_that_was_stopped_can_call_again(told: dict[str, Result]) -> None:
    assert state_of(told["started.client"]) is ThreadState.SENDING
    assert (told["server.6"].registers["rdi"], told["server.6"].words[0]) == (3, 3)


def test_a_fault_comes_again(machine: Machine, told: dict[str, Result]) -> None:
    """With the same registers; and the answer to the first is an answer to nobody."""
    assert state_of(told["stopped.victim"]) is ThreadState.STOPPED
    at = harness.labels(machine[0], "victim")["victim_fault"]
    first, second = told["pager.1"], told["pager.3"]
    assert first.registers | {"r14": 0} == second.registers | {"r14": 0}, "but for CPU time"
    assert first.words[0] == Vector.UD
    assert first.words[2] == at
    assert first.words[7] == MARK
    assert state_of(told["told.victim"]) is ThreadState.REPLY_WAIT


@pytest.mark.parametrize(
    ("who", "argument"), [("quitter", 0x77), ("crasher", 0x78), ("victim", 0x79)]
)
def test_an_ended_thread_begins_anew(
    machine: Machine, told: dict[str, Result], who: str, argument: int
) -> None:
    """With the three words, flags as at any beginning, and 0 everywhere else."""
    found = told[f"{who}.anew"]
    assert found.registers == {name: argument if name == "rdi" else 0 for name in ORDER}
    assert (found.first, found.last) == (User.STACK_TOP, 0x202)
    assert machine[2][who].fault_address == 0, "the code of its exit is forgotten"


def test_a_stack_may_end_at_the_limit(machine: Machine) -> None:
    said = [line for line in harness.lines(machine[1]) if line.startswith("thread quitter faulted")]
    assert len(said) == 1
    assert said[0].endswith(f" touching {LIMIT - 8:016x}")


def test_a_crashed_thread_that_is_stopped_goes_on_where_it_was(
    machine: Machine, told: dict[str, Result]
) -> None:
    assert state_of(told["stopped.crasher"]) is ThreadState.STOPPED
    assert state_of(told["started.crasher"]) is ThreadState.FAULTED
    at = harness.labels(machine[0], "crasher")["crasher_fault"]
    said = [line for line in harness.lines(machine[1]) if line.startswith("thread crasher")]
    assert len(said) == 2
    assert all(f" at {at:016x} " in line for line in said)


def test_a_thread_that_stops_itself_returns_when_it_is_started(
    told: dict[str, Result], order: list[str]
) -> None:
    assert told["itself.stopped"].registers["rax"] == Status.OK
    assert order.index("itself.stopped") > order.index("before.itself")
    assert "stop.driver" not in told
