"""What only some threads have is there when a call returns that woke a higher thread."""

from __future__ import annotations

import pytest

from kobjects.kernel.abi import Abi, Call, Receive, Status, ThreadPart
from kobjects.kernel.addresses import User
from tests.stages import harness
from tests.stages.actors import STACK_PAGES, act
from tests.stages.actors import scripted as acting
from tests.stages.company import START, endpoint, last, task
from tests.stages.steps import PROGRAM, Step, by_name, notification, scripted

pytestmark = pytest.mark.boot

PLACE = int(User.BUFFER) + 0xC00
BASES = f"""
    xor     edi, edi                    ; the caller
    mov     esi, {int(ThreadPart.BASES)}
    mov     edx, {PLACE:#x}
    xor     r8d, r8d
    mov     eax, {Call.WRITE_THREAD << Abi.NUMBER_SHIFT | 3}
    syscall
"""
SIGNAL = f"""
    mov     edi, cap.high
    mov     eax, {Call.SIGNAL << Abi.NUMBER_SHIFT}
    syscall
"""
USES = {
    "ports": ('ports = ["0x80-0x80"]', "", "    out     0x80, al\n"),
    "vector registers": ("fpu = true", "", "    pxor    xmm0, xmm0\n"),
    "a base": (
        "",
        BASES,
        f"    mov     eax, {PLACE:#x}\n    mov     fs:[0], rax\n    mov     rax, [rax]\n",
    ),
}
"""A line of the manifest, what is done before, and what faults for who has it not."""


@pytest.mark.parametrize("name", USES)
def test_a_higher_thread_that_waits_at_once_takes_nothing_away(name: str) -> None:
    """The driver's signal wakes it; it takes the signal and waits for the next."""
    line, before, use = USES[name]
    text = START + task(
        "driver", PROGRAM, 50, line, console=endpoint("console"), high=notification("high"),
    )  # fmt: skip
    text += task("high", "actor.asm", 150, f"stack_pages = {STACK_PAGES}")
    rows = [act(Call.RECV, Receive.SIGNALS)] * 9
    of = acting(harness.system(text + last()), {"high": rows})
    # No call lies between, which would bring in what is missing.
    outcome = harness.boot(scripted(of, driver=(before, SIGNAL, use, Step("alive", Call.CLOCK))))
    assert by_name(outcome)["alive"].status is Status.OK
    assert not [one for one in harness.lines(outcome) if one.startswith("thread ")]
