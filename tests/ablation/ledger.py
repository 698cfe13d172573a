"""The tests that can miss a guard, the quickest first, from one run of all of them.

What a fixture does is done once for all tests that share it, so the tests of one fixture follow
each other in a trial: the first pays, the others cost nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from packer.ablation import Guard, kind
from tests.ablation.coverage import Charged

Key = tuple[str, str, int]
"""A fixture's name, where it is defined, which parameter; or a test's node, "", 0."""

MACHINES_FIRST = ("branch", "flow", "zero")
"""Kinds that a running machine shows soonest; tests that only look at images miss the others."""


class Ledger:
    """Who did what in the run of all tests."""

    def __init__(self) -> None:
        self.accounts: dict[Key, Charged] = {}
        self._open: list[Key] = []
        self._inner = [0.0]

    def current(self) -> Charged:
        """The account of the fixture that is being set up, or of the test that runs."""
        return self.accounts.setdefault(self._open[-1], Charged())

    @contextmanager
    def charged(self, key: Key) -> Iterator[None]:
        """All that happens inside counts for this one, but for what is charged to another there."""
        self._open.append(key)
        self._inner.append(0.0)
        start = time.monotonic()
        try:
            yield
        finally:
            whole = time.monotonic() - start
            self.current().seconds += whole - self._inner.pop()
            self._inner[-1] += whole
            self._open.pop()

    def candidates(self, guard: Guard, items: Sequence[pytest.Item]) -> list[pytest.Item]:
        """The tests that execute the guard's place, and come to the side that is shut without it;
        and those that look at an image.
        """
        found = []
        for number, item in enumerate(items):
            own = self.of_item(item)
            machines = any(one.boots for one in own)
            if guard.place and machines:
                needed = {guard.place, guard.side or guard.place}
                fits = any(needed <= one.places for one in own)
            else:
                fits = any(one.images for one in own)
            if fits:
                late = machines is not (kind(guard.name) in MACHINES_FIRST)
                shared = max((one.seconds for one in own if one.images or one.boots), default=0)
                found.append((late, shared, number, item))
        return [item for *_, item in sorted(found, key=lambda one: one[:3])]

    def within(self, items: Sequence[pytest.Item], budget: float) -> list[pytest.Item]:
        """The first of these that together take no longer than so many seconds; one at least."""
        spent, paid = 0.0, set[int]()
        for number, item in enumerate(items):
            for one in self.of_item(item):
                if id(one) not in paid:
                    paid.add(id(one))
                    spent += one.seconds
            if number and spent > budget:
                return list(items[:number])
        return list(items)

    def seconds(self, item: pytest.Item) -> float:
        """What the test took with all its fixtures."""
        return sum(one.seconds for one in self.of_item(item))

    def of_item(self, item: pytest.Item) -> list[Charged]:
        keys = [(item.nodeid, "", 0), *fixtures(item)]
        return [self.accounts[key] for key in keys if key in self.accounts]


def fixtures(item: Any) -> Iterator[Key]:
    """The fixtures that a test needs, directly or not."""
    indices = item.callspec.indices if hasattr(item, "callspec") else {}
    for name, definitions in item._fixtureinfo.name2fixturedefs.items():
        yield name, definitions[-1].baseid, indices.get(name, 0)


def fixture_key(definition: Any, request: Any) -> Key:
    """Whose account a fixture's work goes to: its own; its test's if each test makes it anew."""
    if definition.scope == "function":
        return request.node.nodeid, "", 0
    return definition.argname, definition.baseid, request.param_index
