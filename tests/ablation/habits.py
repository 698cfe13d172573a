"""Which test is likely to miss a guard: those that missed its neighbours."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from tests.ablation.trial import Verdict

NEAREST, NEAR = 3, 4
"""How many tests are tried first for what they missed behind the same label, in the same file."""


class Habits:
    """What earlier runs found, and this one so far."""

    def __init__(self, earlier: Iterable[Verdict] = ()) -> None:
        self._own: dict[str, str] = {}
        self._near: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for verdict in earlier:
            self.learn(verdict)

    def learn(self, verdict: Verdict) -> None:
        """A verdict as it comes; one that no test gave teaches nothing."""
        if verdict.test:
            self._own[verdict.name] = verdict.test
            for place in _places(verdict.name):
                self._near[place][verdict.test] += 1

    def likely(self, name: str) -> list[str]:
        """Tests to try first, the likeliest first: the one that missed this guard the last time,
        those that missed most of the guards behind its label, then most of those in its file.
        """
        found = [self._own[name]] if name in self._own else []
        for place, most in zip(_places(name), (NEAREST, NEAR), strict=True):
            found += (test for test, _ in self._near[place].most_common(most))
        return list(dict.fromkeys(found))


def _places(name: str) -> tuple[str, str]:
    """The label or region, and the file or table, that a guard's name names."""
    if "@" in name:
        register, _, file = name.partition("@")
        return f"{file}:{register.partition('.')[0]}", file
    if ":" in name:
        _, outer, inner, *_ = [*name.split(":"), ""]
        return f"{outer}:{inner}", outer
    outer, _, _ = name.partition(".")
    return name, outer.partition("[")[0]
