"""A FAT16 volume that holds some files: an EFI system partition, or the image of a boot floppy.

Files lie in one piece each, in the order in which they are given, behind the directories. Nothing
in it depends on when or where it is made: its dates are FAT's first day, its serial number comes
from the contents.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kobjects.firmware.fat import (
    ROOT_ENTRY,
    BiosParameterBlock,
    DirectoryEntry,
    ExtendedParameters,
    Fat16BootSector,
    Fat16Entry,
    FatDate,
    FileAttributes,
)
from kobjects.firmware.mbr import SECTOR_SIZE
from kobjects.text import Spaced
from packer.errors import PackError, Problem
from packer.layout import align_up
from packer.provenance import Ledger, Provenance, SchemaPart

ROOT_ENTRIES = 16
"""Of the root directory: a whole sector of them."""

FEWEST_CLUSTERS = 4085 + 16
"""With less it would be a FAT12; Microsoft's own tools stay away from the border by 16."""

MOST_CLUSTERS = 65524 - 16

DAY = FatDate(day=1, month=1, years=0)
LAST_OF_FILE = Fat16Entry(next=0xFFFF)
NAME = re.compile(r"[A-Z0-9_-]{1,8}(\.[A-Z0-9_-]{1,3})?")


@dataclass(frozen=True)
class File:
    """Bytes with their owners."""

    data: bytes = field(repr=False)
    owners: Provenance = field(repr=False)


@dataclass
class Node:
    """A file, or a directory with what is in it by name; and its clusters, once it has some."""

    path: str
    above: Node | None = None
    file: File | None = None
    inside: dict[str, Node] = field(default_factory=dict)
    first: int = 0
    count: int = 0

    def below(self) -> Iterator[Node]:
        for one in self.inside.values():
            yield one
            yield from one.below()

    def size(self) -> int:
        return (2 + len(self.inside)) * ROOT_ENTRY if self.file is None else len(self.file.data)

    def entry(self, name: str) -> DirectoryEntry:
        return DirectoryEntry(
            name=Spaced(name),
            attributes=FileAttributes(directory=self.file is None),
            created_date=DAY,
            accessed_date=DAY,
            modified_date=DAY,
            cluster_low=self.first,
            file_size=0 if self.file is None else self.size(),
        )

    def entries(self) -> Iterator[DirectoryEntry]:
        """Of a directory. The root, which has no clusters, has no entries for itself either."""
        if self.above is not None:
            yield self.entry(".")
            yield self.above.entry("..")
        for name, one in self.inside.items():
            base, _, extension = name.partition(".")
            yield one.entry(f"{base:8}{extension}")


def volume(
    files: Mapping[str, File], label: str, hidden: int = 0, clusters: int = FEWEST_CLUSTERS
) -> File:
    """A volume with files by their paths, as "EFI/BOOT/BOOTX64.EFI", of at least so many clusters.

    `hidden`: sectors before it on its disk. PackError for a name that takes more than 8 and 3
    capitals, for more entries than the root directory has, and for what FAT16 cannot hold.
    """
    root = _tree(files)
    nodes = [node for node in root.below() if node.file is None]
    nodes += (node for node in root.below() if node.file is not None)
    cluster = _cluster_size(nodes)
    reached = 2
    for node in nodes:
        node.count = align_up(node.size(), cluster) // cluster
        node.first = reached if node.count else 0
        reached += node.count
    clusters = max(clusters, reached - 2)
    table_size = align_up((clusters + 2) * Fat16Entry.size, SECTOR_SIZE)
    ledger = Ledger()
    boot = _boot_sector(files, label, hidden, cluster, clusters, table_size)
    ledger.add(SchemaPart("FAT boot sector", Fat16BootSector), boot.build())
    table = list(_table(nodes))
    for copy in ("first", "second"):
        part, end = (
            SchemaPart(f"FAT, {copy} copy", Fat16Entry[len(table)]),
            len(ledger) + table_size,
        )
        ledger.add(part, Fat16Entry[len(table)].build(table))
        ledger.pad(end, "free clusters, and the rest of the table's last sector")
    _write_data(ledger, root, nodes, label, cluster, clusters)
    return File(*ledger.finish())


