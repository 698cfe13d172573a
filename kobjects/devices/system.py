"""Ports of the machine itself."""

from __future__ import annotations

from enum import IntEnum

from kobjects.source import Manual
from kobjects.word import Word, bit, reserved

ICH = Manual("ICH", "Intel I/O Controller Hub 9 datasheet", "316972-004, August 2008")
"""The chipset of the machine that QEMU calls q35."""


class System(IntEnum):
    """Ports that belong to no other device here."""

    DELAY = 0x80
    """A write takes about a microsecond and does nothing."""
    CONTROL_A = 0x92
    RESET_CONTROL = 0xCF9
    """Writing 06h resets the machine."""
    QEMU_EXIT = 0xF4
    """QEMU's isa-debug-exit: the byte b ends QEMU with exit status 2 * b + 1."""


class SystemControlA(Word, bits=8, source=ICH("PORT92 - Fast A20 and Init Register")):
    """The quick way to open address line 20."""

    fast_reset: bool = bit(0, "a rise resets the processor")
    a20: bool = bit(1, "address line 20 is passed on")
    reserved_2: int = reserved("7:2", must=None)
