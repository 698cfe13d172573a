"""The registers that make a VGA's mode, by group and in the order of their numbers.

A group's registers are reached through an index and a data port (`vga.Vga`, `vga.Crtc`). Horizontal
figures are in characters, vertical ones in lines.
"""

from __future__ import annotations

from enum import IntEnum

from kobjects.devices.vga import MiscOutput
from kobjects.record import Record, array, nested, u8
from kobjects.source import VGA
from kobjects.word import Word, bit, bits, reserved


class SequencerReset(Word, bits=8, source=VGA("Reset Register")):
    """Both bits set: the sequencer runs."""

    asynchronous: bool = bit(0, "clear: it stands")
    synchronous: bool = bit(1, "clear: it stands, at the end of what it does")
    zero_2: int = reserved("7:2", must=0)


class ClockingMode(Word, bits=8, source=VGA("Clocking Mode Register")):
    """How dots become characters."""

    eight_dots: bool = bit(0, "a character is 8 dots wide; clear: 9")
    zero_1: int = reserved("1", must=0)
    shift_load: bool = bit(2, "the shift registers are loaded every other character")
    half_dots: bool = bit(3, "the dot clock is halved")
    shift_four: bool = bit(4, "the shift registers are loaded every fourth character")
    screen_off: bool = bit(5)
    zero_6: int = reserved("7:6", must=0)


class MemoryMode(Word, bits=8, source=VGA("Memory Mode Register")):
    """How addresses choose planes."""

    zero_0: int = reserved("0", must=0)
    extended: bool = bit(1, "there are 256 KiB")
    sequential: bool = bit(2, "clear: even addresses go to planes 0 and 2, odd ones to 1 and 3")
    chain_four: bool = bit(3, "the lower two bits of an address choose the plane")
    zero_4: int = reserved("7:4", must=0)


class Sequencer(Record, size=5, source=VGA("Sequencer Registers")):
    """Registers 0 to 4."""

    reset: SequencerReset = nested("whether it runs")
    clocking: ClockingMode = nested("dots of a character")
    map_mask: int = u8("planes that the processor writes, a bit each")
    fonts: int = u8("which of the loaded fonts are used; 0: the first")
    memory: MemoryMode = nested("how addresses choose planes")


class CrtcOverflow(Word, bits=8, source=VGA("Overflow Register")):
    """Bits 8 and 9 of vertical figures."""

    total_8: bool = bit(0)
    display_end_8: bool = bit(1)
    retrace_start_8: bool = bit(2)
    blank_start_8: bool = bit(3)
    line_compare_8: bool = bit(4)
    total_9: bool = bit(5)
    display_end_9: bool = bit(6)
    retrace_start_9: bool = bit(7)


class CrtcScanLine(Word, bits=8, source=VGA("Maximum Scan Line Register")):
    """The height of a character, and two bits that found no other place."""

    last_line: int = bits("4:0", "of a character, from 0")
    blank_start_9: bool = bit(5)
    line_compare_9: bool = bit(6)
    double: bool = bit(7, "each line twice")


class CrtcMode(Word, bits=8, source=VGA("CRTC Mode Control Register")):
    """How the CRT controller counts."""

    map_13: bool = bit(0, "clear: row bit 0 becomes address bit 13, as on a CGA")
    map_14: bool = bit(1, "clear: row bit 1 becomes address bit 14")
    half_lines: bool = bit(2, "vertical figures count pairs of lines")
    half_address: bool = bit(3, "the address counts every other character")
    zero_4: int = reserved("4", must=0)
    wrap: bool = bit(5, "of word addresses at 64 KiB; clear: at 16")
    byte_mode: bool = bit(6, "clear: addresses are those of words")
    run: bool = bit(7, "clear: no retraces")


