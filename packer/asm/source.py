"""Source texts, places in them, and what is wrong there.

Every complaint of the assembler is a `Diagnostic`: a code, a place, what is wrong and what to write
instead. A unit's complaints are gathered and raised together as one `AsmError`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True)
class SourceText:
    """One source: `name` is what errors and maps show, usually a path."""

    name: str
    text: str


class Place(NamedTuple):
    """A stretch of a source line. `line` and `column` count from 1; `source` is the whole line."""

    file: str
    line: int
    column: int
    length: int
    source: str

    def at(self, column: int, length: int = 1) -> Place:
        """Another stretch of the same line."""
        return Place(self.file, self.line, column, length, self.source)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Diagnostic:
    """One complaint: `code` is KP1xxx, `help` says what to write instead (may be empty)."""

    code: str
    place: Place
    message: str
    help: str = ""

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"{self.place}: error[{self.code}]: {self.message}"
        if self.place.source:
            # Tabs stay tabs in the caret's line, so that it stands under its text in any terminal.
            before = self.place.source[: self.place.column - 1]
            margin = "".join("\t" if letter == "\t" else " " for letter in before)
            yield f"    {self.place.source}"
            yield f"    {margin}^{'~' * (self.place.length - 1)}"
        if self.help:
            yield f"help: {self.help}"


class AsmError(ValueError):
    """The sources can't be assembled or linked; `diagnostics` has every reason, in source order."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(map(str, self.diagnostics)))


class Complaint(Exception):  # noqa: N818  (never leaves the assembler: a Report turns it into AsmError)
    """Raised while one statement is read; the statement is given up and the next one is read.

    `column` and `length` are a stretch of the statement's line; 0 stands for the whole statement.
    `unknown` are names without a value, which may be misspelt.
    """

    def __init__(
        self,
        code: str,
        message: str,
        help: str = "",
        *,
        column: int = 0,
        length: int = 1,
        unknown: Iterable[str] = (),
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.help = code, message, help
        self.column, self.length = column, length
        self.unknown = tuple(unknown)


@dataclass
class Report:
    """Gathers the complaints of a unit. `known` are the names that suggestions come from."""

    files: Sequence[str] = ()
    known: Iterable[str] = ()
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @contextmanager
    def catching(self, place: Place) -> Iterator[None]:
        """Note a Complaint raised inside as one about `place`, and go on."""
        try:
            yield
        except Complaint as complaint:
            self.add(complaint, place)

    def add(self, complaint: Complaint, place: Place) -> None:
        where = place.at(complaint.column, complaint.length) if complaint.column else place
        meant = (did_you_mean(name, self.known) for name in complaint.unknown)
        advice = next(filter(None, meant), complaint.help)
        self.diagnostics.append(Diagnostic(complaint.code, where, complaint.message, advice))

    def finish(self) -> None:
        """Raise everything that was noted, if anything was, in the order of the sources."""
        if self.diagnostics:
            raise AsmError(sorted(self.diagnostics, key=self._position))

    def _position(self, diagnostic: Diagnostic) -> tuple[int, int, int]:
        place = diagnostic.place
        return self.files.index(place.file), place.line, place.column


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean X?` for the nearest known word, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)
    return f"did you mean {near[0]}?" if near else ""
