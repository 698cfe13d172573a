"""The errors of the library, each of which says where: field path, array index, byte offset.

All derive from `KobjectsError`, which is a `ValueError` (the usual word for a bad value) and a
`construct.ConstructError` (the only exception that Construct's Select, Optional and GreedyRange
expect of a schema), so one `except` serves whoever holds the schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from construct import ConstructError, SizeofError

_LAST_INDEX = re.compile(r"\[(\d+)\][^\[]*$")


class KobjectsError(ConstructError, ValueError):
    """Something does not fit a schema.

    problem   what is wrong, without the place
    path      from the outermost schema to the field, such as `partitions[2].first_lba`; "" unknown
    offset    in bytes from the start of the outermost schema or stream; None when unknown
    """

    def __init__(self, problem: str, *, path: str = "", offset: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path: str = path
        self.offset = offset

    @property
    def index(self) -> int | None:
        """The last array index in the path, or None."""
        found = _LAST_INDEX.search(self.path)
        return int(found[1]) if found else None

    def inside(self, step: str, offset: int | None = None) -> Self:
        """Change this error to one of the schema around, where `step` leads to its old place.

        `offset` is where the inner schema lies in the outer one; None when that has no meaning.
        """
        self.path = join(step, self.path)
        if offset is not None:
            self.offset = (self.offset or 0) + offset
        return self

    def __str__(self) -> str:
        text = f"{self.path}: {self.problem}" if self.path else self.problem
        return text if self.offset is None else f"{text} (at offset {self.offset:#x})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), dict(self.__dict__), self.args)


class DefinitionError(KobjectsError):
    """A class statement or a schema that can't be right: overlap, gap, wrong size, bad type."""


class AbstractError(DefinitionError, AttributeError):
    """A class without a size was asked for what depends on one."""


class UnknownNameError(KobjectsError, AttributeError):
    """A name that the schema does not have; the message suggests the nearest that it has."""


class FieldValueError(KobjectsError):
    """A value that its field can't hold; the message gives the field, the value and the range."""


class SizeError(DefinitionError, SizeofError):
    """A schema of variable size was used where only one of a fixed size can be."""


class ParseError(KobjectsError):
    """Bytes that can't be read: the only error of reading, whatever the bytes are.

    For a short read `expected` and `found` count bytes: those that there must be at least, and
    those that are there.
    """

    expected: int | None = None
    found: int | None = None


class BuildError(KobjectsError):
    """A value that can't be written: wrong type, wrong number of elements."""


@dataclass(frozen=True)
class Finding:
    """One thing that `check()` has against a value that could be read or made all the same."""

    path: str
    found: int | bytes
    rule: str

    def inside(self, step: str) -> Finding:
        """The same finding, seen from the schema around."""
        return Finding(join(step, self.path), self.found, self.rule)

    def __str__(self) -> str:
        shown = f"{self.found:#x}" if isinstance(self.found, int) else repr(self.found)
        return f"{self.path}: {shown}, but {self.rule}"


@contextmanager
def inside(step: str) -> Iterator[None]:
    """Errors that leave this block are seen from the schema around."""
    try:
        yield
    except KobjectsError as error:
        error.inside(step)
        raise


def join(first: str, second: str) -> str:
    """Two parts of a path: `a` and `b` give `a.b`, `a` and `[2]` give `a[2]`."""
    return f"{first}.{second}" if first and second and second[0] != "[" else first + second


def too_short(problem: str, expected: int, found: int, **place: Any) -> ParseError:
    """The error of bytes that are fewer than expected."""
    error = ParseError(problem, **place)
    error.expected, error.found = expected, found
    return error


def construct_path(path: str | None) -> str:
    """Construct's `(parsing) -> header -> entry` in our spelling, `header.entry`."""
    return ".".join((path or "").split(" -> ")[1:])


def unknown_name(
    what: str, name: str, known: Iterable[str], kind: str = "field"
) -> UnknownNameError:
    """The error for a name that `what` lacks, with the nearest of the known ones."""
    from difflib import get_close_matches

    names = list(known)
    hint = ""
    if near := get_close_matches(name, names, n=1):
        hint = f"; did you mean {near[0]!r}?"
    elif 0 < len(names) <= 12:
        hint = f"; it has {', '.join(names)}"
    return UnknownNameError(f"{what} has no {kind} {name!r}{hint}")


def _restore(kind: type[KobjectsError], state: dict[str, Any], args: tuple[Any, ...]) -> Any:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error
