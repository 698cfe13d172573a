"""Leave every guard of the kernel out, one at a time: which test fails?

Prints one line for each guard, then a table; what is wrong goes to standard error. README.md says
what a guard is and how the tests are chosen.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.ablation import survivors
from tests.ablation.habits import Habits
from tests.ablation.plugin import BUDGET, Ablation, chosen, existing
from tests.ablation.trial import Verdict

TESTS = ("tests/stages", "tests/bench/test_ipc.py::test_the_counts_are_the_committed_ones")
RESULTS = Path("build/ablation.jsonl")
QUIET = (
    *("-p", "no:terminal", "-p", "no:cacheprovider", "-s", "-m", "not campaign"),
    *("-o", "addopts=--import-mode=importlib --benchmark-disable"),
)
"""pytest without a word of its own: the lines are ours."""


def main() -> int:
    """Exit status 0: every guard is missed by a test or is a known survivor; 1: not so."""
    options = _options()
    wanted = chosen(options.guards, everything=options.all)
    earlier = _earlier(options.results)
    if options.untried:
        tried = {one.name for one in earlier}
        wanted = [guard for guard in wanted if guard.name not in tried]
    if options.list:
        print("\n".join(guard.name for guard in wanted))
        return 0
    if options.untried and not wanted:
        print(f"{options.results} has a verdict on each of them")
        return 0
    if not wanted:
        print(f"no guard is called {' or '.join(options.guards)}", file=sys.stderr)
        return 2
    verdicts = list[Verdict]()
    options.results.parent.mkdir(parents=True, exist_ok=True)
    with options.results.open("a") as results:

        def report(verdict: Verdict) -> None:
            verdicts.append(verdict)
            print(verdict.line(), flush=True)
            print(json.dumps(asdict(verdict)), file=results, flush=True)

        kept = options.results.with_suffix(".kept")
        ablation = Ablation(wanted, options.jobs, report, Habits(earlier), kept)
        ablation.budget = options.budget
        status = pytest.main([*QUIET, *options.tests], plugins=[ablation])
    listed = survivors.known(survivors.LIST.read_text(encoding="utf-8"))
    everything = frozenset(guard.name for guard in existing())
    wrong = [*ablation.broken, *survivors.complaints(verdicts, listed, everything)]
    print(f"\n{survivors.summary(verdicts, listed)}")
    print("\n".join(wrong), file=sys.stderr)
    return int(bool(wrong or status))


def _earlier(path: Path) -> list[Verdict]:
    """What earlier runs found, oldest first; nothing if there were none."""
    with contextlib.suppress(OSError):
        return [Verdict(**json.loads(line)) for line in path.read_text().splitlines()]
    return []


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.ablation", description=__doc__)
    parser.add_argument("guards", nargs="*", help="names, or patterns such as 'fmask.*'")
    parser.add_argument("--all", action="store_true", help="other conditions too, both ways")
    parser.add_argument("--untried", action="store_true", help="those without a result yet")
    parser.add_argument("--list", action="store_true", help="only name them")
    parser.add_argument("--budget", type=float, default=BUDGET, help="seconds of tests a guard")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--tests", nargs="+", default=TESTS, help="tests that may miss a guard")
    parser.add_argument("--results", type=Path, default=RESULTS, help="one JSON object a line")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
