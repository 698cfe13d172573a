"""ISO 9660: volume descriptors, directories and path tables. Numbers are there in both byte orders
in most places: the second one, big-endian, follows from the first.
"""

from __future__ import annotations

from enum import IntEnum

from kobjects.derive import copy_of
from kobjects.record import Record, nested, octets, padding, reserved_bytes, tail, u8, u16, u32
from kobjects.source import EL_TORITO, ISO9660
from kobjects.text import Ascii, Spaced, Utf16Big
from kobjects.word import Word, bit, reserved

SECTOR = 2048
"""Bytes of a logical sector."""

FIRST_DESCRIPTOR = 16
"""Sector of the first volume descriptor."""

STANDARD_ID = b"CD001"

EL_TORITO_ID = b"EL TORITO SPECIFICATION"


class DescriptorType(IntEnum):
    """What a volume descriptor describes."""

    BOOT_RECORD = 0
    PRIMARY = 1
    SUPPLEMENTARY = 2
    PARTITION = 3
    TERMINATOR = 255


class FileFlags(Word, bits=8, source=ISO9660("File Flags (BP 26)")):
    """What a directory record is."""

    hidden: bool = bit(0, "need not be shown")
    directory: bool = bit(1)
    associated: bool = bit(2, "an associated file")
    record: bool = bit(3, "the extended attributes give a record format")
    protection: bool = bit(4, "the extended attributes give owner and permissions")
    zero_5: int = reserved("6:5", must=0)
    multi_extent: bool = bit(7, "not the last record of its file")


class RecordingTime(Record, size=7, source=ISO9660("Recording Date and Time (BP 19 to 25)")):
    """When a file was recorded."""

    years: int = u8("since 1900")
    month: int = u8("1 to 12")
    day: int = u8("1 to 31")
    hour: int = u8()
    minute: int = u8()
    second: int = u8()
    zone: int = u8("quarters of an hour east of Greenwich, as a signed byte")


class DirectoryFields(Record, source=ISO9660("Format of a Directory Record")):
    """What every directory record begins with."""

    length: int = u8("bytes of this record")
    extended_length: int = u8("blocks of extended attributes, before the file's data")
    extent: int = u32("first block of the file", at=2)
    extent_big: int = u32("the same", byteorder="big", derive=copy_of("extent"))
    data_length: int = u32("bytes of the file")
    data_length_big: int = u32("the same", byteorder="big", derive=copy_of("data_length"))
    recorded: RecordingTime = nested("when", at=18)
    flags: FileFlags = u8("what it is")
    unit_size: int = u8("blocks of a file unit, for interleaved files")
    gap_size: int = u8("blocks between units, for interleaved files")
    volume: int = u16("number of the volume in its set", default=1)
    volume_big: int = u16("the same", byteorder="big", derive=copy_of("volume"))
    name_length: int = u8("bytes of the name")


class IsoDirectoryRecord(DirectoryFields, least=33, length="length"):
    """A file or a directory. Records don't cross a sector's end: zeros fill the rest of it."""

    name: Ascii = octets("name_length", "NAME.EXT;1; a zero byte: this directory, a 1: its parent")
    name_padding: bytes = padding(2)
    system_use: bytes = tail("Rock Ridge and others")


class RootDirectoryRecord(DirectoryFields, size=34):
    """The record of the root directory, in a volume descriptor."""

    name: bytes = octets(1, "a zero byte: this directory", must=b"\0")


ROOT = RootDirectoryRecord(length=34, flags=FileFlags(directory=True), name_length=1)
"""The root directory of no volume in particular."""


class VolumeTime(Record, size=17, source=ISO9660("Volume Creation Date and Time (BP 814 to 830)")):
    """A time in digits; zeros: none."""

    year: Ascii = octets(4, default="0000")
    month: Ascii = octets(2, default="00")
    day: Ascii = octets(2, default="00")
    hour: Ascii = octets(2, default="00")
    minute: Ascii = octets(2, default="00")
    second: Ascii = octets(2, default="00")
    hundredths: Ascii = octets(2, default="00")
    zone: int = u8("quarters of an hour east of Greenwich, as a signed byte")


class VolumeTimes(Record, size=68, source=ISO9660("Primary Volume Descriptor")):
    """The life of a volume."""

    created: VolumeTime = nested()
    modified: VolumeTime = nested()
    expires: VolumeTime = nested()
    effective: VolumeTime = nested()


class VolumeLayout(Record, size=36, source=ISO9660("Primary Volume Descriptor")):
    """Its place in a set of volumes, its blocks, and where its path tables are."""

    set_size: int = u16("volumes in the set", default=1)
    set_size_big: int = u16("the same", byteorder="big", derive=copy_of("set_size"))
    sequence: int = u16("number of this volume in its set", default=1)
    sequence_big: int = u16("the same", byteorder="big", derive=copy_of("sequence"))
    block_size: int = u16("in bytes", at=8, default=SECTOR)
    block_size_big: int = u16("the same", byteorder="big", derive=copy_of("block_size"))
    path_table_size: int = u32("in bytes")
    path_table_size_big: int = u32("the same", byteorder="big", derive=copy_of("path_table_size"))
    path_table: int = u32("block of the little-endian path table", at=20)
    path_table_copy: int = u32("block of its copy; 0: none")
    path_table_big: int = u32("block of the big-endian path table", byteorder="big")
    path_table_big_copy: int = u32("block of its copy; 0: none", byteorder="big")


