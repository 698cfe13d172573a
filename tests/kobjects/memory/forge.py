"""Page tables forged by the schemas, at random but the same in every run, and a guest to load them.

The guest is a PVH kernel by hand: it sets CR4, CR3, EFER and CR0, gives its exit code and halts.
"""

from __future__ import annotations

import random
import struct
from typing import Any

from kobjects.cpu.control import Cr0, Cr4, Efer
from kobjects.cpu.msr import Msr
from kobjects.memory.modes import LEVEL_4, LEVEL_5, NO_PSE, PAE, PSE, Level, Mode
from tests.packer.machine import guests

BASE = 0x100000
"""Where the guest is loaded; its tables follow a page later."""

HEADERS = 64 + 2 * 56 + 20
TABLES = BASE + 0x1000

CR4 = {
    PSE: Cr4(page_size_extensions=True),
    NO_PSE: Cr4(),
    PAE: Cr4(physical_address_extension=True),
    LEVEL_4: Cr4(physical_address_extension=True, page_global_enable=True),
    LEVEL_5: Cr4(physical_address_extension=True, la57=True),
}
FLAGS = (
    "writable user write_through cache_disable accessed dirty global_ pat no_execute "
    "available available_high protection_key"
)


class Forge:
    """Tables of one mode, from `TABLES` on."""

    def __init__(self, mode: Mode, seed: str = "tables", *, wide: bool = False) -> None:
        self.mode, self.wide = mode, wide
        self.dice = random.Random(f"{mode.name} {seed}")
        self.tables: list[bytes] = []
        self.cr3 = self.table(0, identity=True)

    def table(self, depth: int, *, identity: bool = False) -> int:
        """Fill a new table and those below it; its address. `identity`: its first entries map what
        the guest runs in.
        """
        level = self.mode.levels[depth]
        number = len(self.tables)
        self.tables.append(b"")
        entries = [0] * level.entries
        for index in self.dice.sample(range(1, level.entries - 1), min(6, level.entries - 2)):
            entries[index] = self.dice.getrandbits(8 * self.mode.width) & ~1
        most = 12 if self.mode.width == 4 or self.mode is PAE else 5
        for index in self.dice.sample(range(1, level.entries - 1), min(most, level.entries - 2)):
            entries[index] = self.entry(depth)
            for following in range(self.dice.randrange(3)):
                if entries[index] & 0x80 and index + following + 1 < level.entries - 1:
                    entries[index + following + 1] = entries[index]
        if identity:
            self.identity(depth, level, entries)
        size = f"<{level.entries}{'Q' if self.mode.width == 8 else 'I'}"
        self.tables[number] = struct.pack(size, *entries).ljust(4096, b"\0")
        return TABLES + 4096 * number

    def entry(self, depth: int) -> int:
        """A present entry: a page, or a table with what is below it."""
        level = self.mode.levels[depth]
        if level.table is None or (level.page is not None and self.dice.random() < 0.6):
            return int(self.flags(level.page)(address=self.page(level)))
        return int(self.flags(level.table)(address=self.table(depth + 1)))

    def page(self, level: Level) -> int:
        assert level.page is not None
        field = level.page.fields["address"]
        top = min(field.maximum, (1 << 40 if self.wide else 1 << 32) - 1)
        return self.dice.randrange(top // field.unit + 1) * field.unit

    def flags(self, word: Any) -> Any:
        """A maker of entries with random bits wherever the processor ignores or uses them."""
        chosen = {
            name: self.dice.getrandbits(word.fields[name].width)
            for name in FLAGS.split()
            if name in word.fields
        }
        large = {"large": True} if word.fields.get("large") and word.fields["large"].must else {}
        return lambda address: word(present=True, address=address, **chosen, **large)

    def identity(self, depth: int, level: Level, entries: list[int]) -> None:
        rights = {"present": True}
        if level.limits:
            rights |= {"writable": True, "accessed": True}
        if level.table is None:
            for page in range(BASE >> 12, (BASE >> 12) + 8):
                entries[page] = int(level.page(address=page << 12, **rights))  # type: ignore[misc]
        elif level.page is not None and level.shift < 30:
            entries[0] = int(level.page(address=0, large=True, **rights))
        else:
            entries[0] = int(level.table(address=self.table(depth + 1, identity=True), **rights))

    def kernel(self) -> bytes:
        """The guest with its tables: an ELF file for PVH."""
        long = self.mode in (LEVEL_4, LEVEL_5)
        code = mov_eax(CR4[self.mode]) + bytes.fromhex("0f22e0")  # mov cr4, eax
        code += mov_eax(self.cr3) + bytes.fromhex("0f22d8")  # mov cr3, eax
        if self.mode.width == 8:
            efer = Efer(no_execute_enable=True, long_mode_enable=long)
            code += b"\xb9" + struct.pack("<I", Msr.EFER)  # mov ecx, EFER
            code += mov_eax(efer) + bytes.fromhex("31d20f30")  # xor edx, edx; wrmsr
        cr0 = Cr0(protection_enable=True, extension_type=True, write_protect=True, paging=True)
        code += mov_eax(cr0) + bytes.fromhex("0f22c0") + guests.end(1)  # mov cr0, eax
        return guests.kernel(
            code.ljust(TABLES - BASE - HEADERS, b"\0") + b"".join(self.tables), BASE
        )


def mov_eax(value: int) -> bytes:
    return b"\xb8" + struct.pack("<I", int(value))
