"""ACPI's root pointer, and what all tables begin with. `acpi` has the tables."""

from __future__ import annotations

from enum import IntEnum

from kobjects.derive import sum_zero, total_size
from kobjects.record import Record, octets, reserved_bytes, tail, u8, u32, u64
from kobjects.source import ACPI
from kobjects.text import Ascii

RSDP_SIGNATURE = b"RSD PTR "


class AddressSpace(IntEnum):
    """What kind of address a register has."""

    SYSTEM_MEMORY = 0
    SYSTEM_IO = 1
    PCI_CONFIGURATION = 2
    EMBEDDED_CONTROLLER = 3
    SMBUS = 4
    CMOS = 5
    PCI_BAR = 6
    IPMI = 7
    GENERAL_PURPOSE_IO = 8
    GENERIC_SERIAL_BUS = 9
    PLATFORM_COMMUNICATIONS = 10
    PLATFORM_RUNTIME = 11
    FIXED_HARDWARE = 0x7F


class AccessSize(IntEnum):
    """How wide an access has to be."""

    UNDEFINED = 0
    BYTE = 1
    WORD = 2
    DWORD = 3
    QWORD = 4


class GenericAddress(Record, size=12, source=ACPI("Generic Address Structure")):
    """Where a register is."""

    space: AddressSpace = u8("what kind of address it is")
    bit_width: int = u8("bits of the register")
    bit_offset: int = u8("of the register at the address")
    access_size: AccessSize = u8("how wide an access has to be")
    address: int = u64("of the register; 0: there is none")


class Rsdp1(Record, size=20, source=ACPI("Root System Description Pointer (RSDP) Structure")):
    """The root pointer of ACPI 1.0, which is also the first part of every later one. It lies on a
    16-byte boundary.
    """

    signature: Ascii = octets(8, must=RSDP_SIGNATURE)
    checksum: int = u8("of the first 20 bytes", derive=sum_zero(20))
    oem_id: Ascii = octets(6, "who made the tables")
    revision: int = u8("0: ACPI 1.0; 2: there is more")
    rsdt: int = u32("physical address of the RSDT")


class Rsdp(Rsdp1, size=36, source=ACPI("Root System Description Pointer (RSDP) Structure")):
    """The root pointer since ACPI 2.0: revision 2."""

    length: int = u32("bytes of all of it", at=20, derive=total_size())
    xsdt: int = u64("physical address of the XSDT")
    extended_checksum: int = u8("of all of it", derive=sum_zero())
    reserved_33: bytes = reserved_bytes(3, must=0)


RSDP = Rsdp(revision=2)
"""The root pointer to no table yet."""


class AcpiTable(
    Record,
    least=36,
    length="length",
    by="signature",
    source=ACPI("System Description Table Header"),
):
    """Any table: a header and what the signature says."""

    signature: Ascii = octets(4, "tells the tables apart")
    length: int = u32("bytes of the table, this header among them")
    revision: int = u8("of the structure of this signature", default=1)
    checksum: int = u8("makes the sum of all bytes zero", derive=sum_zero("length"))
    oem_id: Ascii = octets(6, "who made it")
    oem_table_id: Ascii = octets(8, "which it is, to its maker")
    oem_revision: int = u32()
    creator_id: Ascii = octets(4, "what tool made it")
    creator_revision: int = u32()
    content: bytes = tail()
