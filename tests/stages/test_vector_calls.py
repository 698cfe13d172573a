"""Calls and replies of threads with vector registers: quick, and no register tells of the other."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from kobjects.cpu.exceptions import Vector
from kobjects.kernel.abi import Abi, Call, Receive
from kobjects.kernel.thread import ThreadLimit
from packer.build import build
from packer.machine.outcome import Outcome
from packer.machine.qmp import Monitor
from tests.stages import harness
from tests.stages.company import START, endpoint, last, task
from tests.stages.steps import PROGRAM, scripted
from tests.stages.test_fpu import AT, CALL, load, save
from tests.stages.vectors import RESET, State

pytestmark = pytest.mark.boot

WORDS = ("rsi", "rdx", "r8", "r9", "r10", "rbx", "r12", "r13", "r14", "rbp")
KEPT = (*WORDS, "rax", "rdi", "r15")
REGISTERS = 0xF40
"""Where a task keeps what came back, in its message buffer's page; behind it, how long it took."""
TOOK = REGISTERS + len(KEPT) * 8
FIRST = 0x800
"""Where the client saves what it has after its first call."""
STARTED = TOOK + 8
BUSY = 6_000_000
"""Instructions of the client in which `waker` interrupts it, if it has vector registers."""
BADGE = 7
ROUNDS = 3
QUICK = 300
"""Instructions of a round trip with all that both tasks do here. The slow way takes 600 alone."""


def words(first: int) -> str:
    return "".join(f"    mov     {name}, {first + n}\n" for n, name in enumerate(WORDS))


def keep() -> str:
    stores = (f"    mov     [rcx + {8 * n}], {name}\n" for n, name in enumerate(KEPT))
    return f"    mov     ecx, User.BUFFER + {REGISTERS:#x}\n" + "".join(stores)


def interrupted(xsave: bool) -> str:
    """Another thread runs meanwhile, so the registers are saved in the control page."""
    return f"""{load(9, xsave)}
    mov     ecx, {BUSY // 2}
busy:
    dec     ecx
    jnz     busy
"""


def client(vectors: bool, xsave: bool) -> tuple[str, ...]:
    return interrupted(xsave) if vectors else "", *(
        (load(10 + number, xsave) if vectors else "")
        + f"""
    rdtsc
    mov     ecx, User.BUFFER + {STARTED:#x}
    mov     [rcx], eax
{words(100 * number)}
    mov     eax, {Call.CALL << Abi.NUMBER_SHIFT | len(WORDS)}
    mov     edi, cap.server
    syscall
{keep()}
    rdtsc
    sub     eax, [rcx + {STARTED - REGISTERS}]
    mov     [rcx + {TOOK - REGISTERS}], eax
"""
        + (saved(number, xsave) if vectors or xsave else "")
        + ("" if vectors or number < ROUNDS else "    fnop\n")
        for number in range(1, ROUNDS + 1)
    )


def saved(number: int, xsave: bool) -> str:
    """The first time elsewhere, since it was another way back."""
    return save(xsave).replace(f"{AT:#x}", f"{FIRST:#x}") if number == 1 else save(xsave)


def receive_next(number: int) -> str:
    """At first in two calls, so that the client comes back the slow way."""
    if number > 1:
        return f"""
    mov     eax, {Call.REPLY_RECV << Abi.NUMBER_SHIFT | len(WORDS)}
    syscall"""
    return f"""
    xor     edi, edi
    mov     eax, {Call.REPLY << Abi.NUMBER_SHIFT | len(WORDS)}
    syscall
{RECEIVE}"""


RECEIVE = f"""
    mov     edi, {int(Receive.MESSAGES | Receive.SIGNALS)}
    mov     eax, {Call.RECV << Abi.NUMBER_SHIFT}
    syscall
"""


def server(vectors: bool, xsave: bool) -> tuple[str, ...]:
    return RECEIVE, *(
        keep()
        + (save(xsave) if vectors or xsave else "")
        + ("" if vectors or number < ROUNDS else "    fnop\n")
        + (load(20 + number, xsave) if vectors else "")
        + f"""
{words(1000 * number)}
{receive_next(number)}
"""
        for number in range(1, ROUNDS + 1)
    )


