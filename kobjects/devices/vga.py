"""VGA text mode."""

from __future__ import annotations

from enum import IntEnum

from kobjects.source import VGA
from kobjects.word import Word, bit, bits, reserved

TEXT_ADDRESS = 0xB8000
"""Physical address of the first character cell in colour text modes."""

TEXT_COLUMNS = 80
TEXT_ROWS = 25


class Vga(IntEnum):
    """Ports of the colour emulation, but for the CRT controller's."""

    ATTRIBUTE_WRITE = 0x3C0
    """Index and data alternate; reading INPUT_STATUS_1 makes the next write an index."""
    ATTRIBUTE_READ = 0x3C1
    MISC_WRITE = 0x3C2
    SEQUENCER_INDEX = 0x3C4
    SEQUENCER_DATA = 0x3C5
    PALETTE_MASK = 0x3C6
    PALETTE_READ_INDEX = 0x3C7
    PALETTE_WRITE_INDEX = 0x3C8
    PALETTE_DATA = 0x3C9
    MISC_READ = 0x3CC
    GRAPHICS_INDEX = 0x3CE
    GRAPHICS_DATA = 0x3CF
    INPUT_STATUS_1 = 0x3DA


class Crtc(IntEnum):
    """Ports of the CRT controller: write a register's number to INDEX, then use DATA."""

    INDEX = 0x3D4
    DATA = 0x3D5


class CrtcRegister(IntEnum):
    """Numbers of the CRT controller's registers that text needs."""

    MAXIMUM_SCAN_LINE = 0x09
    CURSOR_START = 0x0A
    """Bit 5 hides the cursor."""
    CURSOR_END = 0x0B
    START_HIGH = 0x0C
    """The cell at the top left, counted from the first cell of the memory."""
    START_LOW = 0x0D
    CURSOR_HIGH = 0x0E
    """The cell under the cursor."""
    CURSOR_LOW = 0x0F
    RETRACE_END = 0x11
    """Bit 7 protects registers 0 to 7."""


class AttributeIndex(Word, bits=8, source=VGA("Attribute Address Register")):
    """What is written to ATTRIBUTE_WRITE before a value."""

    register: int = bits("4:0", "its number")
    show: bool = bit(5, "the palette is the screen's; clear: it can be written, and nothing shows")
    zero_6: int = reserved("7:6", must=0)


class Colour(IntEnum):
    """The default palette. The second eight are for characters only, unless blinking is off."""

    BLACK = 0
    BLUE = 1
    GREEN = 2
    CYAN = 3
    RED = 4
    MAGENTA = 5
    BROWN = 6
    LIGHT_GREY = 7
    DARK_GREY = 8
    LIGHT_BLUE = 9
    LIGHT_GREEN = 10
    LIGHT_CYAN = 11
    LIGHT_RED = 12
    LIGHT_MAGENTA = 13
    YELLOW = 14
    WHITE = 15


class VgaCell(Word, bits=16, source=VGA("Alphanumeric Modes")):
    """One character on the screen."""

    character: int = bits("7:0", "in code page 437, unless another font was loaded")
    foreground: Colour = bits("11:8")
    background: Colour = bits("14:12", "one of the first eight")
    blink: bool = bit(15, "or the background's intensity, as the attribute controller is set")


class MiscOutput(Word, bits=8, source=VGA("Miscellaneous Output Register")):
    """What a VGA is set to, in MISC_READ. A machine without a VGA reads FFh."""

    colour: bool = bit(0, "the CRT controller is at 3D4h; clear: at 3B4h")
    memory_enable: bool = bit(1, "the processor reaches the display memory")
    clock: int = bits("3:2", "0: 25.175 MHz, 1: 28.322 MHz, 2 and 3: external")
    ignored_4: bool = bit(4)
    high_page: bool = bit(5, "of the memory in odd/even modes")
    hsync_negative: bool = bit(6)
    vsync_negative: bool = bit(7)
