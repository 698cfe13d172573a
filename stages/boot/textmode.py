"""Text mode of a VGA, made from its figures, as tables for `textmode.asm`.

It is the mode that every BIOS numbers 3: 80 x 25 characters of 9 x 16 dots, 70 pictures a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kobjects.devices.vga import TEXT_COLUMNS, TEXT_ROWS, Crtc, CrtcRegister, MiscOutput, Vga
from kobjects.devices.vga_registers import (
    AttributeController,
    AttributeMode,
    ClockingMode,
    CrtcMode,
    CrtController,
    CrtcOverflow,
    CrtcProtect,
    CrtcScanLine,
    DacColour,
    GraphicsController,
    GraphicsMisc,
    GraphicsMode,
    MemoryMap,
    MemoryMode,
    Sequencer,
    SequencerReset,
    VgaMode,
)
from kobjects.record import Record

HEIGHT = 16
"""Lines of a character."""

LINE = 100
"""Characters of a line with its retrace: 900 dots at 28.322 MHz are 31.5 kHz."""

PICTURE = 449
"""Lines of a picture with its retrace: 70 Hz."""

LINES = TEXT_ROWS * HEIGHT
RETRACE, RETRACE_LINES = LINES + 12, 2
BLANK, BLANK_END = LINES + 6, PICTURE - 8
"""Lines where retrace and blank begin, how many the one takes, and where the other ends."""

NO_COMPARE = 0x3FF
PLANES = 0b1111
FONT_PLANE = 2
RUNS = SequencerReset(asynchronous=True, synchronous=True)


def _bit(value: int, number: int) -> bool:
    return bool(value >> number & 1)


CRTC = CrtController(
    horizontal_total=LINE - 5,
    horizontal_display_end=TEXT_COLUMNS - 1,
    horizontal_blank_start=TEXT_COLUMNS,
    horizontal_blank_end=0x80 | (LINE - 2) & 0x1F,
    horizontal_retrace_start=TEXT_COLUMNS + 5,
    horizontal_retrace_end=((LINE - 2) >> 5 & 1) << 7 | (LINE - 3) & 0x1F,
    vertical_total=PICTURE - 2 & 0xFF,
    overflow=CrtcOverflow(
        total_8=_bit(PICTURE - 2, 8),
        total_9=_bit(PICTURE - 2, 9),
        display_end_8=_bit(LINES - 1, 8),
        display_end_9=_bit(LINES - 1, 9),
        retrace_start_8=_bit(RETRACE, 8),
        retrace_start_9=_bit(RETRACE, 9),
        blank_start_8=_bit(BLANK, 8),
        line_compare_8=_bit(NO_COMPARE, 8),
    ),
    scan_line=CrtcScanLine(
        last_line=HEIGHT - 1, blank_start_9=_bit(BLANK, 9), line_compare_9=_bit(NO_COMPARE, 9)
    ),
    cursor_start=HEIGHT - 3,
    cursor_end=HEIGHT - 2,
    vertical_retrace_start=RETRACE & 0xFF,
    vertical_retrace_end=CrtcProtect.ON | RETRACE + RETRACE_LINES & 0xF,
    vertical_display_end=LINES - 1 & 0xFF,
    offset=TEXT_COLUMNS // 2,
    underline=HEIGHT * 2 - 1,
    vertical_blank_start=BLANK & 0xFF,
    vertical_blank_end=BLANK_END & 0xFF,
    mode=CrtcMode(map_13=True, map_14=True, wrap=True, run=True),
    line_compare=NO_COMPARE & 0xFF,
)

MODE_3 = VgaMode(
    misc=MiscOutput(colour=True, memory_enable=True, clock=1, high_page=True, hsync_negative=True),
    sequencer=Sequencer(
        reset=RUNS,
        clocking=ClockingMode(),
        map_mask=0b0011,  # characters and attributes
        memory=MemoryMode(extended=True),
    ),
    crtc=CRTC,
    graphics=GraphicsController(
        mode=GraphicsMode(odd_even=True),
        misc=GraphicsMisc(chain_odd_even=True, map=MemoryMap.B8000_32K),
        colour_care=PLANES,
        bit_mask=0xFF,
    ),
    attribute=AttributeController(
        palette=(0, 1, 2, 3, 4, 5, 0x14, 7, *range(0x38, 0x40)),
        mode=AttributeMode(line_graphics=True, blink=True),
        planes=PLANES,
        pan=8,
    ),
)

TO_FONT = (
    (Vga.SEQUENCER_INDEX, 2, 1 << FONT_PLANE),
    (Vga.SEQUENCER_INDEX, 4, MemoryMode(extended=True, sequential=True)),
    (Vga.GRAPHICS_INDEX, 4, FONT_PLANE),
    (Vga.GRAPHICS_INDEX, 5, GraphicsMode()),
    (Vga.GRAPHICS_INDEX, 6, GraphicsMisc(map=MemoryMap.A0000_64K)),
)
"""Port, register and value: what lets the processor write characters' dots."""


def registers() -> Iterator[tuple[int, int, int]]:
    """Port, register and value of the whole mode, but for attributes, in the order of writing.

    The sequencer stands still while its clock changes; the CRT controller's first registers are
    protected until the protection is off.
    """
    yield Vga.SEQUENCER_INDEX, 0, SequencerReset(asynchronous=True)
    for number, value in enumerate(MODE_3.sequencer.build()[1:], 1):
        yield Vga.SEQUENCER_INDEX, number, value
    yield Vga.SEQUENCER_INDEX, 0, RUNS
    yield Crtc.INDEX, CrtcRegister.RETRACE_END, CrtcProtect.OFF
    groups = ((Crtc.INDEX, MODE_3.crtc), (Vga.GRAPHICS_INDEX, MODE_3.graphics))
    for port, group in groups:
        for number, value in enumerate(group.build()):
            yield port, number, value


def dac() -> Iterator[DacColour]:
    """The 64 colours of an EGA: bits 2:0 of a number are strong parts, bits 5:3 weak ones."""
    for number in range(64):
        parts = [(number >> at & 1) * 42 + (number >> at + 3 & 1) * 21 for at in (2, 1, 0)]
        yield DacColour(red=parts[0], green=parts[1], blue=parts[2])


def tables() -> str:
    """The tables that `textmode.asm` reads."""
    return "\n".join(
        [
            "    .align  4",
            f"const VGA_MISC = {int(MODE_3.misc):#04x}",
            f"const VGA_GLYPH = {HEIGHT}",
            *_writes("vga_to_font", TO_FONT),
            *_writes("vga_mode", registers()),
            *_octets("vga_attributes", [MODE_3.attribute]),
            *_octets("vga_dac", dac()),
            "vga_font:",
            "    .zero 4096",
            "",
        ]
    )


def _writes(label: str, writes: Iterable[tuple[int, int, int]]) -> Iterator[str]:
    """A port and one word for index and data, each; a zero ends them."""
    yield f"{label}:"
    for port, number, value in writes:
        yield f"    .word   {int(port):#05x}, {int(value) << 8 | int(number):#06x}"
    yield "    .word   0"


def _octets(label: str, records: Iterable[Record]) -> Iterator[str]:
    yield f"{label}:"
    for record in records:
        yield "    .byte   " + ", ".join(map(str, record.build()))
    yield f"{label}_end:"
