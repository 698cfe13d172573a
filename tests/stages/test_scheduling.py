"""Who runs when: replies to the lower and to the higher, turns of equals, a first instruction."""

from __future__ import annotations

import pytest

from kobjects.kernel.addresses import User
from packer.build import build
from packer.machine.qmp import Monitor
from tests.stages import harness
from tests.stages.company import START, endpoint, last, task

pytestmark = pytest.mark.boot

PAGE = '{ frame = "page", rights = ["read", "write"] }'
LIBRARY = "kpack:user/lib.asm"


def test_the_highest_ready_thread_runs_after_every_call_and_reply() -> None:
    """The clerk (150) serves senior (100) and waits for the archive (30) meanwhile, which works at
    the clerk's priority: nobody between them delays it.
    """
    console = endpoint("console")
    text = START
    servers = {"archive": endpoint("archive", 7), "basement": endpoint("basement", 9)}
    text += task("clerk", f"clerk.asm {LIBRARY}", 150, console=console, **servers)
    text += task("archive", f"archive.asm {LIBRARY}", 30, console=console)
    text += task("basement", f"archive.asm {LIBRARY}", 70, console=console)
    for name, priority, server in (
        ("senior", 100, endpoint("clerk", 1)),
        ("guest", 60, endpoint("clerk", 3)),
        ("junior", 50, endpoint("clerk", 2)),
        ("aide", 35, endpoint("archive", 8)),
    ):
        text += task(name, f"asker.asm {LIBRARY}", priority, console=console, server=server)
    outcome = harness.passed(harness.boot(harness.system(text + last())))
    said = [
        line for line in harness.lines(outcome) if line.startswith(("clerk", "archive", "back"))
    ]
    assert said == [
        "clerk serves 1",
        "archive serves 7",  # at the clerk's priority, although it had not even begun
        "back 1",
        "clerk serves 3",
        "archive serves 9",
        "back 3",
        "clerk serves 2",
        "back 2",
        "archive serves 8",
        "back 8",
    ]


def test_equals_take_turns_when_they_yield_and_the_lower_wait() -> None:
    text = START
    marks = {"first": 1, "second": 2, "third": 3, "lower": 4, "higher": 5}
    priorities = {"lower": 90, "higher": 110}
    for name in marks:
        own = f'{{ space = "{name}", rights = ["map"] }}'
        text += task(name, "turns.asm", priorities.get(name, 100), page=PAGE, self=own)
    of = harness.system(text + last())
    for name, mark in marks.items():
        of = harness.with_program(of, name, f"mark of {name}", f"const MARK = {mark}\n")
    image = build(of)
    page = bytearray()

    def ask(monitor: Monitor) -> None:
        page.extend(harness.held(monitor, image, "frame.page"))

    harness.passed(harness.boot(image, ask=ask))
    assert page[8 : 8 + page[0]] == bytes([5] * 5 + [1, 2, 3] * 5 + [4] * 5)


def test_a_thread_begins_with_nothing_of_anybody() -> None:
    console = endpoint("console")
    text = START + task("newborn", f"newborn.asm {LIBRARY}", 100, console=console) + last()
    ((flags, rsp, *others),) = harness.words(
        harness.passed(harness.boot(harness.system(text))), "newborn"
    )
    assert flags == 0x202
    assert rsp == User.STACK_TOP
    assert others == [0] * 15


def test_calls_to_a_higher_server_are_paid_for_by_who_makes_them() -> None:
    """A slice that ends while the server works is over for its client all the same. The server's
    work is almost all of the time, so the timer never finds the client.
    """
    text = START + last(100)
    text += task("server", "empty.asm", 160)
    text += task("client", "empty.asm", 100, server=endpoint("server"))
    of = harness.with_program(harness.system(text), "server", "work", """
    mov     edi, Receive.MESSAGES
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT
serve:
    syscall
    mov     ecx, 2000000
work:
    dec     ecx
    jnz     work
    mov     eax, Call.REPLY_RECV << Abi.NUMBER_SHIFT
    jmp     serve
""")  # fmt: skip
    of = harness.with_program(of, "client", "flood", """
flood:
    xor     eax, eax
    mov     edi, cap.server
    syscall
    jmp     flood
""")  # fmt: skip
    harness.passed(harness.boot(of))
