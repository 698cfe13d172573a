"""Programs that the supervisor makes, ends and makes again: what they find, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import pytest

from kobjects.kernel.abi import Call, ObjectType, Status
from kobjects.kernel.services import Result, SupervisorRequest
from kobjects.kernel.thread import ThreadState
from tests.stages.actors import Act, Back, Play, act, actor, perform, sleep
from tests.stages.company import endpoint
from tests.stages.harness import lines
from tests.stages.user.kit import SUPERVISED, company, name_of, said, words

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


@pytest.mark.boot
def test_a_program_costs_the_same_every_time_and_nothing_afterwards() -> None:
    again = [ask(RESTART, "idler")] * TIMES
    played = operated(MEMORY, ask(RUN, "idler"), MEMORY, *again, MEMORY, ask(KILL, "idler"), MEMORY)
    assert results(played) == [Result.OK] * (5 + TIMES + 1)
    found = [
        back.words[1:5]
        for one, back in zip(played.scripts["operator"], played.told["operator"], strict=True)
        if one == MEMORY
    ]
    before, running, restarted, after = found
    # What the first program costs for good is the page table behind the page that is filled.
    assert restarted == running
    assert after[0] == before[0]
    assert after[2:] == before[2:]
    assert after[1] - before[1] in (0, 1)
    assert running[1] > after[1]
