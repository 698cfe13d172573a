"""El Torito: what a BIOS or UEFI boots from a CD, DVD or an image of one."""

from __future__ import annotations

from enum import IntEnum

from kobjects.derive import sum_zero
from kobjects.record import Record, octets, reserved_bytes, u8, u16, u32
from kobjects.source import EL_TORITO
from kobjects.text import Ascii
from kobjects.word import Word, bits, reserved


class Platform(IntEnum):
    """For what machine a boot image is."""

    X86 = 0
    POWERPC = 1
    MAC = 2
    EFI = 0xEF


class BootIndicator(IntEnum):
    """Whether an entry boots."""

    NO = 0x00
    BOOTABLE = 0x88


class HeaderIndicator(IntEnum):
    """Whether more section headers follow."""

    MORE = 0x90
    LAST = 0x91


class Emulation(IntEnum):
    """What drive the BIOS pretends that the image is."""

    NONE = 0
    FLOPPY_1200K = 1
    FLOPPY_1440K = 2
    FLOPPY_2880K = 3
    HARD_DISK = 4


class BootMedia(Word, bits=8, source=EL_TORITO("Initial/Default Entry")):
    """The boot media type of an entry."""

    emulation: Emulation = bits("3:0", "what drive the image pretends to be")
    zero_4: int = reserved("4", must=0)
    section: int = bits("7:5", "of a section entry: continuation, ATAPI driver, SCSI drivers")


class ValidationEntry(Record, size=32, source=EL_TORITO("Validation Entry")):
    """The start of the boot catalog."""

    header_id: int = u8(must=1)
    platform: Platform = u8("for what machine the initial entry is")
    zero_2: bytes = reserved_bytes(2, must=0)
    developer: Ascii = octets(24, "who made the medium")
    checksum: int = u16("makes the sum of all words zero", derive=sum_zero())
    key: bytes = octets(2, must=b"\x55\xaa")


class InitialEntry(Record, size=32, source=EL_TORITO("Initial/Default Entry")):
    """What is booted if nobody chooses."""

    indicator: BootIndicator = u8(default=BootIndicator.BOOTABLE)
    media: BootMedia = u8("how the image is shown")
    load_segment: int = u16("where a BIOS loads the image; 0: 7C0h")
    system_type: int = u8("of the partition, for a hard disk image")
    zero_5: bytes = reserved_bytes(1, must=0)
    sector_count: int = u16("sectors of 512 bytes that a BIOS loads", default=4)
    load_lba: int = u32("first sector of 2048 bytes")
    zero_12: bytes = reserved_bytes(20, must=0)


class SectionHeader(Record, size=32, source=EL_TORITO("Section Header")):
    """The start of more entries, for one platform."""

    indicator: HeaderIndicator = u8(default=HeaderIndicator.LAST)
    platform: Platform = u8("for what machine these entries are")
    count: int = u16("entries that follow", default=1)
    identifier: Ascii = octets(28)


class SectionEntry(Record, size=32, source=EL_TORITO("Section Entry")):
    """One of them."""

    indicator: BootIndicator = u8(default=BootIndicator.BOOTABLE)
    media: BootMedia = u8("how the image is shown")
    load_segment: int = u16("where a BIOS loads the image; 0: 7C0h")
    system_type: int = u8("of the partition, for a hard disk image")
    zero_5: bytes = reserved_bytes(1, must=0)
    sector_count: int = u16("sectors of 512 bytes that a BIOS loads")
    load_lba: int = u32("first sector of 2048 bytes")
    selection_type: int = u8("0: no criteria; 1: language and version")
    criteria: bytes = octets(19, "meaning depends on the vendor")
