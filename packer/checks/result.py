"""What a check says: what it proved, with figures, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from packer.errors import Problem

Row = Mapping[str, str | int]


@dataclass(frozen=True)
class Result:
    """Of one check.

    proved    one sentence that holds if there is no problem
    figures   numbers by what they count
    rows      a table of what was found, the same keys in each; may be empty
    """

    check: str
    proved: str
    figures: Mapping[str, int] = field(default_factory=dict)
    rows: Sequence[Row] = ()
    problems: Sequence[Problem] = ()
