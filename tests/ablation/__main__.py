"""`python -m tests.ablation`: which test misses each guard. See README.md."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.ablation.plugin import Ablation
from tests.ablation.trial import Verdict

TESTS = "tests/stages"
QUIET = (
    *("-p", "no:terminal", "-p", "no:cacheprovider", "-s", "-m", "not campaign"),
    *("-o", "addopts=--import-mode=importlib --benchmark-disable"),
)
"""pytest without a word of its own: the lines are ours."""


def main() -> int:
    """Exit status 0: every guard is missed by a test, or is a known survivor."""
    parser = argparse.ArgumentParser(prog="python -m tests.ablation", description=__doc__)
    parser.add_argument("guards", nargs="*", help="names, or patterns such as 'fmask.*'")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--tests", nargs="+", default=[TESTS], help="tests that may miss a guard")
    parser.add_argument("--json", type=Path, default=Path("build/ablation.json"), help="results")
    options = parser.parse_args()
    verdicts: list[Verdict] = []

    def report(verdict: Verdict) -> None:
        verdicts.append(verdict)
        print(verdict.line(), flush=True)

    ablation = Ablation(options.guards, options.jobs, report)
    with contextlib.suppress(OSError, ValueError):
        ablation.first = {one["name"]: one["test"] for one in json.loads(options.json.read_text())}
    status = pytest.main([*QUIET, *options.tests], plugins=[ablation])
    for broken in ablation.broken:
        print(broken, file=sys.stderr)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps([asdict(one) for one in verdicts], indent=1) + "\n")
    return int(status) or bool(ablation.broken)


if __name__ == "__main__":
    sys.exit(main())
