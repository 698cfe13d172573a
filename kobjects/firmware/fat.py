"""FAT12, FAT16 and FAT32: boot sector, FSInfo, directory entries, long names, the table itself.

Which of the three a volume is follows from its number of clusters alone: see `fatlayout`.
"""

from __future__ import annotations

from kobjects.record import Record, nested, octets, reserved_bytes, u8, u16, u32
from kobjects.source import FAT
from kobjects.text import Spaced
from kobjects.word import Word, bit, bits, reserved

DELETED = 0xE5
"""First byte of the name in an entry that is free."""

LAST = 0x40
"""In `order` of the long-name entry that has the end of the name, which comes first."""

ROOT_ENTRY = 32
"""Bytes of a directory entry."""


class BiosParameterBlock(Record, size=25, source=FAT("Boot Sector and BPB Structure")):
    """What all three kinds say of the volume, from offset 11 of the boot sector."""

    bytes_per_sector: int = u16("512, 1024, 2048 or 4096", default=512)
    sectors_per_cluster: int = u8("a power of two", default=1)
    reserved_sectors: int = u16("before the first FAT, the boot sector among them", default=1)
    fats: int = u8("copies of the table", default=2)
    root_entries: int = u16("of the root directory; 0 on FAT32, where it is a file")
    total_sectors_16: int = u16("of the volume; 0: total_sectors_32 has it")
    media: int = u8("F8h: fixed disk; also the first byte of the FAT", default=0xF8)
    fat_size_16: int = u16("sectors of one FAT; 0 on FAT32")
    sectors_per_track: int = u16("for int 13h", default=63)
    heads: int = u16("for int 13h", default=255)
    hidden_sectors: int = u32("before the volume, on the disk")
    total_sectors_32: int = u32("of the volume, if total_sectors_16 is 0")


class ExtendedParameters(Record, size=26, source=FAT("Boot Sector and BPB Structure")):
    """What follows in both kinds of boot sector: identity for people."""

    drive_number: int = u8("for int 13h", default=0x80)
    flags: int = u8("bits 1:0, of Windows: dirty, test the disk")
    extended_signature: int = u8("29h: the next three are there", default=0x29)
    volume_id: int = u32("of when it was formatted")
    volume_label: Spaced = octets(11, default="NO NAME")
    filesystem_type: Spaced = octets(8, "for people; says nothing of the kind", default="FAT16")


class Fat16BootSector(Record, size=512, source=FAT("Boot Sector and BPB Structure")):
    """The first sector of a FAT12 or FAT16 volume."""

    jump: bytes = octets(3, "over the data to the code", default=b"\xeb\x3c\x90")
    oem_name: Spaced = octets(8, "who formatted it", default="MSWIN4.1")
    bpb: BiosParameterBlock = nested("the layout", at=11)
    extended: ExtendedParameters = nested("identity", at=36)
    code: bytes = octets(448, "what a BIOS runs")
    signature: int = u16("the end of a boot sector", must=0xAA55, at=510)


class Fat32Flags(Word, bits=16, source=FAT("Boot Sector and BPB Structure")):
    """Which FAT is in use."""

    active: int = bits("3:0", "number of the only FAT in use, from 0, if mirroring is off")
    zero_4: int = reserved("6:4", must=0)
    single: bool = bit(7, "no mirroring: only the active FAT is kept up to date")
    zero_8: int = reserved("15:8", must=0)


class Fat32BootSector(Record, size=512, source=FAT("Boot Sector and BPB Structure")):
    """The first sector of a FAT32 volume."""

    jump: bytes = octets(3, "over the data to the code", default=b"\xeb\x58\x90")
    oem_name: Spaced = octets(8, "who formatted it", default="MSWIN4.1")
    bpb: BiosParameterBlock = nested("the layout", at=11)
    fat_size: int = u32("sectors of one FAT", at=36)
    fat_flags: Fat32Flags = u16("which FAT is in use")
    version: int = u16("of the file system", must=0)
    root_cluster: int = u32("first cluster of the root directory", default=2)
    fs_info_sector: int = u16("sector of FSInfo", default=1)
    backup_boot_sector: int = u16("sector of the copy of the boot sector; 0: none", default=6)
    zero_52: bytes = reserved_bytes(12, must=0)
    extended: ExtendedParameters = nested("identity", at=64)
    code: bytes = octets(420, "what a BIOS runs")
    signature: int = u16("the end of a boot sector", must=0xAA55, at=510)


