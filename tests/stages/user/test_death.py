"""What is left when a server dies: clients that are told, a name that is free, and a supervisor
that goes on even without a console.
"""

from __future__ import annotations

import pytest

from kobjects.kernel.abi import Abi, Call, Receive, Status, ThreadPart
from kobjects.kernel.services import FileRequest, NameRequest, Result, SupervisorRequest
from kobjects.kernel.slot import Slot
from packer.machine.outcome import MARKER
from stages.vectors import DebugExit
from tests.stages.actors import LATER, MILLISECOND, Act, act, actor, perform, sleep
from tests.stages.company import endpoint, task
from tests.stages.user.kit import SUPERVISED, company, said, words
from tests.stages.user.test_programs import KILL, MEMORY, RESTART, RUN, ask

SLOT = 40 * Slot.size
PATIENCE = 2000 * MILLISECOND
"""How long the supervisor waits for its console, in ns."""
FILES = (
    'files = { program = ["kpack:user/files.asm", "kpack:user/register.asm"], priority = 170, '
    'start = true, modules = true, capabilities = ["names", "endpoint"] }\n'
)
OPERATOR = ("operator", 90, SUPERVISED, "operator = true")


def look_up(name: str = "files") -> list[Act]:
    """Empties the slot, and asks for the Endpoint of that name to be put there."""
    return [
        act(Call.DELETE, 0, SLOT),
        act(Call.CALL, "names", NameRequest.LOOKUP, *words(name)),
    ]


@pytest.mark.boot
def test_a_dead_servers_name_is_free_and_the_next_ones_is_found() -> None:
    listed = act(Call.CALL, "names", NameRequest.LIST, 0)
    use = act(Call.CALL, SLOT, FileRequest.LIST, 0)
    acts = [
        act(Call.WRITE_THREAD, 0, ThreadPart.RECEIVE_SLOT, SLOT),
        sleep(LATER),
        *(*look_up(), use, ask(KILL, "files"), use, *look_up(), listed),
        *(ask(RUN, "files"), sleep(LATER + MILLISECOND), *look_up(), use, listed),
        *(ask(RESTART, "files"), sleep(LATER + 2 * MILLISECOND), use, *look_up(), use),
    ]
    operator = actor(
        *OPERATOR,
        supervisor=endpoint("supervisor", 77),
        names='{ endpoint = "names", rights = ["call", "grant"] }',
    )
    names = task("names", "kpack:user/names.asm", 180)
    played = perform(company(names, operator, modules=FILES), {"operator": acts})
    told = [
        back.status if back.status is not Status.OK else Result(back.words[0])
        for back in played.of("operator", Call.CALL)
    ]
    assert told == [
        *(Result.OK, Result.OK, Result.OK, Status.DEAD, Result.NOT_FOUND, Result.END),
        *(Result.OK, Result.OK, Result.OK, Result.OK),
        *(Result.OK, Status.DEAD, Result.OK, Result.OK),
    ]


@pytest.mark.boot
def test_the_supervisor_gives_a_tasks_endpoint() -> None:
    acts = [
        act(Call.WRITE_THREAD, 0, ThreadPart.RECEIVE_SLOT, SLOT),
        ask(SupervisorRequest.ENDPOINT, "names"),
        act(Call.CALL, SLOT, NameRequest.LIST, 0),
        ask(SupervisorRequest.ENDPOINT, "nobody"),
    ]
    operator = actor(*OPERATOR, supervisor=endpoint("supervisor", 77))
    names = task("names", "kpack:user/names.asm", 180)
    played = perform(company(names, operator), {"operator": acts})
    told = played.of("operator", Call.CALL)
    assert [said(one) for one in told] == [Result.OK, Result.END, Result.NOT_FOUND]
    assert [one.flags for one in told] == [Abi.RECEIVED >> 24, 0, 0]


@pytest.mark.boot
def test_clients_of_a_killed_server_are_told() -> None:
    """One whose call it has, and one that queues at it."""
    server = [act(Call.RECV, Receive.MESSAGES), act(Call.RECV, Receive.SIGNALS)]
    client = [act(Call.CALL, "server")]
    given = {"server": endpoint("server")}
    operator = actor(*OPERATOR, supervisor=endpoint("supervisor", 77))
    of = company(
        operator,
        actor("server", 120, SUPERVISED, supervisor=endpoint("supervisor", 78)),
        *(actor(name, 100, **given) for name in ("first", "second")),
    )
    scripts = {
        "operator": [sleep(LATER), ask(KILL, "server"), ask(KILL, "server")],
        "server": server,
        "first": client,
        "second": [*client, *client],
    }
    played = perform(of, scripts)
    told = [one.status for name in ("first", "second") for one in played.of(name, Call.CALL)]
    assert told == [Status.DEAD] * 3
    assert [said(one) for one in played.of("operator", Call.CALL)] == [
        *(Result.OK, Result.NOT_FOUND),
    ]


@pytest.mark.boot
@pytest.mark.parametrize("how", ["killed", "mute"])
def test_the_supervisor_outlives_its_console(how: str) -> None:
    """A console that answers nobody, and one that is dead: the fault of a ward is still dealt with,
    and requests are answered.
    """
    mute = "mute" if how == "mute" else "console"
    gone = ask(KILL, "mute" if how == "mute" else "console")
    text = [int.from_bytes(f"{MARKER}\n".encode().ljust(80, b"\0")[n : n + 8], "little")
            for n in range(0, 80, 8)]  # fmt: skip
    crash = ask(RUN, "crasher")
    modules = 'crasher = { program = ["orphan.asm"], priority = 150 }\n'
    acts = [
        *((gone,) if how == "killed" else ()),
        *(crash, MEMORY, sleep(3000 * MILLISECOND), crash, sleep(6000 * MILLISECOND), MEMORY),
        act(Call.CALL, "printer", *text),
        act(Call.CALL, "finish", DebugExit.PASSED),
    ]
    operator = actor(
        *OPERATOR,
        supervisor=endpoint("supervisor", 77),
        printer=endpoint("printer"),
        finish=endpoint("finish"),
    )
    printer = task("printer", "kpack:user/console.asm kpack:console/drivers.asm", 220,
                   'ports = ["0x3f8-0x3ff", "0x3cc-0x3cc", "0x3d4-0x3d5"]',
                   'physical = { "0x500000" = "0xb8000-0xb8fff" }')  # fmt: skip
    of = company(
        printer, task("mute", "idler.asm", 220), operator,
        modules=modules, console=mute, end="",
    )  # fmt: skip
    played = perform(of, {"operator": acts})
    told = [said(one) for one in played.of("operator", Call.CALL)[:-2]]
    assert told == [Result.OK] * len(told)
    rows = zip(acts, played.told["operator"], strict=True)
    before, after = [back for one, back in rows if one == MEMORY]
    assert after.words == before.words, "the crasher was removed each time"
    if how == "mute":
        assert PATIENCE < before.time < 4 * PATIENCE, "two lines, each waited for"
