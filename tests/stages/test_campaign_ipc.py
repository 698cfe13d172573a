"""Calls in a circle, servers that fault while others wait for them, and handles that are forged."""

from __future__ import annotations

import random

import pytest

from kobjects.kernel.abi import Abi, FaultReply, Status
from kobjects.kernel.slot import Slot
from packer.build import build
from packer.machine.qmp import Monitor
from stages.model import Task
from tests.stages import harness
from tests.stages.company import START, endpoint, last, task
from tests.stages.table import Row, results, rows_text

pytestmark = pytest.mark.boot

LIBRARY = "kpack:user/lib.asm"


@pytest.mark.parametrize("between", [0, 1, 3])
def test_the_last_call_of_a_circle_is_refused(between: int) -> None:
    """The client calls through so many relays a server that calls the client."""
    own = {"console": endpoint("console")}
    text = START + task("back", "back.asm", 150, client=endpoint("table"))
    for number in range(between):
        following = endpoint(f"relay{number + 1}" if number + 1 < between else "back")
        text += task(f"relay{number}", "relay.asm", 150, next=following)
    own["next"] = endpoint("relay0" if between else "back")
    text += task("table", f"table.asm calls.asm {LIBRARY}", 100, **own)
    rows = rows_text([Row("circle", "10", "cap.next")])
    of = harness.with_program(harness.system(text + last()), "table", "rows", rows)
    (found,) = results(harness.passed(harness.boot(of)))
    assert found.words[0] == Status.CYCLE << Abi.STATUS_SHIFT


@pytest.mark.parametrize("answer", [FaultReply.RESUME, FaultReply.STOP])
def test_who_waits_for_a_server_that_faults_waits_for_its_supervisor(answer: FaultReply) -> None:
    """One client is being served, the other is queued. If the server goes on both are served, twice
    each; if it stays stopped they wait for ever, and everybody else goes on.
    """
    text = START + task(
        "doctor", f"doctor.asm {LIBRARY}", 200, console=endpoint("console"),
        page='{ frame = "page", rights = [] }', patient='{ space = "server", rights = [] }',
    )  # fmt: skip
    own = {"console": endpoint("console"), "doctor": endpoint("doctor", 7)}
    text += task("server", f"stumbling.asm {LIBRARY}", 50, 'supervisor = "doctor"', **own)
    for badge, priority in {1: 120, 2: 130}.items():
        call = endpoint("server", badge)
        text += task(f"sender{badge}", "sender.asm", priority, collector=call)
    of = harness.system(text + last())
    of = harness.with_program(of, "server", "answer", f"const ANSWER = {int(answer)}\n")
    outcome = harness.passed(harness.boot(of))
    goes_on = answer is FaultReply.RESUME
    assert list(harness.words(outcome, "from")) == ([[2], [1]] * 2 if goes_on else [])
    assert len(list(harness.words(outcome, "told"))) == (4 if goes_on else 1)


CAPABILITIES = ("echo", "self", "spare", "page")
"""The forger's, from slot 1 on."""


def forged() -> list[int]:
    """Numbers that are handles, nearly handles, and none at all."""
    good = [number * Slot.size for number in range(2 * Task.slots)]
    held = good[1 : 1 + len(CAPABILITIES)]
    near = [handle ^ 1 << bit for handle in (0, *held) for bit in range(64)]
    chosen = random.Random(64)
    return [*good, *near, *(chosen.getrandbits(chosen.randrange(1, 65)) for _ in range(300))]


def status(handle: int, meant: str) -> Status:
    """What a use of the handle for that capability comes to, by kernel's README."""
    if handle >= Task.slots * Slot.size or handle % Slot.size:
        return Status.BAD_HANDLE
    number = handle // Slot.size
    if not 1 <= number <= len(CAPABILITIES):
        return Status.EMPTY
    kind = {"page": "spare"}.get(CAPABILITIES[number - 1], CAPABILITIES[number - 1])
    return Status.OK if kind == meant else Status.WRONG_TYPE


def test_no_forged_handle_is_accepted() -> None:
    own = {
        "echo": endpoint("echo"),
        "self": '{ space = "forger", rights = ["map"] }',
        "spare": '{ frame = "spare", rights = ["read"] }',
        "page": '{ frame = "page", rights = ["read", "write"] }',
    }
    assert tuple(own) == CAPABILITIES
    text = START.replace("page = {}", "page = {}\nspare = {}")
    text += task("echo", "kpack:user/pong.asm", 150) + task("forger", "forger.asm", 100, **own)
    # Unmapped, its own page could not be written to.
    numbers = [number for number in forged() if number != CAPABILITIES.index("page") * 64 + 64]
    table = "".join(f"    .quad   {number:#x}\n" for number in numbers)
    program = f"const HANDLES = {len(numbers)}\n    .align  8\nhandles:\n{table}"
    image = build(harness.with_program(harness.system(text + last()), "forger", "handles", program))
    page = bytearray()

    def ask(monitor: Monitor) -> None:
        page.extend(harness.held(monitor, image, "frame.page"))

    harness.passed(harness.boot(image, ask=ask))
    for place, number in enumerate(numbers):
        used = [Status(each) for each in page[place * 4 : place * 4 + 4]]
        expected = [status(number, meant) for meant in ("echo", "spare", "spare", "self")]
        assert used == expected, f"{number:#x}"
