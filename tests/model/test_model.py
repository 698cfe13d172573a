"""The design of calls, signals, faults and deaths: no order of them breaks an invariant.

Three threads do all that they can in all orders. What is explored is the design, written down from
the manual; that the kernel does the same, call by call, is tried in tests/stages/test_walks.py and
test_paths.py.
"""

from __future__ import annotations

import pytest

from tests.model.explore import Exploration, explore
from tests.model.invariants import broken
from tests.model.kernel import Kernel
from tests.model.seeds import SEEDS, RankIsNotPassedOn
from tests.model.story import story
from tests.model.wakeups import lost

EQUAL, APART = (1, 1, 1), (1, 2, 3)
"""Own ranks of three threads."""
LIFE = ("fault", "stop", "start", "destroy")
MESSAGES = ("call", "send", "receive", "reply", "reply_receive")
SAVED = ("save", "reply_saved", "abandon")
EXPLORED = {
    "all but signals": (
        EQUAL, (*MESSAGES, *SAVED, *LIFE, "exit", "time_out"), (), 24_000,
    ),
    "signals": (
        EQUAL, ("call", "receive", "reply", "signal", "time_out", "stop", "start"), (), 10_000,
    ),
    "ranks": (APART, ("call", "receive", "reply", "reply_receive", "save", "time_out"), (), 20_000),
    "new ranks": (EQUAL, ("call", "receive", "reply", "save", "priority"), (1, 2), 6_000),
    "all, of two": (EQUAL[:2], (), (1, 2), 7_500),
}  # fmt: skip
"""Own ranks, what may happen (empty: all), new ranks, and how many states there are at least."""


def told(found: Exploration) -> str:
    """What is said of a test that fails: a shortest way, in words."""
    return f"\n{story(found, found.way)}"


@pytest.mark.parametrize("name", EXPLORED)
def test_no_order_breaks_an_invariant(name: str) -> None:
    bases, only, levels, least = EXPLORED[name]
    found = explore(Kernel, bases, only=only, levels=levels)
    assert not found.broken, told(found)
    assert found.states > least


@pytest.mark.campaign
@pytest.mark.parametrize("bases", [EQUAL, APART], ids=["equal", "apart"])
def test_no_order_of_all_breaks_an_invariant(bases: tuple[int, ...]) -> None:
    found = explore(Kernel, bases)
    assert not found.broken, told(found)
    assert found.states > 150_000


@pytest.mark.campaign
def test_no_order_of_four_breaks_an_invariant() -> None:
    only = ("call", "receive", "reply", "save", "reply_saved", "stop", "start")
    found = explore(Kernel, (*EQUAL, 1), only=only)
    assert not found.broken, told(found)
    assert found.states > 100_000


@pytest.mark.parametrize("bug", SEEDS, ids=[bug.__name__ for bug in SEEDS])
def test_a_bug_is_found(bug: type[Kernel]) -> None:
    """By a way at whose end alone something is broken, and that breaks nothing without the bug."""
    found = explore(bug, APART if SEEDS[bug] == "I9" else EQUAL)
    assert found.broken == SEEDS[bug], told(found)
    ends = []
    for kind in (bug, Kernel):
        one = Exploration(kind, found.bases)
        key = one.first()
        holds = []
        for move in found.way:
            kernel = one.after(key, move)
            key = kernel.key()
            holds.append(not broken(kernel.threads) and not lost(kind, key))
        assert all(holds[:-1])
        ends.append(holds[-1])
    assert ends == [False, True]


def test_a_way_is_told_in_words() -> None:
    found = explore(RankIsNotPassedOn, APART)
    assert story(found, found.way).splitlines() == [
        "1. A calls B",
        "   A: SENDING at B",
        "   B: READY queue A",
        "2. C calls A",
        "   A: SENDING at B queue C rank 3 of own 1",
        "   C: SENDING at A",
        "I9 does not hold",
    ]
