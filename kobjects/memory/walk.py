"""Page tables read level by level: all tables of a level at once, as one numpy array.

A walk ends on any bytes. Each level goes further down, so that tables which refer to themselves end
it after as many steps as there are levels; what they multiply is cut off at `limit`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kobjects.memory.mappings import Mappings, Trouble, WalkFinding
from kobjects.memory.modes import (
    NO_EXECUTE,
    PRESENT,
    RIGHTS,
    Mode,
)
from kobjects.memory.physical import MOST_FINDINGS, PhysicalMemory
from kobjects.memory.rules import Rules, rules_of
from kobjects.word import Word

LIMIT = 1 << 22
"""Pages that a walk lists, unless another limit is given: 16 GiB in pages of 4 KiB."""

PAGES_PER_TABLE = 16
"""A level may have limit / 16 tables: each can map 512 pages, and few map less than 16."""

CHUNK = 1 << 12
"""Tables that are read at once: 16 MiB."""


class Frontier(NamedTuple):
    """The tables that one level has still to read, as columns; `above` has each one's ancestors."""

    address: Any
    linear: Any
    rights: Any
    above: tuple[Any, ...]

    def pick(self, which: Any) -> Frontier:
        """Some of the tables."""
        above = tuple(column[which] for column in self.above)
        return Frontier(self.address[which], self.linear[which], self.rights[which], above)


class Leaves(NamedTuple):
    """Pages, as columns."""

    linear: Any
    physical: Any
    entry: Any
    level: Any
    rights: Any