def _write_data(
    ledger: Ledger, root: Node, nodes: Sequence[Node], label: str, cluster: int, clusters: int
) -> None:
    """The root directory and all clusters."""
    title = DirectoryEntry(
        name=Spaced(label), attributes=FileAttributes(volume_id=True), modified_date=DAY
    )
    _directory(ledger, "root directory", [title, *root.entries()], ROOT_ENTRIES * ROOT_ENTRY)
    end = len(ledger) + clusters * cluster
    for node in nodes:
        if node.file is None:
            name = f"directory {node.path}"
            _directory(ledger, name, [*node.entries()], node.count * cluster)
        else:
            last = len(ledger) + node.count * cluster
            ledger.include(node.file.data, node.file.owners)
            ledger.pad(last, "rest of the file's last cluster")
    ledger.pad(end, "free clusters")


def _tree(files: Mapping[str, File]) -> Node:
    root = Node("")
    problems = []
    for path, file in files.items():
        here = root
        for step in path.split("/"):
            if not NAME.fullmatch(step):
                text = f"{step!r} is no short name of FAT's: 8 capitals, a dot, 3 more"
                problems.append(Problem("KP2208", path, text))
            whole = f"{here.path}/{step}" if here.path else step
            here = here.inside.setdefault(step, Node(whole, here))
        here.file = file
    if len(root.inside) >= ROOT_ENTRIES:
        text = f"{len(root.inside)} entries and a label; the root directory holds {ROOT_ENTRIES}"
        problems.append(Problem("KP2209", "the FAT volume", text))
    if problems:
        raise PackError(problems)
    return root


def _cluster_size(nodes: Sequence[Node]) -> int:
    """Bytes of a cluster: as few as the number of clusters allows."""
    for size in (SECTOR_SIZE << shift for shift in range(7)):
        if sum(align_up(node.size(), size) // size for node in nodes) <= MOST_CLUSTERS:
            return size
    text = f"{sum(node.size() for node in nodes)} bytes of files do not fit into a FAT16 volume"
    raise PackError([Problem("KP2209", "the FAT volume", text)])


def _table(nodes: Sequence[Node]) -> Iterator[Fat16Entry]:
    yield Fat16Entry(next=0xFFF8)  # the medium's byte again
    yield LAST_OF_FILE
    for node in nodes:
        yield from (Fat16Entry(next=node.first + step) for step in range(1, node.count))
        if node.count:
            yield LAST_OF_FILE


def _boot_sector(
    files: Mapping[str, File], label: str, hidden: int, cluster: int, clusters: int, table_size: int
) -> Fat16BootSector:
    digest = hashlib.sha256()
    for path, file in files.items():
        digest.update(path.encode() + hashlib.sha256(file.data).digest())
    size = SECTOR_SIZE + 2 * table_size + ROOT_ENTRIES * ROOT_ENTRY + clusters * cluster
    sectors = size // SECTOR_SIZE
    return Fat16BootSector(
        oem_name=Spaced("KPACK"),
        bpb=BiosParameterBlock(
            sectors_per_cluster=cluster // SECTOR_SIZE,
            root_entries=ROOT_ENTRIES,
            total_sectors_16=sectors if sectors < 1 << 16 else 0,
            total_sectors_32=sectors if sectors >= 1 << 16 else 0,
            fat_size_16=table_size // SECTOR_SIZE,
            hidden_sectors=hidden,
        ),
        extended=ExtendedParameters(
            volume_id=int.from_bytes(digest.digest()[:4], "little"), volume_label=Spaced(label)
        ),
    )


def _directory(ledger: Ledger, name: str, entries: list[DirectoryEntry], size: int) -> None:
    end = len(ledger) + size
    part = SchemaPart(name, DirectoryEntry[len(entries)])
    ledger.add(part, DirectoryEntry[len(entries)].build(entries))
    ledger.pad(end, "a directory ends with its first empty entry")
