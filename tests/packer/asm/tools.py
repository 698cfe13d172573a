"""Short ways to assemble, for the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from packer.asm import AsmError, Diagnostic, Fixup, SourceText, Unit, assemble

NAMES = {"A": 3, "B": 0x40, "Thread.caller": -8, "Thread.frame.rip": 0x90, "Rpl.USER": 3}


def unit(text: str, names: Mapping[str, int] = NAMES, *, mode: int = 64) -> Unit:
    return assemble([SourceText("t.asm", text)], names, mode=mode)


def code(text: str, names: Mapping[str, int] = NAMES, *, mode: int = 64) -> str:
    """The bytes in hexadecimal, linked at 0 without other symbols."""
    return unit(text, names, mode=mode).link(0, nothing).hex()


def nothing(name: str) -> int:
    """A resolver that knows no symbol."""
    raise KeyError(name)


def complaints(text: str, names: Mapping[str, int] = NAMES, *, mode: int = 64) -> list[Diagnostic]:
    """What is wrong with a text; empty if nothing is."""
    try:
        unit(text, names, mode=mode)
    except AsmError as error:
        return list(error.diagnostics)
    return []


def complaint(text: str, names: Mapping[str, int] = NAMES, *, mode: int = 64) -> str:
    """The one complaint about a text, as people see it."""
    (only,) = complaints(text, names, mode=mode)
    return str(only)


def each(lines: Sequence[str], mode: int) -> list[bytes | Diagnostic | Fixup]:
    """For each line its bytes, or the first complaint about it, or a fix-up that it leaves."""
    found: list[bytes | Diagnostic | Fixup] = [b""] * len(lines)
    kept = list(range(len(lines)))
    while wrong := complaints("\n".join(lines[number] for number in kept), mode=mode):
        for diagnostic in reversed(wrong):
            found[kept[diagnostic.place.line - 1]] = diagnostic
        kept = [number for number in kept if found[number] == b""]
    whole = unit("\n".join(lines[number] for number in kept), mode=mode)
    for line in whole.lines:
        found[kept[line.line - 1]] = whole.code[line.offset : line.offset + line.size]
    for fixup in whole.fixups:
        found[kept[fixup.line - 1]] = fixup
    return found
