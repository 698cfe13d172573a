"""Vector registers on a processor that QEMU is not: XSAVE asks CR0.TS, SSE raises #XM.

Tasks compare for themselves what they find with what they had loaded, and exit with what differs.
"""

from __future__ import annotations

import pytest

from kobjects.cpu.exceptions import Vector
from kobjects.cpu.xsave import FxsaveArea, XsaveArea
from kobjects.kernel.abi import Call
from kobjects.kernel.thread import ThreadLimit
from packer.build import build
from tests.bochs import machine
from tests.stages import harness
from tests.stages.company import START, endpoint, last, task
from tests.stages.steps import PROGRAM, Step, scripted
from tests.stages.test_fpu import AT, BUSY, DIVIDE_BY_ZERO, RECEIVE, RESUME, YIELD, load, save

pytestmark = pytest.mark.boot

PARTS = {
    1: range(FxsaveArea.offset("fcw"), 2),
    2: range(FxsaveArea.offset("mxcsr"), FxsaveArea.offset("mxcsr") + 4),
    3: range(FxsaveArea.offset("st"), FxsaveArea.offset("xmm")),
    4: range(FxsaveArea.offset("xmm"), FxsaveArea.offset("xmm") + 256),
    5: range(XsaveArea.size, ThreadLimit.XSAVE_BYTES),
}
"""Exit code of a difference, and where it is in the area."""
RESET = 0
"""The seed of no pattern: its area is that of a reset."""
DIVIDE_VECTORS = """
    jmp     divide
    .align  4
control:
    .long   0x1d80                      ; divisions by zero are not masked
one:
    .long   0x3f800000
divide:
    ldmxcsr [rip + control]
    movss   xmm0, [rip + one]
    xorps   xmm1, xmm1
    divss   xmm0, xmm1
"""


def check(seed: int) -> str:
    """Exits with the first part of what `save` left that is not the pattern's."""
    lines = []
    for code, part in PARTS.items():
        if seed == RESET and code == 5:
            continue  # XSAVE writes no part that is as after a reset
        lines.append(f"""
    lea     rsi, [rip + area_{seed} + {part.start}]
    mov     edi, User.BUFFER + {AT + part.start:#x}
    mov     ecx, {len(part)}
    repe cmpsb
    mov     edi, {code}
    jne     differs
""")
    return "".join([*lines, f"""
    jmp     equal
differs:
    mov     eax, {Call.EXIT << 8}
    syscall
equal:
"""])  # fmt: skip


SCRIPTS: dict[str, tuple[Step | str, ...]] = {
    "one": (load(1, True), BUSY, save(True), check(1)),
    "two": (load(2, True), BUSY, save(True), check(2)),
    "medic": (RECEIVE, load(4, True), RESUME),
    "faulter": (load(3, True), "    ud2", save(True), check(3)),
    "leaver": (load(5, True), YIELD),
    "plain": (save(True),),
    "divider": (DIVIDE_BY_ZERO,),
    "vector": (DIVIDE_VECTORS,),
    "last_one": (load(6, True), BUSY, save(True), check(6)),
}
FAULTS = {"plain": Vector.NM, "divider": Vector.MF, "vector": Vector.XM}
PRIORITIES = {"one": 50, "two": 50, "medic": 70, "faulter": 60}


@pytest.fixture(scope="module")
def said() -> list[str]:
    text = START
    for who in SCRIPTS:
        more = [] if who == "plain" else ["fpu = true"]
        given = {"console": endpoint("console")}
        if who == "faulter":
            more.append('supervisor = "medic"')
            given["medic"] = endpoint("medic")
        text += task(who, PROGRAM, PRIORITIES.get(who, 40), *more, **given)
    image = build(scripted(harness.system(text + last()), **SCRIPTS))
    return [line for line in harness.lines(machine.boot(image)) if line.startswith("thread ")]


def test_they_outlive_interrupts_and_faults_and_nothing_else_faults(said: list[str]) -> None:
    assert [line.split()[1] for line in said] == [*FAULTS]


@pytest.mark.parametrize("who", FAULTS)
def test_what_is_refused_or_goes_wrong_is_the_task_s_own_fault(said: list[str], who: str) -> None:
    """XSAVE without vector registers; x87 and SSE errors that are not masked."""
    (line,) = (one for one in said if one.split()[1] == who)
    assert line.startswith(f"thread {who} faulted: vector {int(FAULTS[who])} ")
