"""The debug build: it runs what the plain one does, and names the invariant that a bug breaks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial

import pytest

from kobjects.kernel.abi import Call, Receive
from packer.machine.outcome import Status
from packer.manifest import DEMONSTRATION, load
from stages.invariants.stage import checked
from stages.model import Stage, System
from tests.stages import harness
from tests.stages.actors import SPIN, Act, act, actor, bell, ms, scripted, sleep
from tests.stages.company import START, endpoint, last

pytestmark = pytest.mark.boot

MESSAGES, SIGNALS = Receive.MESSAGES, Receive.SIGNALS

SEEDS = {
    "a caller is kept": (
        "I1", "receive.asm",
        "    mov     [rbx + Thread.caller], rdx\n    mov     eax, Status.NO_CALLER",
        "    mov     eax, Status.NO_CALLER",
    ),
    "a sender stays queued": ("I2", "wait.asm", "    mov     [rsi + Thread.queue_head], rcx\n", ""),
    "cycles are allowed": (
        "I3", "send.asm", "    cmp     rdi, rbx\n    je      .done\n", "",
    ),
    "a signal sets no flag": ("I4", "signal.asm", "    jmp     set_flag\n", "    ret\n"),
    "the highest does not run": (
        "I9", "slow.asm", "    cmp     eax, [rip + cpu + Cpu.top]\n    jae     resume\n",
        "    jmp     resume\n",
    ),
    "priority is not inherited": (
        "I9", "inherit.asm", "    cmovb   r13d, ecx\n    mov     ecx, [rdi + Thread.queue_rank]\n",
        "    mov     ecx, [rdi + Thread.queue_rank]\n",
    ),
    "the heap is in no order": (
        "I10", "deadlines.asm", "    jae     .place\n    mov     [r8 + rcx * 8], rsi\n",
        "    jmp     .place\n    mov     [r8 + rcx * 8], rsi\n",
    ),
    "a timed client has a key": (
        "key", "wait.asm",
        "    test    dword ptr [rdi + Thread.flags], SLOW_CLIENT\n    jnz     .slow\n", "",
    ),
    "the highest rank is not noted": (
        "highest rank", "schedule.asm",
        ".store:\n    mov     [rip + cpu + Cpu.top], eax\n", ".store:\n",
    ),
    "a server pays that comes from a queue": (
        "who pays", "schedule.asm", "    jne     .serves\n", "",
    ),
    "who was queued does not pay": (
        "who pays", "receive.asm", "    call    await_reply\n    call    pay\n",
        "    call    await_reply\n",
    ),
    "the timer is forgotten": (
        "timer", "schedule.asm", "    jne     arm_timer\n    ret\n", "    ret\n",
    ),
}  # fmt: skip
"""Bug -> a word of what must be said, the file, the text that is replaced, and by what."""

TASKS = [
    actor("server", 120, client=endpoint("client"), early=bell("early", 1)),
    actor("client", 100, server=endpoint("server"), bell=bell("server", 1)),
    actor("late", 150, server=endpoint("server")),
    actor("early", 150),
]
SCRIPTS = {
    "early": [sleep(ms(2)), act(Call.RECV, SIGNALS, until=ms(5)), sleep(ms(6))],
    "late": [
        sleep(ms(9)),
        act(Call.CALL, "server", until=ms(10)),
        act(Call.CALL, "server"),
        sleep(ms(25)),
        act(Call.CALL, "server"),
    ],
    "client": [
        sleep(ms(1)),
        act(Call.SIGNAL, "bell"),
        act(Call.CALL, "server", until=ms(30)),
        act(Call.SIGNAL, "bell"),
        act(Call.CALL, "server"),
        sleep(ms(15)),
    ],
    "server": [
        act(Call.RECV, SIGNALS),
        sleep(ms(4)),
        act(Call.RECV, MESSAGES),
        act(Call.CALL, "client", until=ms(8)),
        act(Call.SIGNAL, "early"),
        Act(SPIN, 6_000_000),  # twelve ms: the timer comes when nobody is queued
        act(Call.REPLY, 0),
        sleep(ms(20)),
        *[act(Call.RECV, MESSAGES), act(Call.REPLY, 0)] * 3,
    ],
}
"""Queues, signals to who waits and who is busy, time-outs, a cycle, a server below a client."""


def guest() -> System:
    return scripted(harness.system(START + "".join(TASKS) + last()), SCRIPTS)


def seeded(stages: Sequence[Stage], file: str, old: str, new: str) -> list[Stage]:
    """The stages with one text of one source replaced."""
    changed = 0
    found = []
    for stage in stages:
        code = []
        for source in stage.code:
            if source.path.name == file and source.generate is None:
                text = source.text()
                changed += text.count(old)
                source = dataclasses.replace(
                    source, generate=partial(str.replace, text, old, new, 1)
                )
            code.append(source)
        found.append(dataclasses.replace(stage, code=code))
    assert changed >= 1, f"{file} has no longer what the seed replaces"
    return found


def test_the_debug_build_finds_nothing_in_the_demonstration() -> None:
    of = load(DEMONSTRATION).system
    harness.passed(harness.boot(dataclasses.replace(of, stages=checked(of.stages))))


def test_the_debug_build_finds_nothing_in_the_play() -> None:
    of = guest()
    harness.passed(harness.boot(dataclasses.replace(of, stages=checked(of.stages))))


@pytest.mark.parametrize("bug", SEEDS)
def test_a_seeded_bug_is_named(bug: str) -> None:
    word, *seed = SEEDS[bug]
    of = guest()
    stages = checked(seeded(of.stages, *seed))
    outcome = harness.boot(dataclasses.replace(of, stages=stages))
    assert outcome.status is Status.FAILED
    (said,) = [line for line in harness.lines(outcome) if line.startswith("kernel panic: ")]
    assert said.startswith("kernel panic: invariant")
    assert word in said


def test_the_plain_build_has_nothing_of_it() -> None:
    names = {stage.name for stage in load(DEMONSTRATION).system.stages}
    assert "invariants" not in names
