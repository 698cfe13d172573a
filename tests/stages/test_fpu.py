"""Vector registers are one thread's: they outlive interrupts and faults, and no other sees them.

What a task saved lies in its message buffer's page and is read from the machine when it stands
still. Both ways of saving are tried: FXSAVE on `qemu64`, XSAVE with AVX on `max`.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from kobjects.cpu.exceptions import Vector
from kobjects.cpu.xsave import FxsaveArea
from kobjects.kernel.abi import Abi, Call, FaultReply, ThreadPart
from kobjects.kernel.thread import ThreadLimit
from packer.build import build
from packer.machine.outcome import Outcome
from packer.machine.qmp import Monitor
from tests.stages import harness
from tests.stages.company import START, endpoint, last, task
from tests.stages.steps import PROGRAM, Step, scripted, thread
from tests.stages.vectors import RESET, State, pattern

pytestmark = pytest.mark.boot

AT = 0xC00
"""Where a task saves, in its message buffer's page; behind it are the counter before and after."""
TIMES = AT + ThreadLimit.XSAVE_BYTES
ROUNDS = 4_000_000
"""Two instructions each: some slices."""


def load(seed: int, xsave: bool) -> str:
    data = ", ".join(map(str, pattern(seed).area()))
    return f"""
    jmp     load_{seed}
    .align  64
area_{seed}:
    .byte   {data}
load_{seed}:
    mov     eax, -1
    mov     edx, eax
    {"xrstor64" if xsave else "fxrstor64"} [rip + area_{seed}]
"""


def save(xsave: bool) -> str:
    return f"""
    mov     edi, User.BUFFER + {AT:#x}
    mov     eax, -1
    mov     edx, eax
    {"xsave64" if xsave else "fxsave64"} [rdi]
"""


BUSY = f"""
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    mov     edi, User.BUFFER + {TIMES:#x}
    mov     [rdi], rax
    mov     ecx, {ROUNDS}
busy:
    dec     ecx
    jnz     busy
    rdtsc
    shl     rdx, 32
    or      rax, rdx
    mov     [rdi + 8], rax
"""
RESUME = f"""
    lea     rdx, [r8 + 2]               ; behind UD2
    mov     esi, {int(FaultReply.RESUME)}
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT | 2
    syscall
"""
YIELD = "    mov     eax, Call.YIELD << Abi.NUMBER_SHIFT\n    syscall\n"
SET_FPU = f"""
    xor     edi, edi                    ; the caller
    mov     esi, {int(ThreadPart.FPU)}
    mov     edx, {{value}}
    mov     eax, {Call.WRITE_THREAD << Abi.NUMBER_SHIFT | 2}
    syscall
"""
CALL = "    xor     eax, eax\n    mov     edi, cap.server\n    syscall\n"
RECEIVE = "    mov     edi, 1\n    mov     eax, Call.RECV << Abi.NUMBER_SHIFT\n    syscall\n"
RECEIVE_ANYTHING = RECEIVE.replace("1", "3", 1)
"""Who waits so can be reached by the fast path."""
DIVIDE_BY_ZERO = """
    jmp     divide
control:
    .word   0x37b                       ; divisions by zero are not masked
zero:
    .long   0
divide:
    fldcw   [rip + control]
    fld1
    fidiv   dword ptr [rip + zero]
    fwait
"""


def scripts(xsave: bool) -> dict[str, tuple[Step | str, ...]]:
    """By task, in the order of starting."""

    def kept(seed: int) -> tuple[str, ...]:
        return (load(seed, xsave), BUSY, save(xsave))

    return {
        # Interrupted, and never calling.
        "one": kept(1),
        "two": kept(2),
        # A fault, in whose course the supervisor has registers of its own.
        "medic": (RECEIVE, load(4, xsave), RESUME, load(8, xsave), RESUME),
        "faulter": (load(3, xsave), "    ud2", save(xsave)),
        # A fault, then a call: who comes next, with registers of its own or not, sees nothing.
        "leaver": (load(5, xsave), "    ud2", YIELD, save(xsave)),
        "plain": (save(xsave),),
        "looker": (save(xsave),),
        # Had none at first; lost them.
        "late": (SET_FPU.format(value=1), save(xsave)),
        "later": (SET_FPU.format(value=1), *kept(6)),
        "server": (RECEIVE_ANYTHING, save(xsave)),
        "caller": (SET_FPU.format(value=1), load(11, xsave), CALL),
        "loser": (load(7, xsave), SET_FPU.format(value=0), "    fnop"),
        "divider": (DIVIDE_BY_ZERO,),
        "director": (
            "    mov     esi, 4000000\n    call    sleep",
            Step("again", Call.WRITE_THREAD, "cap.twice", (int(ThreadPart.FPU), 1)),
            "    mov     esi, 30000000\n    call    sleep",
            Step("stop", Call.STOP, "cap.beginner"),
            Step("start", Call.START, "cap.beginner", ("User.TEXT", "User.STACK_TOP", 1)),
        ),
        # It has them already, and is in the middle of using them.
        "twice": kept(10),
        "beginner": (
            "    test    rdi, rdi\n    jnz     anew",
            load(9, xsave),
            "spins:\n    jmp     spins\nanew:",
            save(xsave),
        ),
    }


