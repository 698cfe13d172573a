"""What the kernel notes of a thread is wiped when it is over: states, keys, badges, mappings."""

from __future__ import annotations

import pytest

from kobjects.kernel.abi import Abi, Call, FaultReply, Kind, Receive, Status
from kobjects.kernel.addresses import User
from packer.build import build
from packer.machine.qmp import Monitor
from tests.stages import harness
from tests.stages.actors import FAULT, LATER, SPIN, Act, act, actor, play, sleep
from tests.stages.company import START, endpoint, last, task
from tests.stages.table import Row, results, rows_text

pytestmark = pytest.mark.boot

LIBRARY = "kpack:user/lib.asm"
PORT = 'ports = ["0x80-0x80"]'
CONSOLE = {"console": endpoint("console")}
YIELD = int(Call.YIELD << Abi.NUMBER_SHIFT)
MAP, UNMAP = (int(call << Abi.NUMBER_SHIFT) for call in (Call.MAP, Call.UNMAP))


@pytest.mark.parametrize("ported", ["server", "releaser", "neither"])
def test_a_server_that_has_a_message_takes_no_second_one(ported: str) -> None:
    """It waits, and is called; before it runs it is called again, by one who must queue. A thread
    with ports is called, or calls, off the fast path.
    """

    def ports(name: str) -> str:
        return PORT if name == ported else ""

    text = START
    text += task("server", f"archive.asm {LIBRARY}", 30, ports("server"), **CONSOLE)
    own = {"gate": endpoint("gate"), "server": endpoint("server", 1)}
    text += task("releaser", "releaser.asm", 100, ports("releaser"), **own)
    ready = {"first": endpoint("releaser"), "second": endpoint("server", 2)}
    text += task("ready", "client_of_two.asm", 90, **ready)
    other = {"first": endpoint("releaser"), "second": endpoint("server", 3)}
    text += task("other", "client_of_two.asm", 90, **other)
    text += task("gate", "kpack:user/pong.asm", 20)
    outcome = harness.passed(harness.boot(harness.system(text + last())))
    said = [line for line in harness.lines(outcome) if line.startswith("archive")]
    assert sorted(said) == ["archive serves 1", "archive serves 2", "archive serves 3"]


@pytest.mark.parametrize("badge", [9, 0x100])
def test_a_supervisor_that_is_busy_is_told_later(badge: int) -> None:
    """While it asks a server about one ward, another faults."""
    text = START
    text += task("thorough", "thorough.asm", 200, server=endpoint("server", 7))
    text += task("server", f"archive.asm {LIBRARY}", 60, **CONSOLE)
    for name, priority in (("one", 90), ("two", 80)):
        own = {"thorough": endpoint("thorough", badge), **CONSOLE}
        text += task(name, f"survivor.asm {LIBRARY}", priority, 'supervisor = "thorough"', **own)
    outcome = harness.passed(harness.boot(harness.system(text + last())))
    said = [line for line in harness.lines(outcome) if line.startswith(("archive", "goes"))]
    assert sorted(said) == ["archive serves 7"] * 2 + ["goes on"] * 2


def test_a_supervisor_that_was_told_at_once_is_called_later() -> None:
    """While it works on the fault its slice ends, and its equal calls it: that one must queue."""
    named = 'supervisor = "chief"'
    scripts = {
        "chief": [
            act(Call.RECV, Receive.MESSAGES | Receive.SIGNALS),
            Act(SPIN, 2 * LATER),
            act(Call.REPLY_RECV, 0, FaultReply.STOP),
            act(Call.REPLY_RECV, 0, 7),
        ],
        "ward": [Act(FAULT)],
        "equal": [sleep(LATER), act(Call.CALL, "chief")],
    }
    done = play(
        scripts,
        actor("chief", 100),
        actor("ward", 50, named, chief=endpoint("chief", 1)),
        actor("equal", 100, chief=endpoint("chief", 2)),
    )
    told = done.of("chief", Call.RECV, Call.REPLY_RECV)
    assert [(one.kind, one.rdi) for one in told[:2]] == [(Kind.FAULT, 1), (Kind.CALL, 2)]
    assert done.of("equal", Call.CALL)[0].words[0] == 7


def test_a_ward_that_goes_on_can_be_called() -> None:
    """It waits for its supervisor no more, which may therefore call it: no circle."""
    text = START
    text += task("caring", f"caring.asm {LIBRARY}", 200, ward=endpoint("awakened"), **CONSOLE)
    named = 'supervisor = "caring"'
    text += task("awakened", "awakened.asm", 50, named, caring=endpoint("caring", 1))
    text += task("nudger", "sender.asm", 50, collector=endpoint("caring", 5))
    outcome = harness.passed(harness.boot(harness.system(text + last())))
    assert list(harness.words(outcome, "ward")) == [[0], [0]]


def client(text: str, *rows: Row, own: dict[str, str], end: bool = True) -> dict[str, Status]:
    """What these rows come to for a client of low priority."""
    text += task("table", f"table.asm calls.asm {LIBRARY}", 10, **CONSOLE, **own)
    of = harness.system(text + (last() if end else ""))
    of = harness.with_program(of, "table", "rows", rows_text(rows))
    outcome = harness.boot(of, timeout=20 if end else 0.6)
    return {one.name: one.status for one in results(outcome)}


@pytest.mark.parametrize("alone", [True, False])
def test_yield_succeeds_whatever_words_it_is_given(alone: bool) -> None:
    """Alone it takes the fast path; with a lower thread that is ready, the other."""
    rows = [Row("yield", f"{YIELD}"), Row("words", f"{YIELD | 5}")]
    assert client(START, *rows, own={}, end=not alone) == dict.fromkeys(
        ("yield", "words"), Status.OK
    )


def test_a_reply_has_no_badge_even_after_a_call_that_had() -> None:
    """The server with a port calls another one, off the fast path, by a capability with a badge."""
    text = START + task("echo", "kpack:user/pong.asm", 150)
    text += task("relay", "relay.asm", 150, PORT, next=endpoint("echo", 0x77))
    own = {"relay": endpoint("relay"), **CONSOLE}
    text += task("table", f"table.asm calls.asm {LIBRARY}", 100, **own)
    rows = rows_text([Row("relayed", "10", "cap.relay")])
    of = harness.with_program(harness.system(text + last()), "table", "rows", rows)
    (found,) = results(harness.passed(harness.boot(of)))
    assert found.registers["rax"] == Abi.REGISTER_WORDS
    assert found.registers["rdi"] == 0


def test_a_slot_whose_frame_was_unmapped_is_as_it_was() -> None:
    own = {
        "page": '{ frame = "page", rights = ["read", "write"] }',
        "own": '{ space = "table", rights = ["map"] }',
    }
    text = START + task("table", f"table.asm calls.asm {LIBRARY}", 100, **CONSOLE, **own)
    there = f"{User.DEVICES + 0x8000:#x}"
    rows = [
        Row("map", f"{MAP}", "cap.page", "cap.own", there, "3"),
        Row("unmap", f"{UNMAP}", "cap.page"),
    ]
    of = harness.with_program(harness.system(text + last()), "table", "rows", rows_text(rows))
    image = build(of)
    slots = bytearray()

    def ask(monitor: Monitor) -> None:
        slots.extend(harness.held(monitor, image, "slots.table"))

    outcome = harness.passed(harness.boot(image, ask=ask))
    assert [one.status for one in results(outcome)] == [Status.OK, Status.OK]
    assert slots == image.contents("slots.table")