class VolumeDescriptor(Record, least=7, by="type", source=ISO9660("Format of a Volume Descriptor")):
    """What all of them begin with; each has 2048 bytes."""

    type: DescriptorType = u8("what it describes")
    identifier: Ascii = octets(5, must=STANDARD_ID)
    version: int = u8("of the structure", default=1)
    content: bytes = tail()


class PrimaryDescriptor(
    VolumeDescriptor,
    tag=DescriptorType.PRIMARY,
    size=2048,
    source=ISO9660("Primary Volume Descriptor"),
):
    """The volume: its size, its root directory, its names."""

    zero_7: bytes = reserved_bytes(1, must=0)
    system_id: Spaced = octets(32, "who may use the first 16 sectors")
    volume_id: Spaced = octets(32, "name of the volume", default="CDROM")
    zero_72: bytes = reserved_bytes(8, must=0)
    volume_size: int = u32("in blocks", at=80)
    volume_size_big: int = u32("the same", byteorder="big", derive=copy_of("volume_size"))
    zero_88: bytes = reserved_bytes(32, must=0)
    layout: VolumeLayout = nested("blocks, path tables", at=120)
    root: RootDirectoryRecord = nested("the root directory", at=156, default=ROOT)
    set_id: Spaced = octets(128, "name of the volume set")
    publisher: Spaced = octets(128)
    preparer: Spaced = octets(128)
    application: Spaced = octets(128)
    copyright_file: Spaced = octets(37, "file in the root directory")
    abstract_file: Spaced = octets(37, "file in the root directory")
    bibliographic_file: Spaced = octets(37, "file in the root directory")
    times: VolumeTimes = nested("when it was made, and until when it is valid", at=813)
    structure_version: int = u8("of directories and path tables", default=1)
    zero_882: bytes = reserved_bytes(1, must=0)
    application_use: bytes = octets(512)
    reserved_1395: bytes = reserved_bytes(653, must=0)


class SupplementaryDescriptor(
    VolumeDescriptor,
    tag=DescriptorType.SUPPLEMENTARY,
    size=2048,
    source=ISO9660("Supplementary Volume Descriptor"),
):
    """The same volume with other names: Joliet's, in UCS-2, where `escapes` says so."""

    flags: int = u8("bit 0: escape sequences that are not registered")
    system_id: Utf16Big = octets(32, "who may use the first 16 sectors")
    volume_id: Utf16Big = octets(32, "name of the volume")
    zero_72: bytes = reserved_bytes(8, must=0)
    volume_size: int = u32("in blocks", at=80)
    volume_size_big: int = u32("the same", byteorder="big", derive=copy_of("volume_size"))
    escapes: bytes = octets(32, "%/@, %/C or %/E: Joliet", default=b"%/E")
    layout: VolumeLayout = nested("blocks, path tables", at=120)
    root: RootDirectoryRecord = nested("the root directory", at=156, default=ROOT)
    names: bytes = octets(623, "as in the primary descriptor, in UCS-2")
    times: VolumeTimes = nested("when it was made, and until when it is valid", at=813)
    structure_version: int = u8("of directories and path tables", default=1)
    zero_882: bytes = reserved_bytes(1, must=0)
    application_use: bytes = octets(512)
    reserved_1395: bytes = reserved_bytes(653, must=0)


class BootRecordDescriptor(
    VolumeDescriptor,
    tag=DescriptorType.BOOT_RECORD,
    size=2048,
    source=EL_TORITO("Boot Record Volume Descriptor"),
):
    """Where the boot catalog is, if `system` is El Torito's."""

    system: Ascii = octets(32, "EL TORITO SPECIFICATION", default=EL_TORITO_ID)
    zero_39: bytes = reserved_bytes(32, must=0)
    catalog: int = u32("first sector of the boot catalog", at=71)
    zero_75: bytes = reserved_bytes(1973, must=0)


class TerminatorDescriptor(
    VolumeDescriptor,
    tag=DescriptorType.TERMINATOR,
    size=2048,
    source=ISO9660("Volume Descriptor Set Terminator"),
):
    """The end of the descriptors."""

    zero_7: bytes = reserved_bytes(2041, must=0)


class PathTableEntry(Record, least=8, source=ISO9660("Format of a Path Table Record")):
    """A directory in the little-endian path table."""

    name_length: int = u8("bytes of the name")
    extended_length: int = u8("blocks of extended attributes")
    extent: int = u32("first block of the directory")
    parent: int = u16("number of the parent's entry, from 1")
    name: Ascii = octets("name_length", "a zero byte: the root directory")
    name_padding: bytes = padding(2)


class PathTableEntryBig(
    Record, least=8, byteorder="big", source=ISO9660("Format of a Path Table Record")
):
    """A directory in the big-endian path table."""

    name_length: int = u8("bytes of the name")
    extended_length: int = u8("blocks of extended attributes")
    extent: int = u32("first block of the directory")
    parent: int = u16("number of the parent's entry, from 1")
    name: Ascii = octets("name_length", "a zero byte: the root directory")
    name_padding: bytes = padding(2)
