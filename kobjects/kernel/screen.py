"""The screen of pixels as text: glyphs, and what stands where."""

from __future__ import annotations

from enum import IntEnum

from kobjects.devices.vga import TEXT_COLUMNS, TEXT_ROWS, VgaCell
from kobjects.record import Record, array, octets, reserved_bytes, u32
from kobjects.source import KERNEL


class GlyphSize(IntEnum):
    """Of a glyph, and of a pixel."""

    COLUMNS = 8
    ROWS = 16
    PIXEL = 4
    """Bytes."""
    CODES = 256


class Glyph(Record, size=16, source=KERNEL("Screen of pixels")):
    """A character of 8 by 16 pixels."""

    rows: bytes = octets(16, "a byte for each line; the highest bit is the leftmost pixel")


class TextScreen(Record, size=4096, source=KERNEL("Screen of pixels")):
    """One page that says what the screen shows. Kernel and console server both write it, each while
    it has the screen, and trust nothing in it.
    """

    cells: tuple[VgaCell, ...] = array(
        VgaCell, TEXT_COLUMNS * TEXT_ROWS, "as in a VGA's text memory; attributes are not shown"
    )
    cursor: int = u32("where the next character goes: cells from the first of the first line")
    unused: bytes = reserved_bytes(92)
