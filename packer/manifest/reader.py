"""Taking values out of a TOML document, noting all that is wrong, each with its place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from packer.asm.source import Diagnostic, Place, did_you_mean
from packer.manifest.positions import Path, Positions, Span

_WHERE = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")

TYPES: Mapping[type, str] = {
    str: "a string",
    int: "an integer",
    list: "an array",
    dict: "a table",
    bool: "a boolean",
    float: "a float",
}
REQUIRED: Any = object()


class ManifestError(ValueError):
    """A manifest that does not describe an image; `diagnostics` has every reason, in order."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(map(str, self.diagnostics)))


class Reader:
    """One document. What is asked for and wrong is noted, and a harmless value is given instead, so
    that reading goes on; `finish` raises all that was noted.
    """

    def __init__(self, name: str, text: str) -> None:
        """`name` is what places show. ManifestError if the text is not TOML."""
        self._name = name
        self._text = text.replace("\r\n", "\n")
        self._lines = self._text.split("\n")
        self._noted: list[tuple[int, Diagnostic]] = []
        try:
            self._data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ManifestError([self._syntax(str(error))]) from error
        self._positions = Positions(self._text)

    def table(self, path: Path, known: Collection[str]) -> bool:
        """Whether a table is there; keys that it may not have are noted."""
        table = self.value(path, dict, {})
        for key in table.keys() - set(known):
            names = ", ".join(sorted(known)) or "nothing"
            help = did_you_mean(key, known) or f"known here: {names}"
            self.note("KP3003", (*path, key), f"unknown key {key}", help, key=True)
        return path in self and isinstance(self._get(path), dict)

    def is_empty(self, path: Path) -> bool:
        """Whether there is nothing at a path, or an array or table with nothing in it."""
        return path not in self or self._get(path) in ([], {})

    def is_a(self, path: Path, type_: type) -> bool:
        """Whether there is a value of this type at a path."""
        return path in self and type(self._get(path)) is type_

    def value(self, path: Path, type_: type, default: Any = REQUIRED) -> Any:
        """The value at a path; the default if there is none, or it has another type."""
        try:
            value = self._get(path)
        except KeyError:
            if default is REQUIRED:
                where = ".".join(str(part) for part in path[:-1] if isinstance(part, str))
                text = f"{where or 'the manifest'} has no {path[-1]}"
                self.note("KP3004", path[:-1], text, key=True)
                return type_()
            return default
        if type(value) is not type_:
            found = TYPES.get(type(value), f"a {type(value).__name__}")
            self.note("KP3005", path, f"{path[-1]} is {found} instead of {TYPES[type_]}")
            return type_() if default is REQUIRED else default
        return value

    def strings(self, path: Path, default: Any = REQUIRED) -> list[tuple[Path, str]]:
        """The strings of an array, each with its path."""
        found = []
        for index, item in enumerate(self.value(path, list, default)):
            if isinstance(item, str):
                found.append(((*path, index), item))
            else:
                what = TYPES.get(type(item), "something else")
                self.note("KP3005", (*path, index), f"{path[-1]} has {what} instead of a string")
        return found

    def integer(self, path: Path, low: int, high: int, default: Any = REQUIRED) -> int:
        """An integer within [low, high]."""
        number: int = self.value(path, int, default)
        if path in self and not low <= number <= high:
            self.note("KP3006", path, f"{path[-1]} is {number}, outside of {low} to {high}")
        return number

    def elements(self, path: Path) -> Iterator[Path]:
        """The paths of the tables in an array of tables."""
        for index, item in enumerate(self.value(path, list, [])):
            if isinstance(item, dict):
                yield (*path, index)
            else:
                self.note("KP3005", (*path, index), f"{path[-1]} has an element that is no table")

    def keys(self, path: Path) -> list[str]:
        """The keys of a table, in the document's order; none if there is no such table."""
        return list(self.value(path, dict, {}))

    def __contains__(self, path: Path) -> bool:
        try:
            self._get(path)
        except KeyError:
            return False
        return True

    def note(self, code: str, path: Path, text: str, help: str = "", *, key: bool = False) -> None:
        """Something is wrong with the value at a path, or with its key."""
        span = self._positions.of_key(path) if key else self._positions.of_value(path)
        self._noted.append((span.start, Diagnostic(code, self._place(span), text, help)))

    def line(self, path: Path) -> int:
        """The line of a key, for a message about another one."""
        return self._place(self._positions.of_key(path)).line

    def places(self, path: Path) -> dict[str, str]:
        """The file:line of what is at a path, as "", and of each key of it if it is a table."""
        keys = self.keys(path) if self.is_a(path, dict) else []
        places = {key: f"{self._name}:{self.line((*path, key))}" for key in keys}
        return {"": f"{self._name}:{self.line(path)}", **places}

    def finish(self) -> None:
        """Raise all that was noted, in the document's order."""
        if self._noted:
            noted = sorted(self._noted, key=lambda entry: entry[0])
            raise ManifestError([diagnostic for _, diagnostic in noted])

    def _get(self, path: Path) -> Any:
        value: Any = self._data
        for part in path:
            try:
                value = value[part]
            except (TypeError, IndexError) as error:
                raise KeyError(part) from error
        return value

    def _place(self, span: Span) -> Place:
        before = self._text[: span.start]
        line = before.count("\n") + 1
        column = span.start - (before.rfind("\n") + 1) + 1
        source = self._lines[line - 1]
        length = max(1, min(span.length, len(source) - column + 1))
        return Place(self._name, line, column, length, source)

    def _syntax(self, message: str) -> Diagnostic:
        found = _WHERE.search(message)
        text = message[: found.start()] if found else message
        if found and found["line"]:
            line, column = int(found["line"]), int(found["column"])
        else:
            line, column = len(self._lines), len(self._lines[-1]) + 1
        place = Place(self._name, line, column, 1, self._lines[line - 1])
        return Diagnostic("KP3002", place, f"not TOML: {text[0].lower()}{text[1:]}")
