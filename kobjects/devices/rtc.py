"""The CMOS clock: Motorola's MC146818 and what became of it in every PC."""

from __future__ import annotations

from enum import IntEnum

from kobjects.devices.system import ICH
from kobjects.word import Word, bit, bits, reserved


class Cmos(IntEnum):
    """Ports: write a register's number to INDEX, then use DATA. Bit 7 of INDEX holds NMIs off."""

    INDEX = 0x70
    DATA = 0x71


class CmosRegister(IntEnum):
    """Registers of the clock. The first seven are time, decimal or binary."""

    SECONDS = 0x00
    MINUTES = 0x02
    HOURS = 0x04
    WEEKDAY = 0x06
    DAY = 0x07
    MONTH = 0x08
    YEAR = 0x09
    """Of the century."""
    STATUS_A = 0x0A
    STATUS_B = 0x0B
    STATUS_C = 0x0C
    STATUS_D = 0x0D
    EXTENDED_LOW = 0x30
    """KiB from 1 MiB on, at most 63 MiB: what the firmware has counted."""
    EXTENDED_HIGH = 0x31
    CENTURY = 0x32
    """Where almost every PC has it; the FADT of ACPI says where it really is."""
    ABOVE_16_MIB_LOW = 0x34
    """Units of 64 KiB from 16 MiB on, below 4 GiB: as QEMU and Bochs fill it."""
    ABOVE_16_MIB_HIGH = 0x35


class CmosStatusA(Word, bits=8, source=ICH("RTC_REGA - Register A")):
    """Of the time base."""

    rate: int = bits("3:0", "of the periodic interrupt")
    divider: int = bits("6:4", "2: it counts, at 32,768 Hz")
    update: bool = bit(7, "the time is about to change and must not be read")


class CmosStatusB(Word, bits=8, source=ICH("RTC_REGB - Register B (General Configuration)")):
    """How time is kept."""

    daylight: bool = bit(0, "by rules of 1984; ignored today")
    hours_24: bool = bit(1, "clear: hours are 1 to 12, and bit 7 says PM")
    binary: bool = bit(2, "clear: time is in two decimal digits a byte")
    square_wave: bool = bit(3)
    update_interrupt: bool = bit(4)
    alarm_interrupt: bool = bit(5)
    periodic_interrupt: bool = bit(6)
    halted: bool = bit(7, "SET: time stands still, to be set")


class CmosStatusD(Word, bits=8, source=ICH("RTC_REGD - Register D (Flag Register)")):
    """Whether time is valid."""

    day_alarm: int = bits("5:0")
    zero_6: int = reserved("6", must=0)
    valid: bool = bit(7, "the battery has held; always set in chipsets")
