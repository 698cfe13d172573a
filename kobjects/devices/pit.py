"""The 8254 programmable interval timer."""

from __future__ import annotations

from enum import IntEnum

from kobjects.source import PIT
from kobjects.word import Word, bit, bits

PIT_HZ = 1_193_182
"""Rate at which each channel counts down; nominally 14.31818 MHz / 12."""


class Pit(IntEnum):
    """Ports."""

    CHANNEL_0 = 0x40
    """Raises interrupt line 0."""
    CHANNEL_1 = 0x41
    CHANNEL_2 = 0x42
    """The speaker; gated and read through SPEAKER."""
    COMMAND = 0x43
    SPEAKER = 0x61
    """Bit 0 gates channel 2, bit 1 lets its output reach the speaker, bit 5 is that output."""


class PitMode(IntEnum):
    """What a channel's output does; 6 and 7 mean 2 and 3."""

    INTERRUPT_ON_TERMINAL_COUNT = 0
    ONE_SHOT = 1
    RATE_GENERATOR = 2
    SQUARE_WAVE = 3
    SOFTWARE_STROBE = 4
    HARDWARE_STROBE = 5


class PitAccess(IntEnum):
    """Which bytes of a count are read and written."""

    LATCH = 0
    """Not a mode: freezes the count for reading."""
    LOW = 1
    HIGH = 2
    LOW_THEN_HIGH = 3


class PitSelect(IntEnum):
    """The channel that a command is for."""

    CHANNEL_0 = 0
    CHANNEL_1 = 1
    CHANNEL_2 = 2
    READ_BACK = 3
    """A command of another layout: latches counts and states of several channels."""


class PitCommand(Word, bits=8, source=PIT("Control Word Format")):
    """What is written to the command port before a channel is set."""

    bcd: bool = bit(0, "the channel counts in four decimal digits")
    mode: PitMode = bits("3:1")
    access: PitAccess = bits("5:4")
    select: PitSelect = bits("7:6")
