"""Programs that the supervisor makes, ends and makes again: what they find, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pytest

from kobjects.kernel.abi import (
    Call,
    EndpointRights,
    FrameRights,
    IrqRights,
    ObjectType,
    SpaceRights,
    Status,
)
from kobjects.kernel.roster import RosterLimit
from kobjects.kernel.services import Result, SupervisorRequest
from kobjects.kernel.thread import ThreadState
from tests.stages.actors import LATER, MILLISECOND, Act, Back, Play, act, actor, perform, sleep
from tests.stages.company import endpoint
from tests.stages.user.kit import SUPERVISED, company, name_of, said, ward, words

TIMES = 20


def ask(request: SupervisorRequest, *given: int | str) -> Act:
    flat = [one for each in given for one in (words(each) if isinstance(each, str) else (each,))]
    return act(Call.CALL, "supervisor", request, *flat)


MEMORY = ask(SupervisorRequest.MEMORY)
RUN, KILL, RESTART = SupervisorRequest.RUN, SupervisorRequest.KILL, SupervisorRequest.RESTART
IDLER = 'program = ["idler.asm"], priority = 50'


class Task(NamedTuple):
    """What TASK tells of one ward."""

    name: str
    state: ThreadState
    priority: int
    nanoseconds: int
    frames: int
    restarts: int


def told(back: Back) -> Task:
    assert said(back) is Result.OK
    first, second, state, *rest = back.words[1:8]
    return Task(name_of(first, second), ThreadState(state), *rest)


def operated(
    *acts: Act, modules: str = f"idler = {{ {IDLER} }}\n", who: Sequence[str] = ()
) -> Play:
    """What an operator is told that asks so, beside whom `who` describes."""
    operator = actor(
        "operator", 90, SUPERVISED, "operator = true", supervisor=endpoint("supervisor", 77)
    )
    return perform(company(operator, *who, modules=modules), {"operator": acts})


def results(played: Play) -> list[Result]:
    return [said(back) for back in played.of("operator", Call.CALL)]


def memory_of(played: Play) -> list[tuple[int, ...]]:
    """What each MEMORY was told: frame limit and use, object limit and use."""
    script = played.scripts["operator"]
    return [
        back.words[1:5]
        for one, back in zip(script, played.told["operator"], strict=True)
        if one == MEMORY
    ]


@pytest.mark.boot
def test_a_program_costs_the_same_every_time_and_nothing_afterwards() -> None:
    """The first one costs the supervisor the page table of the page that it fills, for good."""
    once = [ask(RUN, "idler"), ask(KILL, "idler")]
    again = [ask(RESTART, "idler")] * TIMES
    played = operated(
        *once, MEMORY, ask(RUN, "idler"), MEMORY, *again, MEMORY, ask(KILL, "idler"), MEMORY
    )
    assert results(played) == [Result.OK] * len(played.scripts["operator"])
    before, running, restarted, after = memory_of(played)
    assert restarted == running
    assert after == before
    assert running[1] > before[1]
    assert running[3] > before[3]


@pytest.mark.boot
def test_what_does_not_fit_is_refused_and_leaves_nothing() -> None:
    modules = (
        f"idler = {{ {IDLER} }}\n"
        f"glutton = {{ {IDLER}, frames = 1000000 }}\n"
        f"hoarder = {{ {IDLER}, objects = 32768 }}\n"
        f'greedy = {{ {IDLER}, capabilities = ["irq2"] }}\n'
    )
    names = ("glutton", "hoarder", "greedy")
    asked = [ask(RUN, name) for name in names]
    once = [ask(RUN, "idler"), ask(KILL, "idler")]
    played = operated(*once, MEMORY, *asked, MEMORY, *asked, MEMORY, modules=modules)
    before, between, after = memory_of(played)
    assert before == between == after
    told = {
        name: (said(back), back.words[1])
        for name, back in zip(names, played.of("operator", Call.CALL)[3:6], strict=True)
    }
    assert told == {
        "glutton": (Result.REFUSED, Status.NO_QUOTA),
        "hoarder": (Result.REFUSED, Status.NO_QUOTA),
        "greedy": (Result.REFUSED, Status.BAD_ARGUMENT),
    }


@pytest.mark.boot
def test_requests_that_make_no_sense_are_told() -> None:
    asked = {
        ask(RUN, "nobody"): (Result.NOT_FOUND, 0),
        ask(RUN, "text"): (Result.NOT_FOUND, 0),
        ask(RUN, "sleeper"): (Result.EXISTS, 0),
        ask(RESTART, "sleeper"): (Result.NO_PROGRAM, 0),
        ask(RESTART, "idler"): (Result.NOT_FOUND, 0),
        ask(KILL, "idler"): (Result.NOT_FOUND, 0),
        ask(KILL, "nobody"): (Result.NOT_FOUND, 0),
        ask(KILL, "supervisor"): (Result.REFUSED, Status.BAD_STATE),
        ask(RESTART, "supervisor"): (Result.REFUSED, Status.BAD_STATE),
        act(Call.CALL, "supervisor", 0): (Result.UNKNOWN_REQUEST, 0),
        act(Call.CALL, "supervisor", 1 << 40): (Result.UNKNOWN_REQUEST, 0),
        ask(SupervisorRequest.TASK, 1 << 40): (Result.END, 0),
        ask(SupervisorRequest.INTERRUPT, 16): (Result.END, 0),
        ask(SupervisorRequest.ENDPOINT, "idler"): (Result.NOT_FOUND, 0),
    }
    played = operated(*asked, who=[ward("sleeper", 78, "idler.asm")])
    told = [(said(back), back.words[1]) for back in played.of("operator", Call.CALL)]
    assert dict(zip(asked, told, strict=True)) == asked


@pytest.mark.boot
def test_only_operators_change_anything() -> None:
    acts = [
        ask(RUN, "idler"),
        ask(KILL, "operator"),
        ask(RESTART, "idler"),
        ask(SupervisorRequest.FINISH, 0),
        MEMORY,
    ]
    plain = actor("plain", 95, SUPERVISED, supervisor=endpoint("supervisor", 78))
    stranger = actor("stranger", 95, supervisor=endpoint("supervisor", 77 + 2))
    of = company(
        *(ward("operator", 77, "idler.asm"), plain, stranger),
        modules=f"idler = {{ {IDLER} }}\n",
    )
    played = perform(of, {"plain": acts, "stranger": acts})
    refused = (Result.REFUSED, Status.NO_RIGHT)
    for name in ("plain", "stranger"):
        told = [(said(back), back.words[1]) for back in played.of(name, Call.CALL)]
        assert told[:4] == [refused] * 4
        assert told[4][0] is Result.OK


@pytest.mark.boot
def test_tasks_are_listed_with_what_they_use() -> None:
    listed = [ask(SupervisorRequest.TASK, index) for index in range(9)]
    guest = 'program = ["greeter.asm", "kpack:user/lib.asm"], priority = 150'
    played = operated(
        *(sleep(LATER), ask(RUN, "idler"), ask(RESTART, "idler"), ask(RUN, "greeter")),
        sleep(LATER + MILLISECOND),
        *listed,
        ask(KILL, "idler"),
        *listed,
        modules=f"idler = {{ {IDLER} }}\nnever = {{ {IDLER} }}\n"
        f'greeter = {{ {guest}, capabilities = ["console"] }}\n',
        who=[ward("crasher", 80, "orphan.asm")],
    )
    back = played.of("operator", Call.CALL)
    tasks = [told(one) for one in back[3:11]]
    assert said(back[11]) is Result.END
    assert [(task.name, task.state, task.priority, task.restarts) for task in tasks] == [
        ("console", ThreadState.RECEIVING, 220, 0),
        ("finish", ThreadState.RECEIVING, 210, 0),
        ("supervisor", ThreadState.READY, 200, 0),
        ("operator", ThreadState.REPLY_WAIT, 90, 0),
        ("crasher", ThreadState.FAULTED, 100, 0),
        ("last", ThreadState.SLEEPING, 1, 0),
        ("idler", ThreadState.WAITING, 50, 1),
        ("greeter", ThreadState.EXITED, 0, 0),
    ]
    console, idler, greeter = tasks[0], tasks[6], tasks[7]
    assert console.nanoseconds > 0 < greeter.nanoseconds
    assert idler.frames == FRAMES
    assert greeter.frames == 0
    killed = [told(one) for one in back[13:21]][6]
    assert (killed.state, killed.frames) == (ThreadState.EXITED, 0)
    assert killed.nanoseconds >= idler.nanoseconds > 0


FRAMES = 3 + 2 + 3 + 2
"""Of a small program: its Space, its Thread, page tables, a page of text and one of stack."""


@pytest.mark.boot
def test_what_a_program_is_given() -> None:
    """By the names that it asks for; an empty slot where there is nobody of a name."""
    wanted = ("console", "endpoint", "space", "boot_info", "irq3", "later", "irq16", "supervisor")
    names = ", ".join(f'"{name}"' for name in wanted)
    modules = (
        f"first = {{ {IDLER}, start = true, capabilities = [{names}] }}\nlater = {{ {IDLER} }}\n"
    )
    slots = [ask(SupervisorRequest.CAPABILITY, "first", number) for number in (*range(10), 1023)]
    lines = [ask(SupervisorRequest.INTERRUPT, line) for line in (3, 5)]
    played = operated(
        *(*slots, ask(SupervisorRequest.CAPABILITY, "first", 1024)),
        *(*lines, ask(KILL, "first"), *lines, ask(SupervisorRequest.CAPABILITY, "first", 1)),
        modules=modules,
    )
    back = played.of("operator", Call.CALL)
    call_and_grant = EndpointRights(call=True, grant=True)
    badge = RosterLimit.PROGRAM_BADGE + 5
    nothing = (ObjectType.NONE, 0, 0, 0)
    assert [one.words[1:5] for one in back[:10]] == [
        nothing,
        (ObjectType.ENDPOINT, call_and_grant, badge, 1),
        (ObjectType.ENDPOINT, call_and_grant.replace(control=True), 0, 1),
        (ObjectType.SPACE, SpaceRights(map=True, caps=True), 0, 1),
        (ObjectType.FRAME, FrameRights(read=True), 0, 1),
        (ObjectType.IRQ, IrqRights(ack=True), 0, 1),
        nothing,
        nothing,
        (ObjectType.ENDPOINT, call_and_grant, badge, 1),
        nothing,
    ]
    assert [said(one) for one in back[10:12]] == [Result.END] * 2
    assert [one.words[1:4] for one in back[12:14]] == [(1, 0, 0), (0, 0, 0)]
    assert [one.words[1:4] for one in back[15:17]] == [(0, 0, 0), (0, 0, 0)]
    assert said(back[17]) is Result.NOT_FOUND