class CrtController(Record, size=25, source=VGA("CRT Controller Registers")):
    """Registers 0 to 18h. `vga.CrtcRegister` names the numbers of those that are used alone."""

    horizontal_total: int = u8("characters of a line with its retrace, less 5")
    horizontal_display_end: int = u8("characters shown, less 1")
    horizontal_blank_start: int = u8()
    horizontal_blank_end: int = u8("bits 4:0; bit 7 is always 1")
    horizontal_retrace_start: int = u8()
    horizontal_retrace_end: int = u8("bits 4:0; bit 7 is bit 5 of the blank's end")
    vertical_total: int = u8("lines of a picture with its retrace, less 2: bits 7:0")
    overflow: CrtcOverflow = nested("higher bits of what does not fit")
    preset_row: int = u8("for smooth scrolling")
    scan_line: CrtcScanLine = nested("height of a character")
    cursor_start: int = u8("first line of the cursor; bit 5 hides it")
    cursor_end: int = u8("its last line")
    start_high: int = u8("first cell that is shown")
    start_low: int = u8()
    cursor_high: int = u8("cell of the cursor")
    cursor_low: int = u8()
    vertical_retrace_start: int = u8("bits 7:0")
    vertical_retrace_end: int = u8("bits 3:0; bit 7 protects registers 0 to 7")
    vertical_display_end: int = u8("lines shown, less 1: bits 7:0")
    offset: int = u8("words of a row of characters, halved")
    underline: int = u8("line of an underline; beyond a character's last: none")
    vertical_blank_start: int = u8("bits 7:0")
    vertical_blank_end: int = u8("bits 7:0")
    mode: CrtcMode = nested("how it counts")
    line_compare: int = u8("line from which address 0 is shown: bits 7:0")


class CrtcProtect(IntEnum):
    """Values of the register `vertical_retrace_end` beside its figure."""

    OFF = 0x00
    ON = 0x80


class GraphicsMode(Word, bits=8, source=VGA("Graphics Mode Register")):
    """How the processor reads and writes planes."""

    write_mode: int = bits("1:0", "0: as it is written")
    zero_2: int = reserved("2", must=0)
    compare: bool = bit(3, "reads compare colours")
    odd_even: bool = bit(4, "odd addresses are odd planes")
    shift_interleave: bool = bit(5)
    shift_256: bool = bit(6)
    zero_7: int = reserved("7", must=0)


class MemoryMap(IntEnum):
    """Where the processor sees the display memory."""

    A0000_128K = 0
    A0000_64K = 1
    B0000_32K = 2
    B8000_32K = 3


class GraphicsMisc(Word, bits=8, source=VGA("Miscellaneous Graphics Register")):
    """What the processor sees of the display memory."""

    graphics: bool = bit(0, "clear: text")
    chain_odd_even: bool = bit(1, "address bit 0 chooses the plane")
    map: MemoryMap = bits("3:2", "where")
    zero_4: int = reserved("7:4", must=0)


class GraphicsController(Record, size=9, source=VGA("Graphics Registers")):
    """Registers 0 to 8."""

    set_reset: int = u8()
    enable_set_reset: int = u8()
    colour_compare: int = u8()
    rotate: int = u8("of what is written; bits 4:3: a function")
    read_map: int = u8("plane that is read")
    mode: GraphicsMode = nested("how planes are read and written")
    misc: GraphicsMisc = nested("what the processor sees")
    colour_care: int = u8()
    bit_mask: int = u8("bits that are written")


class AttributeMode(Word, bits=8, source=VGA("Attribute Mode Control Register")):
    """What attributes mean."""

    graphics: bool = bit(0, "clear: text")
    monochrome: bool = bit(1)
    line_graphics: bool = bit(2, "the ninth dot of characters C0h to DFh is their eighth")
    blink: bool = bit(3, "attribute bit 7; clear: a bright background")
    zero_4: int = reserved("4", must=0)
    pan: bool = bit(5)
    wide_pixels: bool = bit(6)
    palette_select: bool = bit(7)


class AttributeController(Record, size=21, source=VGA("Attribute Controller Registers")):
    """Registers 0 to 14h."""

    palette: tuple[int, ...] = array("u8", 16, "number of the DAC's colour for each of the text's")
    mode: AttributeMode = nested("what attributes mean")
    overscan: int = u8("colour of the border")
    planes: int = u8("that are shown, a bit each")
    pan: int = u8("dots that the picture is moved to the left; 8: none, where characters have 9")
    colour_select: int = u8("bits 7:4 of the DAC's number, where the palette has 6")


class DacColour(Record, size=3, source=VGA("DAC Data Register")):
    """A colour of the DAC, each part from 0 to 63."""

    red: int = u8()
    green: int = u8()
    blue: int = u8()


class VgaMode(Record, size=61, source=VGA("VGA Registers")):
    """All that makes a mode, but for palette and font."""

    misc: MiscOutput = nested("clock, polarities, and where the CRT controller is")
    sequencer: Sequencer = nested("dots and planes")
    crtc: CrtController = nested("the picture")
    graphics: GraphicsController = nested("the processor's way to the memory")
    attribute: AttributeController = nested("colours")
