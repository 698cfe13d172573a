"""The design of calls, signals, faults and deaths: no order of them breaks an invariant.

Three threads do all that they can in all orders. What is explored is the design, written down from
the manual; that the kernel does the same, call by call, is tried in tests/stages/test_walks.py.
"""

from __future__ import annotations

import pytest

from tests.model.explore import explore
from tests.model.kernel import Kernel
from tests.model.seeds import SEEDS

EQUAL, APART = (1, 1, 1), (1, 2, 3)
"""Own ranks of three threads."""
MESSAGES = ("call", "send", "receive", "reply", "reply_receive")
SAVED = ("save", "reply_saved", "abandon")
EXPLORED = {
    "messages and faults": (EQUAL, (*MESSAGES, *SAVED, "time_out", "fault"), 10_000),
    "life and death": (
        EQUAL, ("call", "receive", "reply", "save", "fault", "stop", "start", "destroy"), 5_000,
    ),
    "ranks": (APART, ("call", "receive", "reply", "reply_receive", "save", "time_out"), 10_000),
    "all, of two": (EQUAL[:2], (), 1_000),
}  # fmt: skip
"""Own ranks, what may happen (empty: all), and how many states there are at least."""


@pytest.mark.parametrize("name", EXPLORED)
def test_no_order_breaks_an_invariant(name: str) -> None:
    bases, only, least = EXPLORED[name]
    found = explore(Kernel, bases, only=only)
    assert not found.broken, found.way
    assert found.states > least


@pytest.mark.campaign
@pytest.mark.parametrize("bases", [EQUAL, APART], ids=["equal", "apart"])
def test_no_order_of_all_breaks_an_invariant(bases: tuple[int, ...]) -> None:
    found = explore(Kernel, bases)
    assert not found.broken, found.way
    assert found.states > 100_000


@pytest.mark.parametrize("bug", SEEDS, ids=[bug.__name__ for bug in SEEDS])
def test_a_bug_is_found(bug: type[Kernel]) -> None:
    found = explore(bug, APART if SEEDS[bug] == "I9" else EQUAL)
    assert found.broken == SEEDS[bug], found.way