class FsInfo(Record, size=512, source=FAT("FSInfo Sector Structure and Backup Boot Sector")):
    """Hints that save a scan of a FAT32; they may be wrong."""

    lead_signature: bytes = octets(4, must=b"RRaA")
    reserved_4: bytes = reserved_bytes(480, must=0)
    signature: bytes = octets(4, must=b"rrAa", at=484)
    free_clusters: int = u32("last known number; all ones: unknown", default=0xFFFFFFFF)
    next_free: int = u32("where to look for a free cluster; all ones: unknown", default=0xFFFFFFFF)
    reserved_496: bytes = reserved_bytes(12, must=0)
    trail_signature: int = u32(must=0xAA550000)


class Fat16Entry(Word, bits=16, source=FAT("FAT Data Structure")):
    """What the table of a FAT16 says of a cluster."""

    next: int = bits("15:0", "the file's next cluster; 0: free, FFF7h: bad, FFF8h and more: last")


class FileAttributes(Word, bits=8, source=FAT("FAT Directory Structure")):
    """What a directory entry is."""

    read_only: bool = bit(0)
    hidden: bool = bit(1)
    system: bool = bit(2)
    volume_id: bool = bit(3, "the entry is the volume's label")
    directory: bool = bit(4)
    archive: bool = bit(5, "changed since the last backup")
    zero_6: int = reserved("7:6", must=0)

    @property
    def long_name(self) -> bool:
        """Whether the entry is a part of a long name: the four lowest bits are all set."""
        return self & 0x3F == 0x0F


class FatTime(Word, bits=16, source=FAT("FAT Directory Structure")):
    """A time of day, to two seconds."""

    seconds: int = bits("4:0", "in steps of 2", unit=2)
    minutes: int = bits("10:5")
    hours: int = bits("15:11")


class FatDate(Word, bits=16, source=FAT("FAT Directory Structure")):
    """A day; zero: none."""

    day: int = bits("4:0", "from 1")
    month: int = bits("8:5", "from 1")
    years: int = bits("15:9", "since 1980")


class DirectoryEntry(Record, size=32, source=FAT("FAT Directory Structure")):
    """A file or a directory by its short name; a first byte of 0 ends the directory."""

    name: Spaced = octets(11, "8 characters and 3 of the extension")
    attributes: FileAttributes = u8("what it is", at=11)
    case: int = u8("bit 3: the name is in lower case, bit 4: the extension is")
    created_tenths: int = u8("tenths of a second, 0 to 199")
    created_time: FatTime = u16("when it was created")
    created_date: FatDate = u16()
    accessed_date: FatDate = u16("when it was last read or written")
    cluster_high: int = u16("upper half of the first cluster; 0 on FAT12 and FAT16")
    modified_time: FatTime = u16("when it was last written")
    modified_date: FatDate = u16()
    cluster_low: int = u16("lower half of the first cluster; 0: the file is empty")
    file_size: int = u32("in bytes; 0 for a directory")

    @property
    def cluster(self) -> int:
        """First cluster."""
        return self.cluster_high << 16 | self.cluster_low

    @property
    def short_name(self) -> str:
        """`NAME.EXT`, as it is listed. Case flags are obeyed."""
        raw = (b"\xe5" + self.name[1:]) if self.name[0] == 5 else bytes(self.name)
        base, extension = (part.decode("cp437").rstrip(" ") for part in (raw[:8], raw[8:]))
        base = base.lower() if self.case & 8 else base
        extension = extension.lower() if self.case & 16 else extension
        return f"{base}.{extension}" if extension else base

    def checksum(self) -> int:
        """What the entries of a long name that belongs to this one must have."""
        total = 0
        for byte in self.name:
            total = ((total & 1) << 7) + (total >> 1) + byte & 0xFF
        return total


class LongNameEntry(Record, size=32, source=FAT("FAT Long Directory Entries")):
    """13 characters of a long name. The entries come last part first, before the short one."""

    order: int = u8("number of the part, from 1; 40h is set in the last part")
    first: bytes = octets(10, "5 characters, UTF-16")
    attributes: FileAttributes = u8("0Fh marks a long name", must=0x0F, at=11)
    type: int = u8(must=0)
    checksum: int = u8("of the short name")
    second: bytes = octets(12, "6 characters")
    cluster: int = u16("for tools that know no long names", must=0)
    third: bytes = octets(4, "2 characters")

    @property
    def characters(self) -> bytes:
        """All 26 bytes of the part; after the end come a zero and FFFFh."""
        return self.first + self.second + self.third


def long_name(parts: list[LongNameEntry]) -> str:
    """The name of which these are the entries in the order of the directory."""
    text = b"".join(part.characters for part in reversed(parts))
    return text.decode("utf-16-le", "replace").split("\0")[0]
