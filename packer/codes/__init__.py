"""What each error code means, for users: the tables beside this file, read when they are asked for.

An entry has a title of one line, what it means, an example that makes it and what to do. A test
holds the tables equal to the codes in the sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

NEAR = 3
"""Codes that are offered for one that there is not."""


@dataclass(frozen=True)
class Code:
    """One error code.

    code     "KP" and four digits
    title    one line, without a full stop
    means    a paragraph: when kpack says it, and why
    example  source text, a command or a description that leads to it; may have several lines
    do       how to go on
    """

    code: str
    title: str
    means: str
    example: str
    do: str


@cache
def table() -> Mapping[str, Code]:
    """Every code, in order of its number."""
    import tomllib

    found: dict[str, Code] = {}
    for file in resources.files(__name__).iterdir():
        if file.name.endswith(".toml"):
            entries = tomllib.loads(file.read_text(encoding="utf-8"))
            found |= {name: Code(name, **entry) for name, entry in entries.items()}
    return dict(sorted(found.items()))


def nearest(number: int) -> list[str]:
    """The codes whose numbers are nearest to one that is no code's, in order."""
    return sorted(sorted(table(), key=lambda code: abs(int(code[2:]) - number))[:NEAR])
