"""The pytest side: tests are collected as always, run once with every guard, then without each."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from packer.ablation import BOOT, Guard, boot_guards, guards, kind
from packer.build import build
from packer.manifest import DEMONSTRATION, load
from tests.ablation import coverage, kept, patches, pool
from tests.ablation.habits import Habits
from tests.ablation.ledger import Ledger, fixture_key
from tests.ablation.trial import Attempt, Trial, Verdict, reason

BUDGET = 60.0
"""Seconds of tests, by what they took with every guard, that are tried for one guard."""

SPARE = 1.0
"""Seconds that a machine may take beyond four times what its test took."""


class Ablation:
    """Runs the loop of tests in its own way.

    wanted  the guards
    jobs    processes beside each other
    report  is given each verdict as it comes
    budget  seconds of tests that are tried for one guard, the quickest first
    habits  which tests to try first
    kept    file with what the run with every guard found
    broken  tests that fail with every guard in place; then nothing is tried
    """

    def __init__(
        self,
        wanted: Sequence[Guard],
        jobs: int,
        report: Callable[[Verdict], None],
        habits: Habits,
        kept: Path,
    ) -> None:
        self.wanted, self.jobs, self.report = wanted, jobs, report
        self.habits, self.kept = habits, kept
        self.budget = BUDGET
        self.ledger = Ledger()
        self.broken: list[str] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Once all of them, then the trials."""
        with pytest.MonkeyPatch.context() as patch:
            key = kept.digest([item.nodeid for item in session.items])
            before = kept.load(self.kept, key)
            self.ledger, units = before or (self.ledger, {})
            patches.keep_units(patch, units)
            if not before:
                self._baseline(session.items)
                if not self.broken:
                    kept.save(self.kept, key, self.ledger, units)
            if not self.broken:
                known = patches.known(build(load(DEMONSTRATION).system))
                trials = (self._trial(guard, session.items, known) for guard in self.wanted)
                for verdict in pool.verdicts(trials, self.jobs):
                    self.habits.learn(verdict)
                    self.report(verdict)
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Generator[None, Any, Any]:
        """What a fixture builds and boots is its own doing."""
        with self.ledger.charged(fixture_key(fixturedef, request)):
            return (yield)

    def _baseline(self, items: Sequence[Any]) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patches.be_patient(patch)
            coverage.record(patch, self.ledger.current)
            for item, following in zip(items, [*items[1:], None], strict=True):
                with self.ledger.charged((item.nodeid, "", 0)):
                    reports = runtestprotocol(item, log=False, nextitem=following)
                self.broken += [f"{item.nodeid}: {reason(one)}" for one in reports if one.failed]

    def _trial(self, guard: Guard, items: Sequence[pytest.Item], known: patches.Known) -> Trial:
        tried = self.ledger.candidates(guard, items)
        first = self.habits.likely(guard.name)
        tried.sort(key=lambda item: self.ledger.seconds(item) if item.nodeid in first else math.inf)
        tried = self.ledger.within(tried, self.budget)
        attempts = [Attempt(item, 4 * self.ledger.seconds(item) + SPARE) for item in tried]
        return Trial(guard.name, guard.text, attempts, known)


def existing() -> list[Guard]:
    """The guards of the demonstration and of its boot code."""
    found = guards(build(load(DEMONSTRATION).system))
    found += [guard for boot in BOOT for guard in boot_guards(boot)]
    return list({guard.name: guard for guard in found}.values())


def chosen(wanted: Sequence[str], *, everything: bool = False) -> list[Guard]:
    """Those that are wanted: by name or pattern; else all but conditions that are no guards by the
    rules of `packer/ablation/flow.py`, which are as many again; or `everything`.
    """
    return [
        guard
        for guard in existing()
        if (
            any(matches(guard.name, each) for each in wanted)
            if wanted
            else everything or kind(guard.name) != "flow"
        )
    ]


def matches(name: str, pattern: str) -> bool:
    """Whether the pattern means the name: as it is, as a shell's, or without the place."""
    return name == pattern or any(
        fnmatch.fnmatchcase(one, pattern) for one in (name, name.partition("@")[0])
    )