@dataclass(frozen=True)
class Seen:
    """What both tasks had at the end."""

    vectors: dict[str, bool]
    xsave: bool
    outcome: Outcome
    buffers: dict[str, bytes]

    def state(self, who: str, at: int = AT) -> State:
        found = State.saved(self.buffers[who][at : at + ThreadLimit.XSAVE_BYTES])
        return found if self.xsave else State(**vars(found) | {"high": RESET.high})

    def kept(self, who: str) -> list[int]:
        area = self.buffers[who][REGISTERS:TOOK]
        return [int.from_bytes(area[n : n + 8], "little") for n in range(0, len(area), 8)]


@pytest.fixture(
    scope="module",
    params=[(c, s, cpu) for cpu in ("qemu64", "max") for c, s in ((1, 1), (1, 0), (0, 1))],
    ids=lambda each: (
        f"{'vectors' if each[0] else 'none'}-{'vectors' if each[1] else 'none'}-{each[2]}"
    ),
)
def seen(request: pytest.FixtureRequest) -> Seen:
    with_client, with_server, cpu = request.param
    xsave = cpu == "max"
    vectors = {"client": bool(with_client), "server": bool(with_server)}
    scripts = {
        "client": client(vectors["client"], xsave),
        "server": server(vectors["server"], xsave),
    }
    text = START
    for who, priority in (("server", 60), ("client", 50)):
        more = ["fpu = true"] if vectors[who] else []
        given = {"server": endpoint("server", BADGE)} if who == "client" else {}
        text += task(who, PROGRAM, priority, *more, console=endpoint("console"), **given)
    text += task("waker", PROGRAM, 90, console=endpoint("console"))
    waker = "".join(["    mov     esi, 1000000\n    call    sleep\n"] * 20)
    of = scripted(harness.system(text + last()), **scripts, waker=(waker,))
    image = build(of)
    buffers: dict[str, bytes] = {}

    def ask(monitor: Monitor) -> None:
        buffers.update({who: harness.held(monitor, image, f"message.{who}") for who in scripts})

    outcome = harness.passed(harness.boot(image, cpu=cpu, ask=ask))
    return Seen(vectors, xsave, outcome, buffers)


def test_a_message_comes_whole(seen: Seen) -> None:
    last_call = [100 * ROUNDS + n for n in range(len(WORDS))]
    assert seen.kept("server") == [*last_call, len(WORDS), BADGE, 0]
    rounds = ROUNDS if seen.vectors["server"] else ROUNDS - 1
    last_reply = [1000 * rounds + n for n in range(len(WORDS))]
    assert seen.kept("client") == [*last_reply, len(WORDS), 0, 0]


def test_neither_sees_the_others_registers(seen: Seen) -> None:
    """Nor its own of before, which a call does not keep."""
    for who, vectors in seen.vectors.items():
        if vectors or seen.xsave:
            assert seen.state(who) == RESET, who
    if seen.vectors["client"] or seen.xsave:
        assert seen.state("client", FIRST) == RESET


def test_who_has_none_may_use_none(seen: Seen) -> None:
    for who, vectors in seen.vectors.items():
        refused = f"thread {who} faulted: vector {int(Vector.NM)} " in seen.outcome.serial
        assert refused is not vectors
    assert seen.outcome.serial.count("faulted") == [*seen.vectors.values()].count(False)


def test_it_is_quick(seen: Seen) -> None:
    took = int.from_bytes(seen.buffers["client"][TOOK : TOOK + 4], "little")
    assert took < QUICK


def test_ports_of_the_client_are_closed_for_the_server() -> None:
    """They are a second thing that a switch must see to."""
    text = START + task("server", PROGRAM, 60, "fpu = true", console=endpoint("console"))
    text += task(
        "client", PROGRAM, 50, "fpu = true", 'ports = ["0x80-0x80"]',
        console=endpoint("console"), server=endpoint("server"),
    )  # fmt: skip
    scripts = {"server": (RECEIVE, "    out     0x80, al\n"), "client": (CALL,)}
    outcome = harness.passed(harness.boot(scripted(harness.system(text + last()), **scripts)))
    assert f"thread server faulted: vector {int(Vector.GP)} " in outcome.serial
