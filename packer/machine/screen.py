"""The text screen of a machine, read from its memory through the schema of its cells."""

from __future__ import annotations

from kobjects.devices.vga import TEXT_ADDRESS, TEXT_COLUMNS, TEXT_ROWS, VgaCell
from packer.machine.qmp import Monitor

SCREEN_SIZE = TEXT_COLUMNS * TEXT_ROWS * VgaCell.size

PICTURES = "\0☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼"
"""What code page 437 shows for the codes that Python's codec takes for control characters."""


def read_screen(monitor: Monitor) -> list[str]:
    """The lines on the screen of a machine with a VGA in text mode."""
    return lines_of(monitor.memory(TEXT_ADDRESS, SCREEN_SIZE))


def lines_of(memory: bytes) -> list[str]:
    """The 25 lines that this text memory shows, without blanks at their ends."""
    codes = bytes(cell.character for cell in VgaCell[TEXT_COLUMNS * TEXT_ROWS].parse(memory))
    text = "".join(map(_shown, codes))
    starts = range(0, len(text), TEXT_COLUMNS)
    return [text[start : start + TEXT_COLUMNS].rstrip() for start in starts]


def _shown(code: int) -> str:
    if code == 0:
        return " "
    if code < len(PICTURES):
        return PICTURES[code]
    return "⌂" if code == 0x7F else bytes([code]).decode("cp437")