@dataclass
class Walker:
    """One walk. Call `walk` once."""

    memory: PhysicalMemory
    mode: Mode
    root: int
    physical_bits: int = 52
    no_execute: bool = True
    limit: int = LIMIT
    findings: list[WalkFinding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    tables: int = 0
    end: int = 1 << 64

    @property
    def most_tables(self) -> int:
        """Of one level."""
        return max(self.limit // PAGES_PER_TABLE, 1)

    def walk(self) -> Mappings:
        """Every page below the root."""
        import numpy as np

        found: list[Leaves] = []
        frontier = Frontier(
            np.array([self.root], np.uint64), np.zeros(1, np.uint64),
            np.array([RIGHTS], np.uint64), (),
        )  # fmt: skip
        for depth in range(len(self.mode.levels)):
            below = []
            for leaves, tables in self._level(depth, frontier):
                found.append(leaves)
                below.append(tables)
            frontier = self._cut_tables(depth, _joined(below, depth + 1))
            if not len(frontier.address):
                break
        return self._sorted(found)

    def _level(self, depth: int, frontier: Frontier) -> Iterator[tuple[Leaves, Frontier]]:
        """The pages and the tables below all tables of a level, chunk by chunk."""
        pages = below = 0
        for start in range(0, len(frontier.address), CHUNK):
            chunk = frontier
            if len(frontier.address) > CHUNK:
                chunk = frontier.pick(slice(start, start + CHUNK))
            leaves, tables = self._tables(depth, chunk)
            pages, below = pages + len(leaves.linear), below + len(tables.address)
            yield leaves, tables
            if pages > self.limit or below > self.most_tables:
                break

    def _tables(self, depth: int, frontier: Frontier) -> tuple[Leaves, Frontier]:
        """What the present entries of some tables lead to."""
        import numpy as np

        level = self.mode.levels[depth]
        rows, known = self.memory.tables(frontier.address, self.mode.width, level.entries)
        if len(rows) != len(known):
            self._note_missing(depth, frontier.pick(~known))
            frontier = frontier.pick(known)
        self.tables += len(rows)
        flat = rows.reshape(-1)
        at = np.flatnonzero(flat & flat.dtype.type(PRESENT))
        entries = flat[at].astype(np.uint64, copy=False)
        owner = at >> level.bits
        number = (at & (level.entries - 1)).view(np.uint64)
        linear = frontier.linear[owner] | number << np.uint64(level.shift)
        if depth == 0 and self.mode.extended:
            upper = number >= level.entries // 2
            linear[upper] |= np.uint64((1 << 64) - (1 << self.mode.linear))
        rights = frontier.rights[owner]
        if level.limits:
            rights &= entries ^ np.uint64(NO_EXECUTE)
        pages, tables = level.split(entries)
        leaves = self._leaves(depth, pages, entries, linear, rights)
        return leaves, self._below(depth, tables, entries, linear, rights, owner, frontier)

    def _leaves(self, depth: int, which: Any, entries: Any, linear: Any, rights: Any) -> Leaves:
        import numpy as np

        word = self.mode.levels[depth].page
        if which is None or word is None:
            none = np.zeros(0, np.uint64)
            return Leaves(none, none, none, none.astype(np.uint8), none)
        rules = self._rules(word)
        which = self._obeying(depth, which, entries, linear, rules)
        entries = entries[which]
        levels = np.full(len(entries), depth, np.uint8)
        return Leaves(linear[which], rules.addresses(entries), entries, levels, rights[which])

    def _below(
        self, depth: int, which: Any, entries: Any, linear: Any, rights: Any, owner: Any,
        frontier: Frontier,
    ) -> Frontier:  # fmt: skip
        import numpy as np

        word = self.mode.levels[depth].table
        if which is None or word is None:
            none = np.zeros(0, np.uint64)
            return Frontier(none, none, none, (none,) * (depth + 1))
        rules = self._rules(word)
        which = self._obeying(depth, which, entries, linear, rules)
        owner = owner[which]
        address = rules.addresses(entries[which])
        above = (*(c[owner] for c in frontier.above), frontier.address[owner])
        recursive = np.zeros(len(address), bool)
        for column in above:
            recursive |= column == address
        for index in np.flatnonzero(recursive)[:MOST_FINDINGS].tolist():
            text = f"the table at {int(address[index]):#x} is one of those above it"
            self._note(depth, Trouble.RECURSIVE, int(linear[which][index]),
                       int(entries[which][index]), text, 0)  # fmt: skip
        self._count(Trouble.RECURSIVE, int(recursive.sum()))
        return Frontier(address, linear[which], rights[which], above)

    def _obeying(self, depth: int, which: Any, entries: Any, linear: Any, rules: Rules) -> Any:
        """Those entries of which no reserved bit is set; the others are findings."""
        import numpy as np

        wrong = entries[which] & np.uint64(rules.reserved) != 0
        if not wrong.any():
            return which
        which = np.arange(len(entries))[which]
        for index in which[wrong][:MOST_FINDINGS].tolist():
            entry = int(entries[index])
            text = f"bits {entry & rules.reserved:#x} are reserved, and it is not used"
            self._note(depth, Trouble.RESERVED, int(linear[index]), entry, text, 0)
        self._count(Trouble.RESERVED, int(wrong.sum()))
        return which[~wrong]

    def _rules(self, word: type[Word]) -> Rules:
        return rules_of(word, self.physical_bits, self.no_execute)

    def _cut_tables(self, depth: int, frontier: Frontier) -> Frontier:
        most = self.most_tables
        if len(frontier.address) <= most:
            return frontier
        self.end = min(self.end, int(frontier.linear[most]))
        return frontier.pick(slice(0, most))

    def _note_missing(self, depth: int, frontier: Frontier) -> None:
        """Tables that are not in the image: at the root's own place there is no entry above."""
        for address, linear in zip(
            frontier.address[:MOST_FINDINGS].tolist(), frontier.linear[:MOST_FINDINGS].tolist(),
            strict=True,
        ):  # fmt: skip
            text = f"the {self.mode.levels[depth].name} at this address is not in the image"
            self._note(depth - 1, Trouble.MISSING, linear, address, text, 0)
        self._count(Trouble.MISSING, len(frontier.address))

    def _note(
        self, depth: int, kind: str, linear: int, entry: int, text: str, count: int = 1
    ) -> None:
        path = self.mode.path(linear, depth) if depth >= 0 else "cr3"
        self._count(kind, count)
        if sum(one.kind == kind for one in self.findings) < MOST_FINDINGS:
            self.findings.append(WalkFinding(path, entry, text, kind, linear))

    def _count(self, kind: str, count: int) -> None:
        if count:
            self.counts[kind] += count

    def _sorted(self, found: list[Leaves]) -> Mappings:
        import numpy as np

        found = [leaves for leaves in found if len(leaves.linear)]
        columns: list[Any] = [np.concatenate(column) for column in zip(*found, strict=True)]
        if not columns:
            none = np.zeros(0, np.uint64)
            columns = [none, none, none, none.astype(np.uint8), none]
        if len({int(leaves.level[0]) for leaves in found}) > 1:
            order = np.argsort(columns[0], kind="stable")
            columns = [column[order] for column in columns]
        if len(columns[0]) > self.limit:
            self.end = min(self.end, int(columns[0][self.limit]))
        if self.end < 1 << 64:
            most = int(np.searchsorted(columns[0], np.uint64(self.end)))
            columns = [column[:most] for column in columns]
            text = f"the walk ends here: the limit is {self.limit} pages"
            self._note(len(self.mode.levels) - 1, Trouble.LIMIT, self.end, 0, text)
        linear, physical, entry, level, rights = columns
        return Mappings(
            self.mode, linear, physical, entry, level, rights, tuple(self.findings),
            dict(self.counts), self.tables,
        )  # fmt: skip


def _joined(parts: list[Frontier], ancestors: int) -> Frontier:
    import numpy as np

    if len(parts) == 1:
        return parts[0]
    if not parts:
        none = np.zeros(0, np.uint64)
        return Frontier(none, none, none, (none,) * ancestors)
    address, linear, rights = (np.concatenate([part[n] for part in parts]) for n in range(3))
    above = tuple(np.concatenate(column) for column in zip(*(p.above for p in parts), strict=True))
    return Frontier(address, linear, rights, above)
