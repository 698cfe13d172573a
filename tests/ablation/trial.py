"""One guard, one process: the tests run without it until one fails."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from tests.ablation import patches

CAUGHT, SURVIVED, UNSURE = "caught", "SURVIVED", "UNSURE"


@dataclass(frozen=True)
class Verdict:
    """What became of a guard.

    verdict  caught; SURVIVED; UNSURE: a test failed without the guard, and with it too
    test     that failed, and `reason`, the first line of what it said
    tests    how many were tried
    """

    name: str
    text: str
    verdict: str
    test: str = ""
    reason: str = ""
    tests: int = 0
    seconds: float = 0.0

    def line(self) -> str:
        """For a person: the guard, what was left out, who missed it."""
        who = f"{self.test}: {self.reason}" if self.test else f"{self.tests} tests"
        return f"{self.verdict:8}  {self.name}  ({self.text})  {who}"


@dataclass(frozen=True)
class Attempt:
    """A test, and the seconds that a machine of its own or of its fixtures may take."""

    item: Any
    limit: float


@dataclass(frozen=True)
class Trial:
    """A guard, and the tests to run without it."""

    guard: str
    text: str
    attempts: Sequence[Attempt] = field(repr=False)
    known: patches.Known = field(repr=False)

    def run(self) -> Verdict:
        """In this process, which is good for nothing else afterwards.

        A test that fails runs once more with the guard: if it fails again, that shows nothing.
        """
        signal.signal(signal.SIGTERM, _stop)
        start = time.monotonic()
        with pytest.MonkeyPatch.context() as patch:
            patches.leave_out(patch, self.guard, self.known)
            tried, failed, why = _first_failure(self.attempts)
        verdict = CAUGHT if failed else SURVIVED
        if failed and _first_failure([failed])[1]:
            verdict = UNSURE
        test = failed.item.nodeid if failed else ""
        seconds = time.monotonic() - start
        return Verdict(self.guard, self.text, verdict, test, why, tried, seconds)

    def relaxed(self) -> Trial:
        """The same with time for a busy computer."""
        attempts = [Attempt(one.item, 4 * one.limit) for one in self.attempts]
        return Trial(self.guard, self.text, attempts, self.known)


class TrialError(Exception):
    """Raised where a trial stands when its time is up, so that its machine ends too."""


def _first_failure(attempts: Sequence[Attempt]) -> tuple[int, Attempt | None, str]:
    """How many tests ran, the one that failed, and why."""
    current = attempts[:1]
    with pytest.MonkeyPatch.context() as patch:
        patches.hurry(patch, lambda: current[0].limit)
        following = [*(one.item for one in attempts[1:]), None]
        for number, (one, following_item) in enumerate(zip(attempts, following, strict=True), 1):
            current = [one]
            one.item._initrequest()
            for report in runtestprotocol(one.item, log=False, nextitem=following_item):
                if report.failed:
                    one.item.session._setupstate.teardown_exact(None)
                    return number, one, reason(report)
    return len(attempts), None, ""


def reason(report: pytest.TestReport) -> str:
    """The first line of what a failed test said."""
    crash = getattr(report.longrepr, "reprcrash", None)
    return (crash.message if crash else str(report.longrepr)).splitlines()[0][:200]


def _stop(*_: object) -> None:
    raise TrialError("its time was up")
