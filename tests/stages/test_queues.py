"""Senders that wait: in which order they are served, and how long a chain of them may be."""

from __future__ import annotations

import pytest

from kobjects.kernel.abi import Abi, Status
from tests.stages.company import START, endpoint, last, task
from tests.stages.harness import boot, passed, system, words


@pytest.mark.boot
@pytest.mark.parametrize("ports", ["", 'ports = ["0x80-0x80"]'], ids=["plain", "ported"])
def test_queued_senders_are_served_in_the_order_of_their_calls(ports: str) -> None:
    """Not in that of their priorities; and a served one that calls again is behind the others."""
    text = START
    text += task(
        "collector", "collector.asm kpack:user/lib.asm", 50, ports, console=endpoint("console")
    )
    for badge, priority in {1: 120, 2: 130, 3: 125, 4: 120}.items():
        call = endpoint("collector", badge)
        text += task(f"sender{badge}", "sender.asm", priority, collector=call)
    printed = list(words(passed(boot(system(text + last()))), "from"))
    # They call in the order of their priorities, equal ones in the manifest's.
    assert printed == [[2], [3], [1], [4]] * 2


def chain(length: int) -> list[list[int]]:
    """What a call is told whose server heads a chain of so many waiting threads."""
    text = START
    for number in range(length):
        following = f"link{number + 1}" if number + 1 < length else "idler"
        text += task(f"link{number}", "link.asm", 100, next=endpoint(following))
    text += task("idler", "idler.asm", 1)
    server = "link0" if length else "idler"
    text += task(
        "prober", "prober.asm kpack:user/lib.asm", 90,
        console=endpoint("console"), next=endpoint(server),
    )  # fmt: skip
    return list(words(passed(boot(system(text + last()))), "status"))


@pytest.mark.boot
@pytest.mark.parametrize("length", [0, 1, Abi.PARTNERS])
def test_a_call_waits_behind_a_chain(length: int) -> None:
    assert chain(length) == []


@pytest.mark.boot
def test_a_chain_that_is_too_long_is_refused() -> None:
    assert chain(Abi.PARTNERS + 1) == [[Status.TOO_DEEP << Abi.STATUS_SHIFT]]
