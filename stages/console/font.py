"""The font: pictures in font.txt, for people to read and change, become glyphs."""

from __future__ import annotations

from pathlib import Path

from kobjects.kernel.screen import Glyph, GlyphSize
from stages.model import Symbols

PICTURES = Path(__file__).parent / "font.txt"
FIRST = 0x20
"""The code of the first picture."""
SUBSTITUTE = 0x7F
"""The code of the picture for codes that have none."""
BLANK = Glyph()


def fill_font(symbols: Symbols) -> list[Glyph]:
    """A glyph for each code; 0 shows nothing."""
    drawn = dict(enumerate(read_pictures(PICTURES.read_text(encoding="ascii")), FIRST))
    return [BLANK, *(drawn.get(code, drawn[SUBSTITUTE]) for code in range(1, GlyphSize.CODES))]


def read_pictures(text: str) -> list[Glyph]:
    """The glyphs of a text: lines of `.` and `#`, pictures beside one another between spaces, 16
    lines to a picture; empty lines and those that begin with `;` don't count. ValueError names the
    line that is anything else.
    """
    rows: list[list[int]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith(";"):
            continue
        pieces = line.split(" ")
        if any(len(piece) != GlyphSize.COLUMNS or set(piece) - set(".#") for piece in pieces):
            raise ValueError(f"line {number}: {line!r} is not made of 8 pixels, . or #, each")
        rows.append([int(piece.replace(".", "0").replace("#", "1"), 2) for piece in pieces])
    bands = [rows[start : start + GlyphSize.ROWS] for start in range(0, len(rows), GlyphSize.ROWS)]
    if any(len(band) != GlyphSize.ROWS or len(set(map(len, band))) != 1 for band in bands):
        raise ValueError("pictures beside one another have not 16 lines each")
    return [Glyph(rows=bytes(glyph)) for band in bands for glyph in zip(*band, strict=True)]
