"""What differs between two images: by field, by function, by place.

Parts are compared by name. An address that names the same thing in both is no difference, however
far that has moved: such fields and functions are only counted.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from packer.atlas.chart import Chart
from packer.atlas.consequences import consequence
from packer.atlas.listing import functions
from packer.atlas.parts import Part
from packer.atlas.types import Spot

_WORDS = {"code": "other instructions", "added": "is new", "removed": "is gone"}


@dataclass(frozen=True)
class Difference:
    """One thing that differs.

    kind     "field", "code", "bytes", "added", "removed", "size"
    path     of what differs; before, after: its values for a person
    meaning  what the change means, or what the field is
    listing  of code: a unified diff of its instructions
    """

    kind: str
    path: str
    before: str = ""
    after: str = ""
    meaning: str = ""
    listing: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        text = f"{self.path}: " if self.kind != "field" else f"{self.path} "
        text += (
            f"{self.before} → {self.after}"
            if self.before or self.after
            else _WORDS.get(self.kind, "differs")
        )
        text += f": {self.meaning}" if self.meaning else ""
        return "\n".join([text, *(f"    {line}" for line in self.listing)])


@dataclass(frozen=True)
class Comparison:
    """`moved` are parts with another address, as (name, before, after); `following` is how many
    fields and functions differ only because what they name has moved.
    """

    differences: list[Difference]
    moved: list[tuple[str, int, int]]
    following: int

    def plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        moved = [{"name": name, "before": was, "after": now} for name, was, now in self.moved]
        return {
            "differences": [asdict(one) for one in self.differences],
            "moved": moved,
            "following": self.following,
        }


def compare(one: Chart, other: Chart) -> Comparison:
    """Everything in which the second file differs from the first."""
    before, after = _parts(one), _parts(other)
    found: list[Difference] = []
    moved: list[tuple[str, int, int]] = []
    following = 0
    for name in dict.fromkeys([*before, *after]):
        if name not in after:
            found.append(Difference("removed", name, meaning=f"{before[name].size:,} bytes"))
        elif name not in before:
            found.append(Difference("added", name, meaning=f"{after[name].size:,} bytes"))
        else:
            pair = _Pair(one, other, name, before[name], after[name])
            found += pair.differences()
            following += pair.following
            was, now = before[name].physical, after[name].physical
            if was is not None and now is not None and was != now:
                moved.append((name, was, now))
    found += _owned_by_nobody(one, other)
    return Comparison(found, moved, following)


def _parts(chart: Chart) -> dict[str, Part]:
    """By name; equal names are numbered."""
    count: Counter[str] = Counter()
    found: dict[str, Part] = {}
    for part in dict.fromkeys(span.part for span in chart.spans):
        if part.is_ != "padding":
            number = count[part.name]
            found[f"{part.name}[{number}]" if number else part.name] = part
            count[part.name] += 1
    return found


def _owned(chart: Chart, part: Part) -> bytes:
    """The bytes of a part; zeros where another part lies in it."""
    data = bytearray(part.size)
    for span in chart.spans:
        if span.part is part:
            data[span.skip : span.skip + span.size] = chart.data[span.start : span.end]
    return bytes(data)


def _owned_by_nobody(one: Chart, other: Chart) -> Iterator[Difference]:
    """Padding that is not zero in one of them."""
    dirty = [
        {
            span.start: bytes(chart.data[span.start : span.end])
            for span in chart.spans
            if span.part.is_ == "padding" and any(chart.data[span.start : span.end])
        }
        for chart in (one, other)
    ]
    for offset in sorted(dirty[0].keys() | dirty[1].keys()):
        was, now = dirty[0].get(offset), dirty[1].get(offset)
        if was != now:
            texts = ["not zero" if each else "zero" for each in (was, now)]
            yield Difference("bytes", f"padding at {offset:#x}", texts[0], texts[1])


class _Pair:
    """The part of one name in both files."""

    def __init__(self, one: Chart, other: Chart, name: str, was: Part, now: Part) -> None:
        self.one, self.other, self.name, self.was, self.now = one, other, name, was, now
        self.following = 0

    def differences(self) -> Iterator[Difference]:
        old, new = _owned(self.one, self.was), _owned(self.other, self.now)
        if self.was.size != self.now.size:
            sizes = f"{self.was.size:,}", f"{self.now.size:,}"
            yield Difference("size", self.name, *sizes, meaning="bytes")
        if self.was.is_ != self.now.is_:
            yield Difference("bytes", self.name, self.was.is_, self.now.is_)
        elif old == new:
            return
        elif self.was.type and self.now.type:
            yield from self._fields(old, new)
        elif self.was.is_ == "code":
            yield from self._functions(old, new)
        else:
            yield from self._leaves(old, new)

    def _fields(self, old: bytes, new: bytes) -> Iterator[Difference]:
        assert self.was.type is not None
        assert self.now.type is not None
        was = {spot.path: spot for spot in self.was.type.leaves()}
        now = {spot.path: spot for spot in self.now.type.leaves()}
        for path in dict.fromkeys([*was, *now]):
            if path in was and path in now:
                yield from self._field(was[path], now[path], old, new)
            else:
                kind = "added" if path in now else "removed"
                yield Difference(kind, _joined(self.name, path), meaning=(was | now)[path].doc)

    def _field(self, was: Spot, now: Spot, old: bytes, new: bytes) -> Iterator[Difference]:
        before = old[was.offset : was.offset + was.size]
        after = new[now.offset : now.offset + now.size]
        if before == after:
            return
        path = _joined(self.name, was.path)
        rows = {row.name: row for row in was.type.bits(before)}
        others = {row.name: row for row in now.type.bits(after)}
        if not rows or rows.keys() != others.keys():
            numbers = was.type.number(before), now.type.number(after)
            if was.type.is_ != "number" or not self._follows(*numbers):
                shown = was.type.shown(before), now.type.shown(after)
                yield Difference("field", path, *shown, meaning=now.doc)
            return
        title = now.type.chosen(after).title
        for name, row in rows.items():
            changed = others[name]
            if row.value != changed.value and not self._follows(row.value, changed.value):
                meaning = consequence(title, row, changed)
                yield Difference("field", f"{path}.{name}", row.shown, changed.shown, meaning)

    def _follows(self, was: int, now: int) -> bool:
        """Whether two addresses, virtual or physical, are of the same thing."""
        for base in (0, self.one.atlas.kernel["virtual"] - self.one.atlas.kernel["physical"]):
            called = self.one.called(was + base)
            if called and called == self.other.called(now + base):
                self.following += 1
                return True
        return False

    def _functions(self, old: bytes, new: bytes) -> Iterator[Difference]:
        before = functions(self.one, self.was, old)
        after = functions(self.other, self.now, new)
        for name in dict.fromkeys([*before, *after]):
            was, now = before.get(name), after.get(name)
            path = name or self.name
            if was is None or now is None:
                kind = "added" if was is None else "removed"
                lines = was or now
                assert lines is not None
                yield Difference(kind, path, meaning=f"{len(lines.texts)} instructions")
            elif was.texts != now.texts:
                listing = difflib.unified_diff(was.texts, now.texts, lineterm="", n=2)
                same = len(was.code) == len(now.code)
                sizes = ("", "") if same else (f"{len(was.code)}", f"{len(now.code)} bytes")
                yield Difference("code", path, *sizes, listing=list(listing)[2:])
            elif was.code != now.code:
                self.following += 1

    def _leaves(self, old: bytes, new: bytes) -> Iterator[Difference]:
        was = {leaf.path: old[leaf.start : leaf.end] for leaf in self.was.leaves()}
        now = {leaf.path: new[leaf.start : leaf.end] for leaf in self.now.leaves()}
        for path in dict.fromkeys([*was, *now]):
            if path not in was or path not in now:
                yield Difference("added" if path in now else "removed", f"{self.name}: {path}")
            elif was[path] != now[path]:
                yield Difference("bytes", f"{self.name}: {path}", was[path].hex(), now[path].hex())


def _joined(name: str, path: str) -> str:
    return f"{name}{path}" if not path or path.startswith("[") else f"{name}.{path}"
