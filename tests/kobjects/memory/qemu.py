"""What QEMU's monitor says of page tables, and what it would say of ours.

`info tlb` has a line for each page, with the flags of its last entry (without bit 7 if it maps
4 KiB); `info mem` has ranges of equal rights by all levels, u for ring 3 and w for writable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kobjects.memory.mappings import Mappings
from packer.machine.qemu import MICROVM, Launch, Machine
from packer.machine.qmp import Monitor
from packer.machine.run import Company, run

FLAGS = "XGPDACTUW"
BITS = (63, 8, 7, 6, 5, 4, 3, 2, 1)
"""The letters of `info tlb`, and the bits of the entry that they stand for."""


@dataclass(frozen=True)
class Observed:
    """A machine that stood still: physical memory from 0 on, and what QEMU said."""

    memory: bytes
    registers: str
    tlb: list[str]
    rights: list[str]
    core: bytes
    asked: dict[str, str]


def observe(
    image: Path, folder: Path, machine: Machine = MICROVM, memory: int = 32,
    questions: tuple[str, ...] = (), rights: bool = True,
    extra: Callable[[Monitor], None] | None = None,
) -> Observed:  # fmt: skip
    """Boot an image until it gives its exit code, and ask. `memory` in MiB; `rights`: info mem."""
    seen: list[Observed] = []
    core = folder / "core"

    def at_end(monitor: Monitor) -> None:
        monitor.ask("dump-guest-memory", paging=False, protocol=f"file:{core}")
        seen.append(
            Observed(
                monitor.memory(0, memory << 20),
                monitor.human("info registers"),
                [without_no_execute(line) for line in lines(monitor.tlb())],
                lines(monitor.human("info mem")) if rights else [],
                core.read_bytes(),
                {question: monitor.human(question).strip() for question in questions},
            )
        )
        if extra:
            extra(monitor)

    outcome = run(
        image, machine, Launch(stay=True, memory=memory), company=Company(at_end=at_end), timeout=30
    )
    assert seen, (outcome.reason, outcome.errors, outcome.registers)
    return seen[0]


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.replace("\r", "").splitlines() if line.strip()]


def without_no_execute(line: str) -> str:
    """Under PAE paging QEMU 7.2 shows bit 63 of a 2 MiB page's entry in the address too."""
    linear, physical, letters = line.split()
    return f"{linear} {int(physical, 16) & ~(1 << 63):016x} {letters}"


def tlb(found: Mappings) -> list[str]:
    """As `info tlb` prints these pages."""
    columns: Any = (c.tolist() for c in (found.linear, found.physical, found.entry, found.size))
    return [
        f"{linear:016x}: {physical:016x} {flags(entry & ~0x80 if size == 4096 else entry)}"
        for linear, physical, entry, size in zip(*columns, strict=True)
    ]


def flags(entry: int) -> str:
    bits = zip(FLAGS, BITS, strict=True)
    return "".join(letter if entry >> bit & 1 else "-" for letter, bit in bits)


def mem(found: Mappings) -> list[str]:
    """As `info mem` prints these pages."""
    width = found.mode.linear
    mask = (1 << width) - 1
    rights: Any = zip(
        found.linear.tolist(), found.size.tolist(), found.user.tolist(), found.writable.tolist(),
        strict=True,
    )  # fmt: skip
    merged: list[tuple[int, int, str]] = []
    for linear, size, user, writable in rights:
        start, text = linear & mask, f"{'u' if user else '-'}r{'w' if writable else '-'}"
        if merged and merged[-1][1:] == (start, text):
            start = merged.pop()[0]
        merged.append((start, (linear & mask) + size, text))

    def shown(address: int) -> int:
        high = found.mode.extended and address >> width - 1 & 1
        return address | (1 << 64) - (1 << width) if high else address

    return [
        f"{shown(start):016x}-{shown(end):016x} {end - start:016x} {text}"
        for start, end, text in merged
    ]
