"""Address spaces: linear addresses over physical memory, as the processor translates them.

space = AddressSpace(MemoryImage.raw(data), cr3=0x2A04000)
space.translate(0xFFFFFFFF89C17A0B).physical
space.walk().ranges()
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from kobjects.errors import KobjectsError
from kobjects.memory.mappings import EXECUTABLE, Mappings, rights_text
from kobjects.memory.modes import LARGE, LEVEL_4, PRESENT, RIGHTS, USER, WRITABLE, Mode
from kobjects.memory.physical import MissingMemoryError, PhysicalMemory
from kobjects.memory.rules import Rules, rules_of
from kobjects.memory.walk import LIMIT, Walker
from kobjects.word import Word


class TranslationError(KobjectsError):
    """A linear address that the page tables do not translate; `path` leads to the entry at fault.

    reason  "not canonical", "not present", "reserved" or "missing" (the table is not in the image)
    linear  the address
    """

    def __init__(
        self, problem: str, reason: str, linear: int, path: str = "", offset: int | None = None
    ) -> None:
        super().__init__(problem, path=path, offset=offset)
        self.reason, self.linear = reason, linear


class Step(NamedTuple):
    """An entry on the way: its path, its physical address, and itself in its own type."""

    path: str
    address: int
    entry: Word


@dataclass(frozen=True)
class Translation:
    """Where a linear address leads. Rights are those that all levels leave.

    size   of the page, in bytes; 1 << 32 while paging is off
    steps  the entries on the way, the first table's first
    """

    linear: int
    physical: int
    size: int
    writable: bool
    user: bool
    executable: bool
    steps: tuple[Step, ...]

    @property
    def rights(self) -> str:
        """Four letters: u, r, w, x, or a dash for what is not allowed."""
        return rights_text(self.writable, self.user, self.executable)


class AddressSpace:
    """What CR3 makes of physical memory.

    mode           one of `kobjects.memory.modes`
    physical_bits  MAXPHYADDR of the processor (CPUID leaf 80000008h): higher bits are reserved
    no_execute     EFER.NXE; if clear, bit 63 of entries is reserved
    """

    def __init__(
        self, memory: PhysicalMemory, cr3: int, mode: Mode = LEVEL_4, *, physical_bits: int = 52,
        no_execute: bool = True,
    ) -> None:  # fmt: skip
        self.memory, self.cr3, self.mode = memory, cr3, mode
        self.physical_bits, self.no_execute = physical_bits, no_execute

    @property
    def root(self) -> int:
        """Physical address of the first table."""
        return self.mode.root(self.cr3)

    def __repr__(self) -> str:
        return f"<{self.mode.name} address space at {self.root:#x}>"

    def walk(self, limit: int = LIMIT) -> Mappings:
        """Every page that is mapped, up to `limit` of them, with what is wrong with the tables.

        Needs numpy. Never raises for what is in memory.
        """
        try:
            import numpy  # noqa: F401
        except ModuleNotFoundError as error:
            hint = "a walk needs numpy: pip install 'kobjects[inspect]'"
            raise ModuleNotFoundError(hint, name="numpy") from error
        return Walker(
            self.memory, self.mode, self.root, self.physical_bits, self.no_execute, limit
        ).walk()

    def translate(self, linear: int) -> Translation:
        """Where an address leads, and by which entries. TranslationError if nowhere."""
        if not self.mode.canonical(linear):
            bits = self.mode.linear
            raise TranslationError(
                f"{linear:#x} is no linear address: it has more than {bits} bits", "not canonical",
                linear,
            )  # fmt: skip
        steps: list[Step] = []
        table, rights, size = self.root, RIGHTS, 1 << self.mode.linear
        for depth, level in enumerate(self.mode.levels):
            entry, step = self._step(linear, depth, table)
            steps.append(step)
            rights &= level.rights(entry)
            table, size = step.entry.asdict()["address"], level.size
            if level.table is None or (level.page is not None and entry & LARGE):
                break
        return Translation(
            linear,
            table | linear & size - 1,
            size,
            bool(rights & WRITABLE),
            bool(rights & USER),
            bool(rights & EXECUTABLE),
            tuple(steps),
        )

    def _step(self, linear: int, depth: int, table: int) -> tuple[int, Step]:
        """The entry of one table that an address selects, if it may be used."""
        level, width = self.mode.levels[depth], self.mode.width
        address = table + (linear >> level.shift & level.entries - 1) * width
        path = self.mode.path(linear, depth)
        try:
            entry = int.from_bytes(self.memory.read(address, width), "little")
        except MissingMemoryError as error:
            text = f"{linear:#x} is not translated: {error.problem}"
            raise TranslationError(text, "missing", linear, path, address) from None
        if not entry & PRESENT:
            text = f"{linear:#x} is not mapped: the entry is {entry:#x}"
            raise TranslationError(text, "not present", linear, path, address)
        rules = self._rules(level.kind(entry))
        if wrong := entry & rules.reserved:
            text = f"{linear:#x} is not mapped: the entry {entry:#x} has reserved bits {wrong:#x}"
            raise TranslationError(text, "reserved", linear, path, address)
        return entry, Step(path, address, level.word(entry))

    def _rules(self, word: type[Word]) -> Rules:
        return rules_of(word, self.physical_bits, self.no_execute)

    def read(self, linear: int, size: int) -> bytes:
        """Bytes at a linear address, through as many pages as they lie in.

        TranslationError for the first that is not mapped, MissingMemoryError for the first whose
        physical memory is not in the image.
        """
        return b"".join(self._pieces(linear, size))

    def _pieces(self, linear: int, size: int) -> Iterator[bytes]:
        end = linear + size
        while linear < end:
            found = self.translate(linear)
            count = min(found.size - (linear & found.size - 1), end - linear)
            yield self.memory.read(found.physical, count)
            linear += count
