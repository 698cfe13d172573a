"""The first sector of a BIOS disk."""

from __future__ import annotations

from enum import IntEnum
from typing import Self

from kobjects.record import Record, array, nested, octets, u8, u16, u32
from kobjects.source import UEFI
from kobjects.word import Word, bits

SECTOR_SIZE = 512
"""Bytes of a sector, as every BIOS disk service counts."""

BOOT_SIGNATURE = 0xAA55
"""The last word of a sector that a BIOS will run."""

HEADS = 255
SECTORS_PER_TRACK = 63
"""The geometry that everyone assumes of a disk too large for cylinder, head, sector."""


class Chs(Word, bits=24, source=UEFI("Legacy Master Boot Record (MBR)")):
    """Cylinder, head, sector: an address that nobody follows any more, but partitioners check."""

    head: int = bits("7:0")
    sector: int = bits("13:8", "counted from 1")
    cylinder: int = bits("15:14,23:16")

    @classmethod
    def of_lba(cls, lba: int) -> Self:
        """The address of a sector; past the last one, as is usual, 1023/254/63."""
        track, sector = divmod(lba, SECTORS_PER_TRACK)
        cylinder, head = divmod(track, HEADS)
        if cylinder > 1023:
            cylinder, head, sector = 1023, HEADS - 1, SECTORS_PER_TRACK - 1
        return cls(cylinder=cylinder, head=head, sector=sector + 1)


class PartitionType(IntEnum):
    """What a partition claims to hold."""

    EMPTY = 0x00
    FAT12 = 0x01
    FAT16_SMALL = 0x04
    EXTENDED = 0x05
    FAT16 = 0x06
    NTFS = 0x07
    FAT32 = 0x0B
    FAT32_LBA = 0x0C
    FAT16_LBA = 0x0E
    EXTENDED_LBA = 0x0F
    HIDDEN_NTFS = 0x17
    HIDDEN_NTFS_WINRE = 0x27
    EXPERIMENTAL = 0x7F
    LINUX_SWAP = 0x82
    LINUX = 0x83
    LINUX_EXTENDED = 0x85
    LINUX_LVM = 0x8E
    FREEBSD = 0xA5
    OPENBSD = 0xA6
    NETBSD = 0xA9
    HFS = 0xAF
    GPT_PROTECTIVE = 0xEE
    EFI_SYSTEM = 0xEF
    LINUX_RAID = 0xFD


class PartitionStatus(IntEnum):
    """Whether a BIOS boots from the partition. Other values make a table invalid."""

    INACTIVE = 0x00
    ACTIVE = 0x80


class PartitionEntry(Record, size=16, source=UEFI("Legacy Master Boot Record (MBR)")):
    """One of the four primary partitions; all zero if there is none."""

    status: PartitionStatus = u8("at most one is active")
    first_chs: Chs = nested("first sector")
    type: PartitionType = u8("what the partition claims to hold")
    last_chs: Chs = nested("last sector")
    first_lba: int = u32("first sector, counted from the start of the disk", at=8)
    sectors: int = u32("number of sectors")


class MasterBootRecord(Record, size=512, source=UEFI("Legacy Master Boot Record (MBR)")):
    """Boot code and partition table. The BIOS loads it to 7C00h and enters it in real mode, with
    the drive's number in DL.
    """

    code: bytes = octets(440, "what the BIOS runs")
    disk_signature: int = u32("tells disks apart", at=0x1B8)
    copy_protected: int = u16("5A5Ah: yes; else 0")
    partitions: tuple[PartitionEntry, ...] = array(PartitionEntry, 4, "primary", at=0x1BE)
    signature: int = u16("the BIOS refuses the sector without it", must=BOOT_SIGNATURE, at=0x1FE)


class ExtendedBootRecord(Record, size=512, source=UEFI("Legacy Master Boot Record (MBR)")):
    """The sector before a logical partition. Its first entry is that partition, whose `first_lba`
    counts from this sector; its second one leads to the next of these sectors, counted from the
    start of the extended partition, and is zero in the last.
    """

    unused: bytes = octets(446)
    logical: PartitionEntry = nested("the partition", at=0x1BE)
    link: PartitionEntry = nested("the next sector of this kind")
    zero: tuple[PartitionEntry, ...] = array(PartitionEntry, 2, "not used")
    signature: int = u16("as in the first sector of the disk", must=BOOT_SIGNATURE, at=0x1FE)


EXTENDED_TYPES = (PartitionType.EXTENDED, PartitionType.EXTENDED_LBA)
"""Partitions that hold a chain of `ExtendedBootRecord`s."""
