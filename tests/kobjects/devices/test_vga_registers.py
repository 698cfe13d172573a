"""The registers of a VGA's mode: their numbers and some of their bits against Linux's header."""

from __future__ import annotations

from kobjects.devices.vga import AttributeIndex, MiscOutput
from kobjects.devices.vga_registers import (
    AttributeController,
    ClockingMode,
    CrtcMode,
    CrtController,
    CrtcProtect,
    GraphicsController,
    GraphicsMisc,
    MemoryMode,
    Sequencer,
    VgaMode,
)
from kobjects.record import Record
from tests.kobjects.oracle import evaluate, linux_defines, pairs

NUMBERS: dict[type[Record], tuple[str, dict[str, str]]] = {
    CrtController: ("CRTC", pairs(
        """horizontal_total=H_TOTAL horizontal_display_end=H_DISP
        horizontal_blank_start=H_BLANK_START horizontal_blank_end=H_BLANK_END
        horizontal_retrace_start=H_SYNC_START horizontal_retrace_end=H_SYNC_END
        vertical_total=V_TOTAL overflow=OVERFLOW preset_row=PRESET_ROW scan_line=MAX_SCAN
        cursor_start=CURSOR_START cursor_end=CURSOR_END start_high=START_HI start_low=START_LO
        cursor_high=CURSOR_HI cursor_low=CURSOR_LO vertical_retrace_start=V_SYNC_START
        vertical_retrace_end=V_SYNC_END vertical_display_end=V_DISP_END offset=OFFSET
        underline=UNDERLINE vertical_blank_start=V_BLANK_START vertical_blank_end=V_BLANK_END
        mode=MODE line_compare=LINE_COMPARE"""
    )),
    Sequencer: ("SEQ", pairs(
        """reset=RESET clocking=CLOCK_MODE map_mask=PLANE_WRITE fonts=CHARACTER_MAP
        memory=MEMORY_MODE"""
    )),
    GraphicsController: ("GFX", pairs(
        """set_reset=SR_VALUE enable_set_reset=SR_ENABLE colour_compare=COMPARE_VALUE
        rotate=DATA_ROTATE read_map=PLANE_READ mode=MODE misc=MISC colour_care=COMPARE_MASK
        bit_mask=BIT_MASK"""
    )),
    AttributeController: ("ATC", pairs(
        """palette=PALETTE0 mode=MODE overscan=OVERSCAN planes=PLANE_ENABLE pan=PEL
        colour_select=COLOR_PAGE"""
    )),
}  # fmt: skip


def header(names: dict[str, str]) -> dict[str, int]:
    return evaluate(names, declarations=linux_defines("include/video/vga.h", "VGA_"))


def test_registers_lie_by_their_numbers() -> None:
    for group, (prefix, names) in NUMBERS.items():
        assert names.keys() == group.fields.keys()
        found = header({name: f"VGA_{prefix}_{theirs}" for name, theirs in names.items()})
        assert found == {name: group.offset(name) for name in names}


def test_every_register_is_there() -> None:
    found = header(pairs("crtc=VGA_CRT_C attribute=VGA_ATT_C graphics=VGA_GFX_C "
                         "sequencer=VGA_SEQ_C misc=VGA_MIS_C"))  # fmt: skip
    assert found == {name: field.size for name, field in VgaMode.fields.items()}


def test_bits() -> None:
    ours = {
        "VGA_SR01_CHAR_CLK_8DOTS": ClockingMode(eight_dots=True),
        "VGA_SR01_SCREEN_OFF": ClockingMode(screen_off=True),
        "VGA_SR04_EXT_MEM": MemoryMode(extended=True),
        "VGA_SR04_SEQ_MODE": MemoryMode(sequential=True),
        "VGA_SR04_CHN_4M": MemoryMode(chain_four=True),
        "VGA_GR06_GRAPHICS_MODE": GraphicsMisc(graphics=True),
        "VGA_CR11_LOCK_CR0_CR7": CrtcProtect.ON,
        "VGA_CR17_H_V_SIGNALS_ENABLED": CrtcMode(run=True),
        "VGA_AR_ENABLE_DISPLAY": AttributeIndex(show=True),
        "VGA_MIS_DCLK_28322_720": MiscOutput(clock=1),
    }
    assert header({name: name for name in ours}) == ours
