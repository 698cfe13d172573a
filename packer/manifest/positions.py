"""Where each key and each value of a TOML document stands, which tomllib does not tell.

The document has been read by tomllib before, so this reader only has to find, never to judge.
"""

from __future__ import annotations

import re
import tomllib
from typing import NamedTuple

Path = tuple[str | int, ...]
"""Keys and array indices from the top: ("task", 0, "ports", 1)."""

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r'[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|\'[^\']*\'')
_SCALAR = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:[^"\\]|\\.)*"'
    r"|'[^']*'"
    r"|[^,\]}#\n]+",
    re.DOTALL,
)


class Span(NamedTuple):
    """A stretch of the text."""

    start: int
    length: int


class Positions:
    """The spans of a document's keys and values.

    keys    of a table header's last part, too; of an element of an array of tables
    values  of everything that is not a table with a header
    """

    def __init__(self, text: str) -> None:
        self.keys: dict[Path, Span] = {}
        self.values: dict[Path, Span] = {}
        self._text = text
        self._at = 0
        self._tables: dict[Path, int] = {}
        self._document()

    def of_key(self, path: Path) -> Span:
        """Where a key stands; for an element that has none, the element; else what is around."""
        return self._nearest(path, self.keys, self.values)

    def of_value(self, path: Path) -> Span:
        """Where a value stands; for a table with a header, its header."""
        return self._nearest(path, self.values, self.keys)

    @staticmethod
    def _nearest(path: Path, first: dict[Path, Span], second: dict[Path, Span]) -> Span:
        while path:
            if path in first:
                return first[path]
            if path in second:
                return second[path]
            path = path[:-1]
        return Span(0, 1)

    def _document(self) -> None:
        table: Path = ()
        while self._skip():
            if self._take("[["):
                parts, span = self._key()
                outer = self._resolve(parts[:-1])
                array = (*outer, parts[-1])
                self._tables[array] = self._tables.get(array, 0) + 1
                table = (*array, self._tables[array] - 1)
                self.keys.setdefault(array, span)
                self.keys[table] = span
                self._take("]]")
            elif self._take("["):
                parts, span = self._key()
                table = self._resolve(parts)
                self.keys[table] = span
                self._take("]")
            else:
                self._pair(table)

    def _resolve(self, parts: Path) -> Path:
        """The path that a header's words mean: arrays of tables stand for their last element."""
        path: Path = ()
        for part in parts:
            path = (*path, part)
            if path in self._tables:
                path = (*path, self._tables[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        parts, span = self._key(table)
        path = (*table, *parts)
        self.keys[path] = span
        self._take("=")
        self._value(path)

    def _key(self, table: Path | None = None) -> tuple[Path, Span]:
        """The parts of a dotted key, and where the last one stands; within a table the others are
        keys too.
        """
        parts: list[str] = []
        while True:
            self._skip()
            span = self._match(_KEY)
            word = self._text[span.start : span.start + span.length]
            parts.append(tomllib.loads(f"k = {word}")["k"] if word[0] in "\"'" else word)
            if not self._take("."):
                return tuple(parts), span
            if table is not None:
                self.keys.setdefault((*table, *parts), span)

    def _value(self, path: Path) -> None:
        self._skip()
        start = self._at
        if self._take("["):
            index = 0
            while not self._take("]"):
                self._value((*path, index))
                index += 1
                self._take(",")
        elif self._take("{"):
            while not self._take("}"):
                self._pair(path)
                self._take(",")
        else:
            span = self._match(_SCALAR)
            word = self._text[start : self._at].rstrip()
            self.values[path] = Span(span.start, len(word))
            return
        self.values[path] = Span(start, self._at - start)

    def _skip(self) -> bool:
        """Pass blanks and comments; whether anything follows."""
        self._match(_SPACE)
        return self._at < len(self._text)

    def _take(self, sign: str) -> bool:
        """Pass this sign if it comes next."""
        self._skip()
        if not self._text.startswith(sign, self._at):
            return False
        self._at += len(sign)
        return True

    def _match(self, pattern: re.Pattern[str]) -> Span:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise ValueError(f"not TOML: {self._text[self._at : self._at + 20]!r}")
        self._at = found.end()
        return Span(found.start(), found.end() - found.start())
