"""The GUID partition table: a header and an array of entries at each end of a disk.

`Gpt.make` forges both copies with their CRCs and the protective MBR:

    disk = Gpt.make([GptEntry(type=EFI_SYSTEM, first_lba=2048, last_lba=4095)], sectors=65536)
    image = bytearray(65536 * 512)
    for offset, data in disk.pieces():
        image[offset : offset + len(data)] = data
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from kobjects.derive import crc32
from kobjects.errors import KobjectsError
from kobjects.firmware.mbr import Chs, MasterBootRecord, PartitionEntry, PartitionType
from kobjects.record import Record, octets, reserved_bytes, u32, u64
from kobjects.source import UEFI
from kobjects.text import Ascii, Guid, Utf16
from kobjects.word import Word, bit, bits, reserved

GPT_SIGNATURE = b"EFI PART"

EFI_SYSTEM = Guid("C12A7328-F81F-11D2-BA4B-00A0C93EC93B")
BIOS_BOOT = Guid("21686148-6449-6E6F-744E-656564454649")
LINUX_DATA = Guid("0FC63DAF-8483-4772-8E79-3D69D8477DE4")
LINUX_SWAP = Guid("0657FD6D-A4AB-43C4-84E5-0933C84B4F4F")
LINUX_ROOT_X86_64 = Guid("4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709")
MICROSOFT_BASIC_DATA = Guid("EBD0A0A2-B9E5-4433-87C0-68B6B72699C7")
MICROSOFT_RESERVED = Guid("E3C9E316-0B5C-4DB8-817D-F92DF00215AE")
LEGACY_MBR = Guid("024DEE41-33E7-11D3-9D69-0008C781F39F")
UNUSED = Guid(bytes(16))

TYPES: dict[bytes, str] = {
    EFI_SYSTEM: "EFI system partition",
    BIOS_BOOT: "BIOS boot partition",
    LINUX_DATA: "Linux data",
    LINUX_SWAP: "Linux swap",
    LINUX_ROOT_X86_64: "Linux root, x86-64",
    MICROSOFT_BASIC_DATA: "Microsoft basic data",
    MICROSOFT_RESERVED: "Microsoft reserved",
    LEGACY_MBR: "partitions of an MBR",
    UNUSED: "unused",
}
"""What the types of partitions mean."""


class GptAttributes(Word, bits=64, source=UEFI("GPT Partition Entry Array")):
    """What may be done with a partition."""

    required: bool = bit(0, "the platform needs it to work; don't delete")
    no_block_io: bool = bit(1, "firmware shall not look into it")
    legacy_boot: bool = bit(2, "a BIOS may boot it")
    zero_3: int = reserved("47:3", must=0)
    type_specific: int = bits("63:48", "meaning depends on the type")


class GptEntry(Record, size=128, source=UEFI("GPT Partition Entry Array")):
    """A partition; all zero if there is none."""

    type: Guid = octets(16, "what it is for: see TYPES; zeros: unused")
    unique: Guid = octets(16, "tells it from all others")
    first_lba: int = u64("first block")
    last_lba: int = u64("last block, included")
    attributes: GptAttributes = u64("what may be done with it")
    name: Utf16 = octets(72, "for people")

    @property
    def used(self) -> bool:
        """Whether there is a partition."""
        return self.type != UNUSED


class GptHeader(Record, size=92, source=UEFI("GPT Header")):
    """The header of one copy, at the start of a block; the rest of the block is zero."""

    signature: Ascii = octets(8, must=GPT_SIGNATURE)
    revision: int = u32("1.0", must=0x00010000)
    header_size: int = u32("bytes of this header, which its CRC covers", must=92)
    header_crc32: int = u32("of this header", derive=crc32())
    zero_20: bytes = reserved_bytes(4, must=0)
    my_lba: int = u64("block of this header", at=24, default=1)
    alternate_lba: int = u64("block of the other copy's header")
    first_usable_lba: int = u64("first block that a partition may have", default=34)
    last_usable_lba: int = u64("last block that a partition may have")
    disk_guid: Guid = octets(16, "tells the disk from all others")
    partition_entry_lba: int = u64("first block of the array of entries", at=72, default=2)
    number_of_entries: int = u32("in the array, used or not", default=128)
    size_of_entry: int = u32("bytes: 128 times a power of two", default=128)
    entries_crc32: int = u32("of the whole array")


@dataclass(frozen=True)
class Gpt:
    """Both copies of a table and the MBR in front. Blocks are `block_size` bytes."""

    mbr: MasterBootRecord
    primary: GptHeader
    backup: GptHeader
    entries: tuple[GptEntry, ...]
    block_size: int = 512

    @classmethod
    def make(
        cls,
        entries: Sequence[GptEntry],
        sectors: int,
        disk_guid: Guid = UNUSED,
        block_size: int = 512,
    ) -> Self:
        """The table of a disk of `sectors` blocks, with room for 128 entries; both copies agree.

        KobjectsError for more entries, for a partition outside of what is usable, or two that
        overlap.
        """
        array = 128 * GptEntry.size // block_size
        first, last = 2 + array, sectors - 2 - array
        filled = (*entries, *[GptEntry()] * (128 - len(entries)))
        _refuse(filled, first, last)
        primary = GptHeader(
            alternate_lba=sectors - 1, first_usable_lba=first, last_usable_lba=last,
            disk_guid=disk_guid, entries_crc32=zlib.crc32(GptEntry[128].build(filled)),
        )  # fmt: skip
        backup = primary.replace(
            my_lba=sectors - 1, alternate_lba=1, partition_entry_lba=sectors - 1 - array
        )
        return cls(protective_mbr(sectors), primary, backup, filled, block_size)

    def pieces(self) -> Iterator[tuple[int, bytes]]:
        """What to write where: (offset in bytes, bytes)."""
        array = GptEntry[len(self.entries)].build(self.entries)
        yield 0, self.mbr.build()
        for header in (self.primary, self.backup):
            yield header.my_lba * self.block_size, header.build().ljust(self.block_size, b"\0")
            yield header.partition_entry_lba * self.block_size, array


def protective_mbr(sectors: int) -> MasterBootRecord:
    """The MBR that shows a disk of so many blocks as taken."""
    whole = PartitionEntry(
        type=PartitionType.GPT_PROTECTIVE,
        first_chs=Chs.of_lba(1),
        last_chs=Chs.of_lba(sectors - 1),
        first_lba=1,
        sectors=min(sectors - 1, 0xFFFFFFFF),
    )
    return MasterBootRecord(partitions=(whole, *[PartitionEntry()] * 3))


def _refuse(entries: Sequence[GptEntry], first: int, last: int) -> None:
    if len(entries) > 128:
        raise KobjectsError(f"{len(entries)} entries, but there is room for 128")
    used = [(entry.first_lba, entry.last_lba, i) for i, entry in enumerate(entries) if entry.used]
    for start, end, index in used:
        if not first <= start <= end <= last:
            raise KobjectsError(
                f"blocks {start} to {end} are not within the usable {first} to {last}",
                path=f"entries[{index}]",
            )
    for (_, end, one), (start, _, two) in zip(sorted(used), sorted(used)[1:], strict=False):
        if start <= end:
            raise KobjectsError(
                f"begins at block {start}, but entries[{one}] ends at {end}",
                path=f"entries[{two}]",
            )
