"""The BIOS's memory map: int 15h, EAX = E820h, one entry a call."""

from __future__ import annotations

from enum import IntEnum

from kobjects.record import Record, u32, u64
from kobjects.source import ACPI
from kobjects.word import Word, bit, reserved

E820_SIGNATURE = 0x534D4150
"""`SMAP`: in EDX of the call and in EAX of the answer."""


class E820Type(IntEnum):
    """What a range of physical memory is. Treat an unknown type as RESERVED."""

    RAM = 1
    RESERVED = 2
    ACPI_RECLAIMABLE = 3
    """Tables; usable as RAM once they have been read."""
    ACPI_NVS = 4
    """Belongs to firmware, across sleep too."""
    UNUSABLE = 5
    """Faulty."""
    DISABLED = 6
    PERSISTENT = 7


class E820Entry(Record, size=20, source=ACPI("INT 15H, E820H - Query System Address Map")):
    """A range, as every BIOS gives it. Ranges come unsorted and may overlap."""

    base: int = u64("physical address of the first byte")
    length: int = u64("in bytes; 0: skip the entry")
    type: E820Type = u32("what it is")


class E820Attributes(
    Word, bits=32, source=ACPI("Extended Attributes for Address Range Descriptor Structure")
):
    """The word that ACPI 3 added to an entry."""

    enabled: bool = bit(0, "clear: skip the entry (ACPI 3; reserved, and must be 1, since ACPI 4)")
    non_volatile: bool = bit(1, "(ACPI 3; reserved since ACPI 4)")
    slow: bool = bit(2, "(ACPI 4; reserved since)")
    error_log: bool = bit(3, "where hardware records errors")
    zero_4: int = reserved("31:4", must=0)


class E820EntryExtended(Record, size=24, source=ACPI("INT 15H, E820H - Query System Address Map")):
    """A range with attributes, where the call returned 24 bytes."""

    base: int = u64("physical address of the first byte")
    length: int = u64("in bytes; 0: skip the entry")
    type: E820Type = u32("what it is")
    attributes: E820Attributes = u32("preset to 1 before the call, for a BIOS that writes 20 bytes")
