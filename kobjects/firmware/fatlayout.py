"""Where the parts of a FAT volume lie, of which kind it is, and what its table says."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Self

from kobjects.errors import KobjectsError
from kobjects.firmware.fat import ROOT_ENTRY, BiosParameterBlock


@dataclass(frozen=True)
class FatLayout:
    """Where the parts of a volume lie, in bytes from its start, and of which kind it is.

    bits      12, 16 or 32: of an entry of the table
    clusters  of data; they are numbered from 2 to clusters + 1
    """

    bits: int
    sector: int
    cluster: int
    clusters: int
    total: int
    fat: int
    fat_size: int
    fats: int
    root: int
    root_size: int
    data: int

    @classmethod
    def of(cls, bpb: BiosParameterBlock, fat_size_32: int = 0) -> Self:
        """KobjectsError where the numbers can't be those of a volume."""
        sector, per_cluster = bpb.bytes_per_sector, bpb.sectors_per_cluster
        for name, value in (("bytes_per_sector", sector), ("sectors_per_cluster", per_cluster)):
            if value == 0 or value & (value - 1):
                raise KobjectsError(f"{value} is not a power of two", path=f"bpb.{name}")
        fat_size = (bpb.fat_size_16 or fat_size_32) * sector
        total = (bpb.total_sectors_16 or bpb.total_sectors_32) * sector
        fat = bpb.reserved_sectors * sector
        root = fat + bpb.fats * fat_size
        root_size = -(-bpb.root_entries * ROOT_ENTRY // sector) * sector
        data = root + root_size
        if data > total:
            raise KobjectsError(
                f"the volume has {total} bytes, but its data would begin at {data}", path="bpb"
            )
        cluster = sector * per_cluster
        clusters = (total - data) // cluster
        bits = 12 if clusters < 4085 else 16 if clusters < 65525 else 32
        if bits != 32 and bpb.fat_size_16 == 0:
            bits = 32  # FAT32 by its fields, however few its clusters
        return cls(
            bits, sector, cluster, clusters, total, fat, fat_size, bpb.fats, root, root_size, data
        )

    def place(self, cluster: int) -> int:
        """Where a cluster lies, in bytes from the volume's start."""
        return self.data + (cluster - 2) * self.cluster

    @property
    def end(self) -> int:
        """The least entry that ends a chain."""
        return (1 << min(self.bits, 28)) - 8

    @property
    def bad(self) -> int:
        """The entry of a cluster that can't be used."""
        return (1 << min(self.bits, 28)) - 9

    def entry(self, table: bytes | bytearray | memoryview, cluster: int) -> int:
        """What the table says of a cluster: the next of its file, `bad`, `end` or more, 0 free.

        KobjectsError where the table has no such entry.
        """
        try:
            if self.bits == 12:
                (pair,) = struct.unpack_from("<H", table, cluster + cluster // 2)
                return int(pair >> 4 if cluster & 1 else pair & 0xFFF)
            (number,) = struct.unpack_from("<H" if self.bits == 16 else "<I", table,
                                           cluster * self.bits // 8)  # fmt: skip
        except struct.error:
            raise KobjectsError(f"the table has no entry for cluster {cluster}") from None
        return int(number & 0x0FFFFFFF)


def put_entry(table: bytearray, bits: int, cluster: int, value: int) -> None:
    """Set what a table of entries of 12, 16 or 32 bits says of a cluster; the upper four bits of a
    32-bit entry stay.
    """
    if bits == 12:
        at = cluster + cluster // 2
        (pair,) = struct.unpack_from("<H", table, at)
        pair = pair & 0x000F | value << 4 if cluster & 1 else pair & 0xF000 | value
        struct.pack_into("<H", table, at, pair)
    elif bits == 16:
        struct.pack_into("<H", table, 2 * cluster, value)
    else:
        (old,) = struct.unpack_from("<I", table, 4 * cluster)
        struct.pack_into("<I", table, 4 * cluster, old & 0xF0000000 | value)
