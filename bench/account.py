"""Where the instructions of an operation go: by label, and line by line of the sources.

The guests of the ipc suite are run once more, one instruction at a time. What is counted so is
exactly what the guests count themselves. `account.json` holds how many instructions of which kind
each label has, so that of a count that rose can be said where.
"""

from __future__ import annotations

import bisect
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.baseline import key
from bench.trace import KERNEL_HALF, Place
from packer.image import Image, LinkedUnit

FILE = Path(__file__).parent / "account.json"
SCHEMA = 1
KERNEL = "kernel.text"
HEADINGS = ("label", "instructions", "from")

_LABEL = re.compile(r"^\s*[\w.]+:")

Labels = Mapping[str, Counter[str]]
"""Instructions by label, and there by mnemonic."""


@dataclass(frozen=True)
class Step:
    """One executed instruction.

    label  the nearest before it, behind the name of the task if it is a task's: `pong: pong.serve`
    place  file:line, "" of compiled code
    text   the line without its label and comment; the address of compiled code
    """

    label: str
    place: str
    text: str

    @property
    def mnemonic(self) -> str:
        return self.text.split(maxsplit=1)[0] if self.place else "compiled"


@dataclass(frozen=True)
class Account:
    """Of one operation: every instruction, in the order of execution.

    name  the figure's full one
    """

    name: str
    steps: Sequence[Step] = field(repr=False)

    @property
    def labels(self) -> dict[str, Counter[str]]:
        """In the order in which they are first met."""
        found: dict[str, Counter[str]] = {}
        for step in self.steps:
            found.setdefault(step.label, Counter())[step.mnemonic] += 1
        return found

    def place(self, label: str, mnemonic: str = "") -> str:
        """Where the first instruction of the label is that has the mnemonic, or any."""
        return next(
            step.place for step in self.steps
            if step.label == label and mnemonic in ("", step.mnemonic)
        )  # fmt: skip

    def data(self) -> dict[str, Any]:
        """For JSON."""
        labels = [
            {"label": label, "instructions": kinds.total(), "place": self.place(label)}
            for label, kinds in self.labels.items()
        ]
        steps = [vars(step) for step in self.steps]
        return {
            "name": self.name, "instructions": len(steps), "labels": labels, "steps": steps,
        }  # fmt: skip

    def table(self) -> str:
        """For a person: sums by label, then every instruction."""
        rows = [
            HEADINGS,
            *(
                (label, str(kinds.total()), self.place(label))
                for label, kinds in self.labels.items()
            ),
            ("", str(len(self.steps)), ""),
        ]
        first, last = (max(len(row[column]) for row in rows) for column in (0, 1))
        sums = (f"{a.ljust(first)}  {b.rjust(last)}  {c}".rstrip() for a, b, c in rows)
        places = max(len(step.place) for step in self.steps)
        lines = (f"{step.place.ljust(places)}  {step.text}".rstrip() for step in self.steps)
        return "\n".join([self.name, *sums, "", *lines, ""])


class Sources:
    """Where the instructions of an image come from."""

    def __init__(self, image: Image) -> None:
        self._units = image.units
        self._offsets = {
            name: [line.offset for line in linked.unit.lines]
            for name, linked in image.units.items()
        }
        self._labels = {
            name: sorted((offset, label) for label, offset in linked.unit.symbols.items())
            for name, linked in image.units.items()
        }

    def step(self, place: Place) -> Step:
        """What is executed there. A task that was compiled has no lines here."""
        name = KERNEL if place.address >= KERNEL_HALF else f"task.{place.task}.text"
        linked = self._units.get(name)
        if linked is None:
            return Step(place.task, "", f"{place.address:#x}")
        offset = place.address - linked.address
        line = linked.unit.lines[bisect.bisect_right(self._offsets[name], offset) - 1]
        label = self._label(name, linked, offset)
        text = _LABEL.sub("", line.text.partition(";")[0])
        where = label if name == KERNEL else f"{place.task}: {label}"
        return Step(where, f"{Path(line.file).name}:{line.line}", " ".join(text.split()))

    def _label(self, name: str, linked: LinkedUnit, offset: int) -> str:
        labels = self._labels[name]
        return labels[bisect.bisect_right(labels, offset, key=lambda entry: entry[0]) - 1][1]


def document(host: Mapping[str, Any], accounts: Sequence[Account]) -> dict[str, Any]:
    """The JSON of some accounts."""
    return {
        "schema": SCHEMA, "host": dict(host), "accounts": [one.data() for one in accounts],
    }  # fmt: skip


def growth(account: Account, before: Labels) -> list[str]:
    """Which labels have more instructions than before, which kinds, and where."""
    said = []
    for label, kinds in account.labels.items():
        was = before.get(label, Counter())
        if kinds.total() <= was.total():
            continue
        more = "; ".join(
            f"{count} more {kind}, {account.place(label, kind)}"
            for kind, count in (kinds - was).items()
        )
        total = f"{was.total()} to {kinds.total()}"
        said.append(f"{account.name}: {label} grew from {total} instructions: {more}")
    return said


def read(qemu: str, file: Path = FILE) -> dict[str, Labels]:
    """The accounts for a version of QEMU, by name; empty if there are none."""
    return {
        name: {label: _kinds(text) for label, text in labels.items()}
        for name, labels in _all(file).get(key(qemu), {}).items()
    }


def accept(accounts: Iterable[Account], qemu: str, file: Path = FILE) -> None:
    """Make these the accounts for this version; names that were not taken stay."""
    versions = _all(file)
    new = {
        account.name: {label: _text(kinds) for label, kinds in account.labels.items()}
        for account in accounts
    }
    versions[key(qemu)] = dict(sorted({**versions.get(key(qemu), {}), **new}.items()))
    content = {"schema": SCHEMA, "accounts": dict(sorted(versions.items()))}
    file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _text(kinds: Counter[str]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def _kinds(text: str) -> Counter[str]:
    pairs = (entry.split(maxsplit=1) for entry in text.split(", "))
    return Counter({kind: int(count) for count, kind in pairs})


def _all(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {}
    return dict(json.loads(file.read_text(encoding="utf-8"))["accounts"])
