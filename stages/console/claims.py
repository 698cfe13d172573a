"""What `kpack verify` is told of this room's code."""

from __future__ import annotations

import math

from kobjects.devices.vga import TEXT_COLUMNS, TEXT_ROWS
from kobjects.kernel.addresses import Kernel, Page
from kobjects.kernel.screen import GlyphSize
from kobjects.kernel.symbols import KernelSymbol
from stages.claims import Claim, Copy, Drawing, Loop, Poll, Privileged, Text

DECIMAL_DIGITS = len(str((1 << 64) - 1))
SCREEN = Kernel.FRAMEBUFFER_PAGES * Page.LARGE // GlyphSize.PIXEL
"""Pixels of the largest screen that framebuffer_init takes."""
TEXT = TEXT_COLUMNS * GlyphSize.COLUMNS * TEXT_ROWS * GlyphSize.ROWS
SCALE = math.isqrt(SCREEN // TEXT)
"""The largest: text of that scale has as many pixels as the screen, or fewer."""

CLAIMS: list[Claim] = [
    Loop("print.next", Text(KernelSymbol.size), "texts end with a zero, those in records in time"),
    Loop("print_decimal.digit", DECIMAL_DIGITS, "64 bits divided by 10"),
    Poll("serial_char.wait", "a line that is held: the byte is lost then"),
    Loop("map_framebuffer.page", Kernel.FRAMEBUFFER_PAGES, "framebuffer_init takes no more"),
    Copy("blank_framebuffer", SCREEN, "framebuffer_init takes no larger screen"),
    Loop("draw_cell.line", SCALE, "the scale is the largest with which the text fits"),
    Copy("draw_cell.column", SCALE, "the scale is the largest with which the text fits"),
    Drawing("draw_cell", "a character, pixel by pixel"),
    Drawing("pixel_scroll", "every cell that changes is drawn"),
    Privileged("map_framebuffer", ["rdmsr", "wrmsr"]),
    Privileged("console_init.no_vga", ["out", "out", "out", "out", "out", "out"]),
    Privileged("probe_screen", ["in"]),
    Privileged("probe_serial", ["out", "in"]),
    Privileged("serial_char.wait", ["in"]),
    Privileged("serial_char.ready", ["out"]),
    Privileged("write_cursor", ["out", "out"]),
    Privileged("read_cursor", ["out", "in", "out", "in"]),
    Privileged("panic_begin", ["read cr2"]),
    Privileged("panic_begin.end", ["out"]),
    Privileged("panic_begin.halt", ["hlt"]),
]
