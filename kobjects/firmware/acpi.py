"""The ACPI tables that a kernel reads before it has an interpreter for AML.

`AcpiTable.parse` reads any table, as its own class where there is one here; a table that is not, or
that is of a length that its class can't have, stays an `AcpiTable` with its content as bytes.
`madt` has the entries of the interrupt controllers, `fadt` the fixed hardware.
"""

from __future__ import annotations

from kobjects.firmware.acpitable import RSDP, AcpiTable, GenericAddress, Rsdp, Rsdp1
from kobjects.firmware.fadt import Fadt
from kobjects.firmware.madt import Madt
from kobjects.record import Record, nested, reserved_bytes, tail, u8, u16, u32, u64
from kobjects.source import ACPI, Manual
from kobjects.word import Word, bit, bits, reserved

__all__ = [
    "RSDP",
    "AcpiTable",
    "Fadt",
    "GenericAddress",
    "Hpet",
    "HpetAttributes",
    "HpetId",
    "Madt",
    "Mcfg",
    "McfgAllocation",
    "Rsdp",
    "Rsdp1",
    "Rsdt",
    "Xsdt",
]

PCI_FIRMWARE = Manual("PCI_FIRMWARE", "PCI Firmware Specification", "3.0, June 2005")
IA_PC_HPET = Manual("IA_PC_HPET", "IA-PC HPET Specification", "1.0a, October 2004")


class Rsdt(AcpiTable, tag=b"RSDT", least=36, source=ACPI("Root System Description Table (RSDT)")):
    """Where the other tables are, in 32 bits."""

    tables: tuple[int, ...] = tail("physical addresses", of="u32", at=36)


class Xsdt(
    AcpiTable, tag=b"XSDT", least=36, source=ACPI("Extended System Description Table (XSDT)")
):
    """Where the other tables are, in 64 bits."""

    tables: tuple[int, ...] = tail("physical addresses", of="u64", at=36)


class McfgAllocation(Record, size=16, source=PCI_FIRMWARE("MCFG Table Description")):
    """Memory through which the configuration of some PCI buses is reached."""

    base: int = u64("physical address of bus 0, wherever the range begins")
    segment: int = u16("PCI segment group")
    first_bus: int = u8()
    last_bus: int = u8(default=0xFF)
    reserved_12: bytes = reserved_bytes(4, must=0)


class Mcfg(AcpiTable, tag=b"MCFG", least=44, source=PCI_FIRMWARE("MCFG Table Description")):
    """Memory-mapped PCI configuration."""

    reserved_36: bytes = reserved_bytes(8, must=0)
    allocations: tuple[McfgAllocation, ...] = tail(of=McfgAllocation)


class HpetId(Word, bits=32, source=IA_PC_HPET("The HPET ACPI Description Table")):
    """What hardware it is."""

    hardware_revision: int = bits("7:0")
    last_comparator: int = bits("12:8", "number of comparators, less 1")
    counter_64bit: bool = bit(13, "the counter is 64 bits wide")
    reserved_14: int = reserved("14", must=0)
    legacy_replacement: bool = bit(15, "can replace the PIT's and the RTC's interrupts")
    pci_vendor: int = bits("31:16")


class HpetAttributes(Word, bits=8, source=IA_PC_HPET("The HPET ACPI Description Table")):
    """What may be done with the page of the registers."""

    page_protection: int = bits("3:0", "0: none, 1: 4 KiB, 2: 64 KiB are all the timer's")
    oem: int = bits("7:4")


class Hpet(AcpiTable, tag=b"HPET", size=56, source=IA_PC_HPET("The HPET ACPI Description Table")):
    """A block of high-precision timers."""

    hardware: HpetId = u32("what it is", at=36)
    address: GenericAddress = nested("of its registers")
    number: int = u8("of the block")
    minimum_tick: int = u16("least period, in ticks, at which no interrupt is lost")
    attributes: HpetAttributes = u8("what may be done with the page")
