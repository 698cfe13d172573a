"""The PS/2 keyboard and its controller, the 8042."""

from __future__ import annotations

from enum import IntEnum

from kobjects.source import Manual
from kobjects.word import Word, bit, reserved

PS2 = Manual(
    "PS2", "IBM Personal System/2 Model 50 and 60 Technical Reference", "68X2224, April 1987"
)


class Keyboard(IntEnum):
    """Ports of the controller."""

    DATA = 0x60
    """Read: what a device or the controller sends; write: to the first device, or a command's
    parameter."""
    STATUS = 0x64
    """Reading it; a machine without a controller reads FFh."""
    COMMAND = 0x64
    """Writing it."""


class ControllerCommand(IntEnum):
    """Written to COMMAND."""

    READ_CONFIGURATION = 0x20
    WRITE_CONFIGURATION = 0x60
    """The next byte written to DATA is the configuration."""
    DISABLE_SECOND = 0xA7
    TEST = 0xAA
    DISABLE_FIRST = 0xAD
    ENABLE_FIRST = 0xAE


class ControllerAnswer(IntEnum):
    """What comes back from DATA."""

    TEST_PASSED = 0x55


class ControllerStatus(Word, bits=8, source=PS2("Keyboard and Auxiliary Device Controller")):
    """What STATUS reads."""

    output_full: bool = bit(0, "DATA holds a byte to be read")
    input_full: bool = bit(1, "the last byte written has not been taken yet")
    system: bool = bit(2, "the self test has passed")
    command: bool = bit(3, "the last byte written was a command")
    unlocked: bool = bit(4, "no key lock holds the keyboard off")
    second: bool = bit(5, "the byte in DATA is the second device's")
    timeout: bool = bit(6)
    parity_error: bool = bit(7)


class ControllerConfiguration(Word, bits=8, source=PS2("Controller Command Byte")):
    """The byte that READ_CONFIGURATION and WRITE_CONFIGURATION are about."""

    interrupt_first: bool = bit(0, "a byte of the first device raises line 1")
    interrupt_second: bool = bit(1, "a byte of the second device raises line 12")
    system: bool = bit(2, "appears in the status")
    zero_3: int = reserved("3", must=None)
    disable_first: bool = bit(4, "its clock is held")
    disable_second: bool = bit(5, "its clock is held")
    translate: bool = bit(6, "scan codes of set 2 become those of set 1")
    zero_7: int = reserved("7", must=0)


class KeyboardCommand(IntEnum):
    """Written to DATA, for the keyboard itself."""

    ENABLE = 0xF4
    """It sends scan codes from now on."""


class KeyboardAnswer(IntEnum):
    """What the keyboard sends that is no scan code."""

    ACKNOWLEDGE = 0xFA
    RESEND = 0xFE


class ScanCode(IntEnum):
    """Codes of set 1 for keys without a character, and what scan codes begin with. A key's release
    is its code with RELEASED set.
    """

    ENTER = 0x1C
    CONTROL = 0x1D
    LEFT_SHIFT = 0x2A
    SLASH = 0x35
    RIGHT_SHIFT = 0x36
    CAPS_LOCK = 0x3A
    LAST = 0x58
    """F12, the last key of 1981's numbering that keyboards still have."""
    RELEASED = 0x80
    EXTENDED = 0xE0
    """The next code is another key of that number: right Ctrl, the arrows …"""
    PAUSE = 0xE1
    """The next two codes belong to Pause."""
    RELEASE_IN_SET_2 = 0xF0
    """In set 2 a key's release is this and then its code."""
