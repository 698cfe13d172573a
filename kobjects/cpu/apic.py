"""The local APIC: a page of 32-bit registers, each at a multiple of 16 bytes."""

from __future__ import annotations

from enum import IntEnum

from kobjects.source import SDM3
from kobjects.word import Word, bit, bits, reserved

LOCAL_APIC_ADDRESS = 0xFEE00000
"""Physical address of the register page after reset."""


class LocalApic(IntEnum):
    """Offsets in the register page. IN_SERVICE, TRIGGER_MODE and REQUESTED start 8 registers each,
    16 bytes apart, of 32 vectors each.
    """

    ID = 0x20
    VERSION = 0x30
    TPR = 0x80
    APR = 0x90
    PPR = 0xA0
    EOI = 0xB0
    LOGICAL_DESTINATION = 0xD0
    DESTINATION_FORMAT = 0xE0
    SPURIOUS = 0xF0
    IN_SERVICE = 0x100
    TRIGGER_MODE = 0x180
    REQUESTED = 0x200
    ERROR_STATUS = 0x280
    LVT_CMCI = 0x2F0
    ICR_LOW = 0x300
    ICR_HIGH = 0x310
    LVT_TIMER = 0x320
    LVT_THERMAL = 0x330
    LVT_PERFORMANCE = 0x340
    LVT_LINT0 = 0x350
    LVT_LINT1 = 0x360
    LVT_ERROR = 0x370
    TIMER_INITIAL = 0x380
    TIMER_CURRENT = 0x390
    TIMER_DIVIDE = 0x3E0


class DeliveryMode(IntEnum):
    """What an interrupt does to the processor that it reaches."""

    FIXED = 0
    LOWEST_PRIORITY = 1
    SMI = 2
    NMI = 4
    INIT = 5
    STARTUP = 6
    """Only in the interrupt command register: the vector is the page where real mode starts."""
    EXTINT = 7
    """The vector comes from the 8259."""


class TimerMode(IntEnum):
    """How the timer's entry of the vector table counts."""

    ONE_SHOT = 0
    PERIODIC = 1
    TSC_DEADLINE = 2


class TimerDivide(IntEnum):
    """Values of TIMER_DIVIDE: bus clocks to a tick."""

    BY_1 = 0b1011
    BY_2 = 0b0000
    BY_4 = 0b0001
    BY_8 = 0b0010
    BY_16 = 0b0011
    BY_32 = 0b1000
    BY_64 = 0b1001
    BY_128 = 0b1010


class LvtEntry(Word, bits=32, source=SDM3("Local Vector Table")):
    """An entry of the local vector table. Not every field is in every entry: the timer has no
    delivery mode, only the timer has a timer mode, only LINT0 and LINT1 have the pin's fields.
    """

    vector: int = bits("7:0", "16-255; for FIXED")
    delivery_mode: DeliveryMode = bits("10:8")
    zero_11: int = reserved("11", must=0)
    pending: bool = bit(12, "delivery status: sent but not yet accepted; read-only")
    active_low: bool = bit(13, "polarity of the pin")
    remote_irr: bool = bit(14, "a level-triggered interrupt awaits its EOI; read-only")
    level_triggered: bool = bit(15, "LINT0, with FIXED")
    masked: bool = bit(16, "set by reset and while the APIC is disabled")
    timer_mode: TimerMode = bits("18:17")
    zero_19: int = reserved("31:19", must=0)


class SpuriousVector(Word, bits=32, source=SDM3("Spurious Interrupt")):
    """The spurious-interrupt vector register: it also switches the local APIC on."""

    vector: int = bits("7:0", "of interrupts that vanish before delivery; they need no EOI")
    enabled: bool = bit(8, "clear: every entry of the local vector table is masked")
    focus_disabled: bool = bit(9, "focus processor checking is off")
    zero_10: int = reserved("11:10", must=0)
    eoi_broadcast_suppressed: bool = bit(12, "EOIs do not reach the I/O APICs")
    zero_13: int = reserved("31:13", must=0)


class ApicVersion(Word, bits=32, source=SDM3("Local APIC Version Register")):
    """What the local APIC is."""

    version: int = bits("7:0", "10h-15h: integrated")
    reserved_8: int = reserved("15:8", must=None)
    max_lvt: int = bits("23:16", "number of entries of the local vector table, less one")
    can_suppress_eoi: bool = bit(24, "SpuriousVector.eoi_broadcast_suppressed is there")
    reserved_25: int = reserved("31:25", must=None)


class DestinationShorthand(IntEnum):
    """Who receives an interprocessor interrupt."""

    NONE = 0
    """The destination field says."""
    SELF = 1
    ALL = 2
    ALL_BUT_SELF = 3


class InterruptCommand(Word, bits=64, source=SDM3("Interrupt Command Register (ICR)")):
    """An interprocessor interrupt: ICR_HIGH and ICR_LOW together; writing ICR_LOW sends it."""

    vector: int = bits("7:0", "for FIXED and LOWEST_PRIORITY; for STARTUP a page below 1 MiB")
    delivery_mode: DeliveryMode = bits("10:8")
    logical: bool = bit(11, "destination is a logical one")
    pending: bool = bit(12, "delivery status: not yet accepted; read-only")
    zero_13: int = reserved("13", must=0)
    assert_level: bool = bit(14, "clear only for the INIT level de-assert")
    level_triggered: bool = bit(15, "only for the INIT level de-assert")
    zero_16: int = reserved("17:16", must=0)
    shorthand: DestinationShorthand = bits("19:18")
    zero_20: int = reserved("55:20", must=0)
    destination: int = bits("63:56", "APIC ID or logical destination, if shorthand is NONE")
