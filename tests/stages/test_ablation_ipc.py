"""What threads that may not take the fast path would gain or lose on it: ports, queues, turns."""

from __future__ import annotations

import pytest

from kobjects.cpu.exceptions import Vector
from kobjects.kernel.abi import Abi, Status
from packer.build import build
from packer.image import Image
from packer.machine.outcome import Outcome
from tests.stages import harness
from tests.stages.company import START, endpoint, last, task
from tests.stages.table import Row, results, rows_text

pytestmark = pytest.mark.boot

LIBRARY = "kpack:user/lib.asm"
PORT = 'ports = ["0x80-0x80"]'


def fell(outcome: Outcome, image: Image, name: str) -> None:
    """The task ended with #GP at its label `fault`, of which nobody but the kernel tells."""
    (line,) = (one for one in harness.lines(outcome) if one.startswith(f"thread {name} "))
    place = harness.labels(image, name)[f"{name}.fault"]
    vector = f"faulted: vector {int(Vector.GP)} error {0:016x} at {place:016x}"
    assert line.removeprefix(f"thread {name} ").startswith(vector)


@pytest.mark.parametrize("length", [0, Abi.REGISTER_WORDS, Abi.MESSAGE_WORDS])
def test_a_reply_does_not_leave_the_servers_ports_open(length: int) -> None:
    text = START + task("porter", "porter.asm", 150, PORT)
    text += task("intruder", "intruder.asm", 100, porter=endpoint("porter"))
    of = harness.with_program(
        harness.system(text + last()), "porter", "length", f"const LENGTH = {length}\n"
    )
    image = build(of)
    fell(harness.passed(harness.boot(image)), image, "intruder")


def test_a_fault_does_not_leave_the_wards_ports_open_to_the_supervisor() -> None:
    text = START
    text += task("warden", f"warden.asm {LIBRARY}", 200, console=endpoint("console"))
    named = 'supervisor = "warden"'
    text += task("offender", "offender.asm", 100, PORT, named, warden=endpoint("warden", 1))
    image = build(harness.system(text + last()))
    fell(harness.passed(harness.boot(image)), image, "warden")


def test_a_supervisor_with_ports_has_them_at_every_fault() -> None:
    text = START
    text += task("warden", f"warden.asm {LIBRARY}", 200, PORT, console=endpoint("console"))
    for badge in (1, 2, 3):
        call = endpoint("warden", badge)
        text += task(f"ward{badge}", "halting.asm", 100, 'supervisor = "warden"', warden=call)
    outcome = harness.passed(harness.boot(harness.system(text + last())))
    assert list(harness.words(outcome, "touched")) == [[1], [2], [3]]


def test_a_call_back_to_a_client_with_ports_is_a_cycle() -> None:
    """Such a client waits for its reply without a key, which the walk must see by its state."""
    text = START + task("back", "back.asm", 150, client=endpoint("table"))
    own = {"console": endpoint("console"), "back": endpoint("back")}
    text += task("table", f"table.asm calls.asm {LIBRARY}", 100, PORT, **own)
    rows = rows_text([Row("back", "0", "cap.back")])
    of = harness.with_program(harness.system(text + last()), "table", "rows", rows)
    (found,) = results(harness.passed(harness.boot(of)))
    assert found.words[:2] == [
        Status.CYCLE << Abi.STATUS_SHIFT,
        Status.OWES_REPLY << Abi.STATUS_SHIFT,
    ]


def test_long_replies_forget_no_sender_that_waits() -> None:
    text = START + task("verbose", f"verbose.asm {LIBRARY}", 50, console=endpoint("console"))
    for badge, priority in {1: 120, 2: 130}.items():
        call = endpoint("verbose", badge)
        text += task(f"sender{badge}", "sender.asm", priority, collector=call)
    outcome = harness.passed(harness.boot(harness.system(text + last())))
    assert list(harness.words(outcome, "from")) == [[2], [1], [2], [1]]
