"""Text mode as we make it is mode 3 as video BIOSes make it, and no firmware's is needed.

SeaBIOS's VGA BIOS (QEMU's) and the LGPL one (Bochs's) hold the registers' values as tables. The
second has them in IBM's order, that of the table behind the BIOS's pointer at 0040:00A8.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kobjects.devices.vga import TEXT_COLUMNS, TEXT_ROWS
from stages.boot.textmode import HEIGHT, MODE_3, dac

SEABIOS = Path("/usr/share/seabios/vgabios-stdvga.bin")
LGPL = Path("/usr/share/vgabios/vgabios.bin")

PARTS = {
    "sequencer": bytes(MODE_3.sequencer.build())[1:],
    "crtc": bytes(MODE_3.crtc.build()),
    "attribute": bytes(MODE_3.attribute.build())[:20],
    "graphics": bytes(MODE_3.graphics.build()),
    "dac": b"".join(bytes(colour.build()) for colour in dac()),
}
"""No BIOS has the sequencer's reset and the colour select, which are no mode's, in its tables."""


def rom(path: Path) -> bytes:
    if not path.is_file():
        pytest.skip(f"this system has no {path}")
    return path.read_bytes()


@pytest.mark.parametrize("part", PARTS)
def test_seabios_has_the_same_registers(part: str) -> None:
    assert PARTS[part] in rom(SEABIOS)


def test_the_lgpl_vga_bios_has_the_same_mode() -> None:
    size = (TEXT_ROWS * TEXT_COLUMNS * 2 + 0xFF & ~0xFF).to_bytes(2, "little")
    assert size == b"\0\x10"
    figures = bytes((TEXT_COLUMNS, TEXT_ROWS - 1, HEIGHT)) + size
    registers = PARTS["crtc"] + PARTS["attribute"] + PARTS["graphics"]
    whole = figures + PARTS["sequencer"] + bytes(MODE_3.misc.build()) + registers
    assert len(whole) == 64
    assert whole in rom(LGPL)
