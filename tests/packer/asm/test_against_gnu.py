"""The assembler beside GNU as: the same meaning, instruction by instruction, and whole programs."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from packer.asm import Diagnostic
from packer.asm.registers import REGISTERS, words
from tests.packer.asm import gnu, programs
from tests.packer.asm.generate import Generator
from tests.packer.asm.tools import each, unit

pytestmark = pytest.mark.skipif(not gnu.AVAILABLE, reason="needs GNU as, ld and objdump")

MODES = pytest.mark.parametrize("mode", [64, 32, 16])

# Where the width says nothing: moves to segment registers take 16 bits of whatever register is
# named; moves from them, sldt and str zero-extend to it. GNU as then leaves the prefix out.
WIDTHLESS = re.compile(r"mov [c-gs]s |mov \w+ ?, ?[c-gs]s$|sldt |str ")

# The one complaint about generated instructions that GNU as shares.
HIGH_BYTE = "KP1026"


def differences(pairs: Sequence[tuple[str, bytes, bytes]], mode: int, folder: Path) -> list[str]:
    """The lines whose bytes mean something else to objdump, which shows stray prefixes too."""
    unequal = [pair for pair in pairs if pair[1] != pair[2]]
    left = gnu.disassemble([ours for _, ours, _ in unequal], mode, folder)
    right = gnu.disassemble([theirs for _, _, theirs in unequal], mode, folder)
    return [
        f"{line}: {ours.hex()} {one} | {theirs.hex()} {other}"
        for (line, ours, theirs), one, other in zip(unequal, left, right, strict=True)
        if one != other and not WIDTHLESS.match(line)
    ]


def compare(mode: int, seed: int, count: int, folder: Path) -> None:
    """Generated instructions mean the same, and are refused by both or by neither."""
    lines = list(Generator(mode, seed).lines(count))
    ours, theirs = each(lines, mode), gnu.assemble(lines, mode, folder)
    kept, wrong = [], []
    for line, mine, other in zip(lines, ours, theirs, strict=True):
        if isinstance(mine, bytes) and isinstance(other, bytes):
            kept.append((line, mine, other))
        elif isinstance(other, bytes) or not isinstance(mine, Diagnostic) or mine.code != HIGH_BYTE:
            wrong.append(f"{line}: {mine!s} | {other!r}")
    assert not wrong
    assert len(kept) > count * 0.9
    assert not differences(kept, mode, folder)


@MODES
def test_instructions_mean_the_same(mode: int, tmp_path: Path) -> None:
    compare(mode, 1, 2500, tmp_path)


@pytest.mark.campaign
@MODES
def test_many_instructions_mean_the_same(mode: int, tmp_path: Path) -> None:
    for _ in range(40):
        compare(mode, random.getrandbits(64), 5000, tmp_path)


def link(lines: Sequence[str], mode: int) -> bytes:
    return unit("\n".join(lines), {}, mode=mode).link(
        programs.BASES[mode], programs.SYMBOLS[mode].__getitem__
    )


@MODES
@pytest.mark.parametrize("seed", range(4))
def test_programs_are_byte_for_byte_the_same(mode: int, seed: int, tmp_path: Path) -> None:
    """Labels, relaxed jumps and every kind of fix-up, against GNU as and ld."""
    lines = programs.program(mode, seed, 400)
    base, symbols = programs.BASES[mode], programs.SYMBOLS[mode]
    assert link(lines, mode) == programs.linked_by_gnu(lines, mode, base, symbols, tmp_path)


SOUP = [
    *REGISTERS,
    *words("mov add and lea push pop test shl rep lock movzx imul lgdt in out int ret xchg st(0)"),
    *words(": , [ ] + - * / % ~ ( ) << | & byte word qword ptr far ; # @ $ fs: gs: es: %rax $1"),
    *words("1 2 8 0x10 255 300 -1 0x80000000 0xffffffffffffffff 1e3 017 10h 'A' \"x\" ,, [[ ]]"),
]


def soup(mode: int, seed: int, count: int) -> list[str]:
    """Instructions with words dropped, added and replaced."""
    choose, generator = random.Random(f"{mode}/{seed}"), Generator(mode, seed)
    lines = []
    for _ in range(count):
        line = generator.line()
        for mark in ",[]+*":
            line = line.replace(mark, f" {mark} ")
        parts = line.split()
        for _ in range(choose.randrange(1, 3)):
            place = choose.randrange(len(parts))
            kept = choose.choice([[], parts[place : place + 1]])
            parts[place : place + 1] = choose.choice([kept, [*kept, choose.choice(SOUP)]]) or ["1"]
        lines.append(" ".join(parts))
    return lines


def check_soup(mode: int, seed: int, count: int, folder: Path) -> int:
    """What is accepted of a soup means the same to GNU as, unless that refuses it. How much was."""
    lines = soup(mode, seed, count)
    both = [
        (line.partition(";")[0], mine)
        for line, mine in zip(lines, each(lines, mode), strict=True)
        if isinstance(mine, bytes) and mine
    ]
    theirs = gnu.assemble([line for line, _ in both], mode, folder)
    kept = [
        (*ours, other) for ours, other in zip(both, theirs, strict=True) if isinstance(other, bytes)
    ]
    assert not differences(kept, mode, folder)
    return len(kept)


@MODES
def test_soup_is_refused_or_means_the_same(mode: int, tmp_path: Path) -> None:
    assert check_soup(mode, 1, 3000, tmp_path) > 100


@pytest.mark.campaign
@MODES
def test_much_soup_is_refused_or_means_the_same(mode: int, tmp_path: Path) -> None:
    for _ in range(20):
        assert check_soup(mode, random.getrandbits(64), 5000, tmp_path) > 100
