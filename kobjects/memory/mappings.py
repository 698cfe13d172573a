"""What a walk comes to: pages with the rights that all levels leave them, as numpy columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from kobjects.errors import Finding
from kobjects.memory.modes import NO_EXECUTE, USER, WRITABLE, Mode
from kobjects.word import Word

EXECUTABLE = NO_EXECUTE
"""In rights, which have the bit inverted."""


class Trouble:
    """Kinds of what a walk finds wrong."""

    MISSING = "missing"
    """An entry refers to a table that is not in the image. Nothing below it is listed."""
    RESERVED = "reserved"
    """An entry has reserved bits set: the processor raises #PF instead of using it."""
    RECURSIVE = "recursive"
    """An entry refers to a table that lies above it on its own path. Its pages are listed."""
    LIMIT = "limit"
    """The walk was cut short: what lies higher is not listed."""


@dataclass(frozen=True)
class WalkFinding(Finding):
    """One thing that is wrong with page tables.

    `found` is the entry; of a table that is missing, its address.

    kind    one of `Trouble`
    linear  the first address that the entry maps
    """

    kind: str
    linear: int


class MappedPage(NamedTuple):
    """One page. Rights are those that all levels leave; `entry` is the last one, in its type."""

    linear: int
    physical: int
    size: int
    writable: bool
    user: bool
    executable: bool
    entry: Word

    @property
    def rights(self) -> str:
        """As `rights_text` has it."""
        return rights_text(self.writable, self.user, self.executable)


class MappedRange(NamedTuple):
    """Pages that follow each other in linear and physical memory, with the same rights."""

    linear: int
    physical: int
    size: int
    writable: bool
    user: bool
    executable: bool

    @property
    def rights(self) -> str:
        """As `rights_text` has it."""
        return rights_text(self.writable, self.user, self.executable)


def rights_text(writable: bool, user: bool, executable: bool) -> str:
    """Four letters: u, r, w, x, or a dash for what is not allowed."""
    return f"{'u' if user else '-'}r{'w' if writable else '-'}{'x' if executable else '-'}"


@dataclass(frozen=True, eq=False)
class Mappings:
    """The pages of an address space in the order of their linear addresses.

    Columns are numpy arrays with an item for each page: `linear`, `physical` and `entry` of uint64,
    `level` the index in `mode.levels`, `rights` a combination of WRITABLE, USER and EXECUTABLE.

    findings  what is wrong, up to 32 of each kind
    counts    how many there were of each kind
    tables    how many tables were read
    """

    mode: Mode
    linear: Any
    physical: Any
    entry: Any
    level: Any
    rights: Any
    findings: Sequence[WalkFinding]
    counts: Mapping[str, int]
    tables: int

    @cached_property
    def size(self) -> Any:
        """Bytes of each page."""
        import numpy as np

        sizes = np.array([level.size for level in self.mode.levels], np.uint64)
        return sizes[self.level]

    @cached_property
    def writable(self) -> Any:
        """Whether ring 0 may write while CR0.WP is set, and ring 3 if `user`."""
        return self.rights & WRITABLE != 0

    @cached_property
    def user(self) -> Any:
        """Whether ring 3 may use the page."""
        return self.rights & USER != 0

    @cached_property
    def executable(self) -> Any:
        """Whether instructions may be fetched, by ring 0 (without SMEP) and by ring 3 if `user`."""
        return self.rights & EXECUTABLE != 0

    def __len__(self) -> int:
        return len(self.linear)

    def __getitem__(self, index: int) -> MappedPage:
        level = self.mode.levels[int(self.level[index])]
        rights = int(self.rights[index])
        return MappedPage(
            int(self.linear[index]),
            int(self.physical[index]),
            level.size,
            bool(rights & WRITABLE),
            bool(rights & USER),
            bool(rights & EXECUTABLE),
            level.word(int(self.entry[index])),
        )

    def __iter__(self) -> Iterator[MappedPage]:
        return (self[index] for index in range(len(self)))

    def flag(self, name: str) -> Any:
        """A field of the last entries that all page types of the mode have, such as `dirty`."""
        import numpy as np

        found = np.zeros(len(self), np.uint64)
        for index, level in enumerate(self.mode.levels):
            mine = np.flatnonzero(self.level == index)
            if level.page is not None and len(mine):
                entries = np.ascontiguousarray(self.entry[mine], f"<u{self.mode.width}")
                found[mine] = level.page.columns(entries)[name]
        return found != 0 if self.mode.levels[-1].page.fields[name].type is bool else found  # type: ignore[union-attr]

    def find(self, linear: int) -> MappedPage | None:
        """The page that holds a linear address."""
        import numpy as np

        index = int(np.searchsorted(self.linear, np.uint64(linear), "right")) - 1
        if index < 0 or linear >= int(self.linear[index]) + int(self.size[index]):
            return None
        return self[index]

    def maps_physical(self, address: int) -> Any:
        """The indices of the pages that hold a physical address: a numpy array."""
        import numpy as np

        return np.flatnonzero(np.uint64(address) - self.physical < self.size)

    def ranges(self) -> list[MappedRange]:
        """Pages merged as far as linear and physical addresses and rights allow."""
        import numpy as np

        if not len(self):
            return []
        follows = self.linear[1:] == self.linear[:-1] + self.size[:-1]
        follows &= self.physical[1:] == self.physical[:-1] + self.size[:-1]
        follows &= self.rights[1:] == self.rights[:-1]
        starts = np.flatnonzero(np.concatenate(([True], ~follows)))
        sizes = np.add.reduceat(self.size, starts)
        columns = (self.linear, self.physical, None, self.writable, self.user, self.executable)
        lists = [(sizes if c is None else c[starts]).tolist() for c in columns]
        return [MappedRange(*row) for row in zip(*lists, strict=True)]

    def pages_by_size(self) -> dict[int, int]:
        """How many pages there are of each size, in bytes."""
        counted = Counter(self.size.tolist())
        return dict(sorted(counted.items()))
