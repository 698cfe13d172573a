"""A task of the image that is started again has what its manifest gave it; its clients have it."""

from __future__ import annotations

import pytest

from kobjects.kernel.abi import Call, Status
from kobjects.kernel.services import Result, SupervisorRequest
from tests.stages.actors import LATER, act, actor, perform, sleep
from tests.stages.company import endpoint, task
from tests.stages.user.kit import SUPERVISED, company, said, words
from tests.stages.user.test_programs import KILL, RESTART, RUN, ask

GIVEN = {
    "supervisor": endpoint("supervisor", 78),
    "console": endpoint("console", 0xFEED),
    "itself": '{ endpoint = "server", rights = ["call", "grant"], badge = 5 }',
    "page": '{ frame = "page", rights = ["read", "write"] }',
    "space": '{ space = "server", rights = ["map"] }',
    "thread": '{ thread = "operator", rights = ["read"] }',
    "line": '{ irq = "5", rights = ["ack"], badge = 6 }',
}


def test_every_kind_is_among_them() -> None:
    kinds = {text.split()[1] for text in GIVEN.values()}
    assert kinds == {"endpoint", "frame", "space", "thread", "irq"}


@pytest.mark.boot
@pytest.mark.parametrize("times", [1, 3])
def test_a_task_that_is_started_again_has_what_it_had(times: int) -> None:
    server = task("server", "kpack:user/pong.asm", 120, SUPERVISED, 'restart = "always"', **GIVEN)
    operator = actor(
        "operator", 90, SUPERVISED, "operator = true",
        supervisor=endpoint("supervisor", 77), server=endpoint("server", 3),
    )  # fmt: skip
    look = [
        act(Call.CALL, "supervisor", SupervisorRequest.CAPABILITY, *words("server"), slot)
        for slot in range(1, len(GIVEN) + 2)
    ]
    use = act(Call.CALL, "server", 11, 22)
    acts = [sleep(LATER), use, *look, *[ask(RESTART, "server")] * times, *look, use]
    acts += [ask(KILL, "server"), use, ask(RUN, "server"), use]
    played = perform(company(server, operator), {"operator": acts})
    first, *told = played.of("operator", Call.CALL)
    before, told = told[: len(look)], told[len(look) :]
    restarts, told = told[:times], told[times:]
    after, (last, killed, dead, run, again) = told[: len(look)], told[len(look) :]
    assert first.words[:2] == last.words[:2] == again.words[:2] == (11, 22)
    assert [said(one) for one in (*restarts, killed, run)] == [Result.OK] * (times + 2)
    assert dead.status is Status.DEAD
    assert [one.words for one in after] == [one.words for one in before]
    assert [one.words[1] for one in before[:-1]].count(0) == 0, "none of them is empty"
    assert [one.words[4] for one in before[:-1]] == [1] * len(GIVEN), "all are alive"
