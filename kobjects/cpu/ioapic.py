"""The I/O APIC: two registers in memory, behind which all others are selected by number."""

from __future__ import annotations

from enum import IntEnum

from kobjects.cpu.apic import DeliveryMode
from kobjects.source import IOAPIC
from kobjects.word import Word, bit, bits, reserved

IO_APIC_ADDRESS = 0xFEC00000
"""Physical address of the first I/O APIC, unless ACPI's MADT says otherwise."""


class IoApic(IntEnum):
    """Offsets in memory."""

    SELECT = 0x00
    """IOREGSEL: number of the register that WINDOW shows; 8 bits."""
    WINDOW = 0x10
    """IOWIN: 32 bits."""
    EOI = 0x40
    """From version 20h on: writing a vector clears remote_irr of its entries."""


class IoApicRegister(IntEnum):
    """Numbers for SELECT."""

    ID = 0
    VERSION = 1
    ARBITRATION = 2
    REDIRECTION = 0x10
    """The lower half of entry 0; entry n is at 2n and 2n + 1 from here."""


class IoApicId(Word, bits=32, source=IOAPIC("IOAPICID—IOAPIC Identification Register")):
    """Register ID."""

    reserved_0: int = reserved("23:0", must=None)
    id: int = bits("27:24", "number on the APIC bus")
    reserved_28: int = reserved("31:28", must=None)


class IoApicVersion(Word, bits=32, source=IOAPIC("IOAPICVER—IOAPIC Version Register")):
    """Register VERSION. Read-only."""

    version: int = bits("7:0", "11h: 82093AA; 20h: with an EOI register")
    reserved_8: int = reserved("15:8", must=None)
    max_redirection: int = bits("23:16", "number of redirection entries, less one")
    reserved_24: int = reserved("31:24", must=None)


class IoApicArbitration(Word, bits=32, source=IOAPIC("IOAPICARB—IOAPIC Arbitration Register")):
    """Register ARBITRATION. Read-only."""

    reserved_0: int = reserved("23:0", must=None)
    id: int = bits("27:24", "priority on the APIC bus")
    reserved_28: int = reserved("31:28", must=None)


class RedirectionEntry(
    Word, bits=64, source=IOAPIC("IOREDTBL[23:0]—I/O Redirection Table Registers")
):
    """What one input pin sends, and to whom."""

    vector: int = bits("7:0", "10h-FEh")
    delivery_mode: DeliveryMode = bits("10:8")
    logical: bool = bit(11, "destination is a logical one")
    pending: bool = bit(12, "delivery status: sent but not yet accepted; read-only")
    active_low: bool = bit(13, "polarity of the pin")
    remote_irr: bool = bit(14, "a level-triggered interrupt awaits its EOI; read-only")
    level_triggered: bool = bit(15, "clear: edge-triggered")
    masked: bool = bit(16, "set by reset")
    reserved_17: int = reserved("55:17", must=0)
    destination: int = bits("63:56", "APIC ID or logical destination")