WITHOUT = ("plain", "late", "later", "server", "caller", "director")
PRIORITIES = {
    "one": 50,
    "two": 50,
    "medic": 70,
    "faulter": 60,
    "director": 35,
    "beginner": 30,
    "twice": 32,
}
CAPABILITIES = {
    "faulter": {"medic": endpoint("medic")},
    "leaver": {"medic": endpoint("medic")},
    "director": {
        "beginner": thread("beginner", "control"),
        "twice": thread("twice", "write"),
    },
    "caller": {"server": endpoint("server")},
}


@dataclass(frozen=True)
class Seen:
    """What the machine held at the end."""

    xsave: bool
    outcome: Outcome
    buffers: dict[str, bytes]

    def state(self, who: str) -> State:
        area = self.buffers[who][AT : AT + ThreadLimit.XSAVE_BYTES]
        found = State.saved(area)
        return found if self.xsave else State(**vars(found) | {"high": RESET.high})

    def expected(self, seed: int) -> State:
        found = pattern(seed)
        return found if self.xsave else State(**vars(found) | {"high": RESET.high})

    def times(self, who: str) -> tuple[int, int]:
        words = self.buffers[who][TIMES : TIMES + 16]
        return int.from_bytes(words[:8], "little"), int.from_bytes(words[8:], "little")


@pytest.fixture(scope="module", params=["qemu64", "max"])
def seen(request: pytest.FixtureRequest) -> Seen:
    cpu = str(request.param)
    steps = scripts(cpu == "max")
    text = START
    for who in steps:
        more = [] if who in WITHOUT else ["fpu = true"]
        given = {"console": endpoint("console"), **CAPABILITIES.get(who, {})}
        if "medic" in given:
            more.append('supervisor = "medic"')
        text += task(who, PROGRAM, PRIORITIES.get(who, 40), *more, **given)
    image = build(scripted(harness.system(text + last()), **steps))
    buffers: dict[str, bytes] = {}

    def ask(monitor: Monitor) -> None:
        buffers.update({who: harness.held(monitor, image, f"message.{who}") for who in steps})

    outcome = harness.boot(image, cpu=cpu, ask=ask)
    return Seen(cpu == "max", harness.passed(outcome), buffers)


def test_patterns_differ_everywhere() -> None:
    """Else a mixture could look right."""
    states = [pattern(seed) for seed in range(1, 8)]
    for number in range(16):
        assert len({state.xmm[number] for state in states}) == len(states)


def test_they_outlive_interrupts(seen: Seen) -> None:
    (first, first_end), (second, second_end) = seen.times("one"), seen.times("two")
    assert first < second < first_end < second_end, "they took turns"
    assert seen.state("one") == seen.expected(1)
    assert seen.state("two") == seen.expected(2)


def test_they_outlive_a_fault(seen: Seen) -> None:
    assert seen.state("faulter") == seen.expected(3)


@pytest.mark.parametrize("who", ["leaver", "looker", "late", "beginner"])
def test_else_they_are_reset(seen: Seen, who: str) -> None:
    """For who called while others ran, who runs next, who had none, and who begins anew."""
    assert seen.state(who) == RESET


def test_a_thread_that_was_given_them_keeps_them(seen: Seen) -> None:
    assert seen.state("later") == seen.expected(6)
    assert seen.state("twice") == seen.expected(10), "given twice"


@pytest.mark.parametrize("who", ["plain", "server"])
def test_a_thread_without_them_sees_nothing(seen: Seen, who: str) -> None:
    """QEMU 7.2's XSAVE does not ask CR0.TS, as FXSAVE and every processor's do."""
    refused = f"thread {who} faulted: vector {int(Vector.NM)} " in seen.outcome.serial
    assert refused is not seen.xsave
    if not refused:
        assert seen.state(who) == RESET
    else:
        assert seen.buffers[who][AT : AT + FxsaveArea.size] == bytes(FxsaveArea.size)


def test_a_thread_that_lost_them_has_none(seen: Seen) -> None:
    assert f"thread loser faulted: vector {int(Vector.NM)} " in seen.outcome.serial


def test_an_arithmetic_error_is_the_thread_s_own_fault(seen: Seen) -> None:
    assert f"thread divider faulted: vector {int(Vector.MF)} " in seen.outcome.serial
