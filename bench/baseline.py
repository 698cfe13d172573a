"""The committed instruction counts, and what has risen above them.

`baseline.json` holds them by version of QEMU (its first two numbers), because firmware differs
between those. Times are never in it: they are the host's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import INSTRUCTIONS, Figure

FILE = Path(__file__).parent / "baseline.json"
SCHEMA = 1

ACCEPT = (
    "what raises a count says so: `kpack bench --accept` writes bench/baseline.json, which belongs "
    "in the same commit"
)

Counts = Mapping[str, float]


@dataclass(frozen=True)
class Comparison:
    """Medians against the baseline; each entry is (name, was, is).

    new   measured, and not in the baseline
    """

    risen: Sequence[tuple[str, float, float]]
    fallen: Sequence[tuple[str, float, float]]
    new: Sequence[str]

    def lines(self) -> list[str]:
        """For a person, what has risen first."""
        return [
            *(f"{name} rose from {was:,} to {now:,} instructions" for name, was, now in self.risen),
            *(
                f"{name} fell from {was:,} to {now:,} instructions"
                for name, was, now in self.fallen
            ),
            *([ACCEPT] if self.risen else []),
            *([f"no baseline: {', '.join(self.new)}"] if self.new else []),
        ]


def counts(figures: Iterable[Figure]) -> dict[str, float]:
    """The medians of those figures that have a baseline."""
    return {each.full_name: each.median for each in figures if each.unit == INSTRUCTIONS}


def compare(figures: Iterable[Figure], baseline: Counts) -> Comparison:
    """What has changed. Figures of the baseline that were not measured say nothing."""
    now = counts(figures)
    both = [(name, baseline[name], now[name]) for name in now if name in baseline]
    return Comparison(
        risen=[entry for entry in both if entry[2] > entry[1]],
        fallen=[entry for entry in both if entry[2] < entry[1]],
        new=[name for name in now if name not in baseline],
    )


def read(qemu: str, file: Path = FILE) -> dict[str, float]:
    """The counts for a version of QEMU; empty if there are none."""
    return dict(_all(file).get(key(qemu), {}))


def accept(figures: Iterable[Figure], qemu: str, file: Path = FILE) -> None:
    """Make the figures the baseline for this version; names that were not measured stay."""
    versions = _all(file)
    versions[key(qemu)] = dict(sorted({**read(qemu, file), **counts(figures)}.items()))
    content = {"schema": SCHEMA, "instructions": dict(sorted(versions.items()))}
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def key(qemu: str) -> str:
    """7.2 for 7.2.22."""
    return ".".join(qemu.split(".")[:2])


def _all(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {}
    content = json.loads(file.read_text(encoding="utf-8"))
    return dict(content["instructions"])
