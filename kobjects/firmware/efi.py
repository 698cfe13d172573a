"""EFI's system table and what it leads to before a kernel takes over."""

from __future__ import annotations

from enum import IntEnum

from kobjects.derive import crc32
from kobjects.record import Record, octets, reserved_bytes, u32, u64
from kobjects.source import UEFI
from kobjects.text import Guid
from kobjects.word import Word, bit, reserved

SYSTEM_TABLE_SIGNATURE = 0x5453595320494249
BOOT_SERVICES_SIGNATURE = 0x56524553544F4F42
RUNTIME_SERVICES_SIGNATURE = 0x56524553544E5552

ACPI_20_TABLE = Guid("8868E871-E4F1-11D3-BC22-0080C73C8881")
ACPI_10_TABLE = Guid("EB9D2D30-2D88-11D3-9A16-0090273FC14D")
SMBIOS_TABLE = Guid("EB9D2D31-2D88-11D3-9A16-0090273FC14D")
SMBIOS3_TABLE = Guid("F2FD1544-9794-4A2C-992E-E5BBCF20E394")


class EfiTableHeader(Record, size=24, source=UEFI("EFI_TABLE_HEADER")):
    """What every table of EFI begins with."""

    signature: int = u64("tells the tables apart")
    revision: int = u32("major version in the upper half, in the lower minor times ten")
    header_size: int = u32("bytes of the whole table")
    crc32: int = u32("of the whole table, with this field as zero")
    zero_20: bytes = reserved_bytes(4, must=0)


class EfiSystemTable(Record, size=120, source=UEFI("EFI_SYSTEM_TABLE")):
    """What the entry point of an image is given, with physical addresses.

    The first five fields are an `EfiTableHeader`.
    """

    signature: int = u64(must=SYSTEM_TABLE_SIGNATURE)
    revision: int = u32(
        "major version in the upper half, in the lower the minor one times ten", default=0x20064
    )
    header_size: int = u32("bytes of this table", must=120)
    crc32: int = u32("of this table", derive=crc32())
    zero_20: bytes = reserved_bytes(4, must=0)
    firmware_vendor: int = u64("address of a UTF-16 text that ends in a zero")
    firmware_revision: int = u32("meaning depends on the vendor")
    padding_36: bytes = reserved_bytes(4)
    console_in_handle: int = u64()
    con_in: int = u64("address of the protocol")
    console_out_handle: int = u64()
    con_out: int = u64("address of the protocol")
    standard_error_handle: int = u64()
    std_err: int = u64("address of the protocol")
    runtime_services: int = u64("address of the table")
    boot_services: int = u64("address of the table; 0 after ExitBootServices")
    number_of_table_entries: int = u64("configuration tables")
    configuration_table: int = u64("address of an array of EfiConfigurationTable")


class EfiConfigurationTable(
    Record, size=24, source=UEFI("EFI Configuration Table & Properties Table")
):
    """A table of another standard."""

    vendor_guid: Guid = octets(16, "which")
    vendor_table: int = u64("address")


class EfiMemoryType(IntEnum):
    """What memory is used for."""

    RESERVED = 0
    LOADER_CODE = 1
    LOADER_DATA = 2
    BOOT_SERVICES_CODE = 3
    BOOT_SERVICES_DATA = 4
    RUNTIME_SERVICES_CODE = 5
    RUNTIME_SERVICES_DATA = 6
    CONVENTIONAL = 7
    UNUSABLE = 8
    ACPI_RECLAIM = 9
    ACPI_NVS = 10
    MEMORY_MAPPED_IO = 11
    MEMORY_MAPPED_IO_PORT_SPACE = 12
    PAL_CODE = 13
    PERSISTENT = 14
    UNACCEPTED = 15


class EfiMemoryAttributes(Word, bits=64, source=UEFI("EFI_BOOT_SERVICES.GetMemoryMap()")):
    """What memory can do, and what it shall be at run time."""

    uncacheable: bool = bit(0)
    write_combining: bool = bit(1)
    write_through: bool = bit(2)
    write_back: bool = bit(3)
    uncacheable_exported: bool = bit(4)
    reserved_5: int = reserved("11:5", must=0)
    write_protected: bool = bit(12)
    read_protected: bool = bit(13)
    execute_protected: bool = bit(14)
    non_volatile: bool = bit(15)
    more_reliable: bool = bit(16)
    read_only: bool = bit(17)
    specific_purpose: bool = bit(18)
    cpu_crypto: bool = bit(19)
    reserved_20: int = reserved("59:20", must=0)
    isa_60: int = reserved("61:60", "meaning depends on the processor", must=None)
    isa_valid: bool = bit(62, "the bits for the processor mean something")
    runtime: bool = bit(63, "has a virtual address at run time")


class EfiMemoryDescriptor(Record, size=40, source=UEFI("EFI_BOOT_SERVICES.GetMemoryMap()")):
    """A range of memory. Descriptors lie `DescriptorSize` bytes apart, which may be more."""

    type: EfiMemoryType = u32("what it is used for")
    padding_4: bytes = reserved_bytes(4)
    physical_start: int = u64("a multiple of 4096")
    virtual_start: int = u64("a multiple of 4096")
    number_of_pages: int = u64("of 4096 bytes")
    attribute: EfiMemoryAttributes = u64("what it can do")
