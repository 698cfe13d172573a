"""The stages' claims (`stages/claims.py`) by their labels, with numbers from the image."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from packer.asm.instructions import Instruction, Register
from packer.errors import Problem
from packer.flow.cost import Total
from packer.subject import Subject
from stages.claims import (
    Between,
    Budget,
    Ceiling,
    Claim,
    Copy,
    Drawing,
    Index,
    Loop,
    Number,
    Once,
    Poll,
    Stack,
    Text,
    Within,
    Worked,
)

C = TypeVar("C", Copy, Budget, Stack, Index, Poll, Drawing, Once)


@dataclass(frozen=True)
class Bound:
    """Of a loop: `most` rounds; None: what a budget allows."""

    label: str
    most: int | None
    total: bool = False


class Claimed:
    """Each kind of claim by label, and which were needed so far."""

    def __init__(self, subject: Subject) -> None:
        claims = subject.claims
        self.loops = {bound.label: bound for bound in _bounds(subject)}
        self.polls = _by_label(claims, Poll)
        self.drawings = _by_label(claims, Drawing)
        self.copies = _by_label(claims, Copy)
        self.budgets = _by_label(claims, Budget)
        self.stacks = _by_label(claims, Stack)
        self.once = _by_label(claims, Once)
        self.within = [claim for claim in claims if isinstance(claim, Within)]
        self.indices = _by_label(claims, Index)
        self.ceilings = {claim.name: claim for claim in claims if isinstance(claim, Ceiling)}
        self.used: set[tuple[str, str]] = set()

    def use(self, claim: Claim | Bound) -> None:
        name = claim.name if isinstance(claim, Ceiling) else claim.label
        kind = "Loop" if isinstance(claim, Bound) else type(claim).__name__
        self.used.add((kind, name))

    def granted(self, code: Instruction, label: str) -> int:
        """Units of work that an instruction grants, or spends: then fewer than 0."""
        if code.mnemonic not in ("mov", "sub"):
            return 0
        target, amount = code.operands
        if not isinstance(target, Register) or not isinstance(amount, int):
            return 0
        for budget in self.budgets.values():
            if target.whole != budget.register:
                continue
            if code.mnemonic == "sub":
                return -amount
            if label == budget.label and amount == budget.amount:
                self.use(budget)
                return amount + budget.over
        return 0

    def inside(self, label: str) -> frozenset[tuple[str, int]]:
        """What is claimed of loops in whatever is called from that label: labels and rounds."""
        claims = [
            claim
            for claim in self.within
            if label == claim.caller or label.startswith(f"{claim.caller}.")
        ]
        for claim in claims:
            self.use(claim)
        return frozenset((claim.label, claim.most) for claim in claims)

    def apart(self, labels: Iterable[str], total: Total) -> Total:
        """A function's total by its labels: as drawing, if it is claimed to draw."""
        claim = next((self.drawings[label] for label in labels if label in self.drawings), None)
        if claim is None:
            return total
        self.use(claim)
        once = {label: cost.drawn() for label, cost in total.once.items()}
        return Total(total.cost.drawn(), once)

    def unused(self) -> Iterator[Problem]:
        """Claims that nothing needed: the code that they are about is no longer so."""
        groups: dict[str, Iterable[str]] = {
            "Loop": self.loops, "Poll": self.polls, "Drawing": self.drawings, "Copy": self.copies,
            "Budget": self.budgets,
            "Stack": self.stacks, "Index": self.indices, "Once": self.once,
            "Ceiling": self.ceilings, "Within": [claim.label for claim in self.within],
        }  # fmt: skip
        for kind, claims in groups.items():
            for label in claims:
                if (kind, label) not in self.used:
                    text = f"{kind} of {label} is claimed, and nothing needs it"
                    yield Problem("KP2337", label, text, "take the claim out of its stage")


def _by_label(claims: Iterable[Claim], kind: type[C]) -> dict[str, C]:
    return {claim.label: claim for claim in claims if isinstance(claim, kind)}


def _bounds(subject: Subject) -> Iterator[Bound]:
    for claim in subject.claims:
        if isinstance(claim, Worked):
            yield Bound(claim.label, None)
        elif isinstance(claim, Loop):
            yield Bound(claim.label, _number(subject, claim.most), claim.total)


def _number(subject: Subject, most: int | Between | Number | Text) -> int:
    """KeyError for a symbol that the image has not."""
    if isinstance(most, Between):
        return (subject.symbols[most.end] - subject.symbols[most.start]) // most.size
    if isinstance(most, Number):
        return int.from_bytes(subject.read(subject.symbols[most.symbol], 4), "little")
    if isinstance(most, Text):
        constants = subject.constants.code if subject.constants else b""
        return max(most.least, *map(len, re.findall(rb"[\n\x20-\x7e]+\0", constants)))
    return int(most)
