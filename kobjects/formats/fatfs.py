"""FAT volumes: their boot sectors and tables, and every file by its path."""

from __future__ import annotations

from collections.abc import Iterator

from kobjects.errors import KobjectsError
from kobjects.firmware.fat import (
    DELETED,
    ROOT_ENTRY,
    DirectoryEntry,
    Fat16BootSector,
    Fat32BootSector,
    FileAttributes,
    FsInfo,
    LongNameEntry,
    long_name,
)
from kobjects.firmware.fatlayout import FatLayout
from kobjects.formats.area import Area
from kobjects.formats.names import unique_step
from kobjects.formats.node import Node, Survey

MOST_ENTRIES = 1 << 16
"""Of one directory: what FAT allows."""

LONGEST_NAME = 20
"""Entries of one long name."""

DEEPEST_PATH = 32
"""Directories in each other that are looked into."""

LARGEST_TABLE = 1 << 22
"""Bytes of a table that are read and compared."""


def recognise(survey: Survey, area: Area) -> Node | None:
    """A volume whose boot sector has a layout that can be one."""
    if area.size < 512:
        return None
    boot = Fat32BootSector.parse(area.view(0, 512))
    bpb = boot.bpb
    if boot.signature != 0xAA55 or boot.jump[0] not in (0xEB, 0xE9):
        return None
    if bpb.bytes_per_sector not in (512, 1024, 2048, 4096) or bpb.fats not in (1, 2):
        return None
    if bpb.media < 0xF0 or bpb.reserved_sectors == 0:
        return None
    try:
        layout = FatLayout.of(bpb, boot.fat_size)
    except KobjectsError:
        return None
    if not layout.fat_size:
        return None
    return _Volume(survey, area, layout, boot).describe()


class _Volume:
    """One volume while it is looked at; `taken` has the clusters that files were found to have."""

    def __init__(
        self, survey: Survey, area: Area, layout: FatLayout, boot: Fat32BootSector
    ) -> None:
        self.survey, self.area, self.layout, self.boot = survey, area, layout, boot
        self.table = b""
        self.taken: dict[int, str] = {}

    def describe(self) -> Node:
        layout, survey = self.layout, self.survey
        node = survey.node("fat", f"FAT{layout.bits} volume", self.area)
        with survey.bounded(node):
            schema = Fat32BootSector if layout.bits == 32 else Fat16BootSector
            boot = survey.try_record(node, "boot", schema, self.area, 0)
            if boot is not None:
                node.label = str(boot.value.extended.volume_label)
            if self.area.size < layout.total:
                node.complain(f"{layout.total} bytes, but only {self.area.size} are there", "boot")
            size = min(layout.fat_size, LARGEST_TABLE)
            survey.spend(layout.fats * size)
            self.table = bytes(self.area.view(layout.fat, size))
            self._tables(node)
            if layout.bits == 32:
                self._fat32(node)
                root = self._clusters(self.boot.root_cluster, "[]", node, None)
            else:
                root = self.area.part(layout.root, layout.root_size)
            self._directory(node, root, "")
        return node

    def _tables(self, node: Node) -> None:
        layout = self.layout
        if self.table and self.table[0] != self.boot.bpb.media:
            node.complain(
                f"{self.boot.bpb.media:#x}, but the table begins with {self.table[0]:#x}",
                "boot.bpb.media",
            )
        for copy in range(1, layout.fats):
            other = self.area.view(layout.fat + copy * layout.fat_size, len(self.table))
            if other != self.table:
                node.complain(f"copy {copy} of the table differs from the first")
        needed = (layout.clusters + 2) * layout.bits // 8
        if layout.fat_size < needed:
            node.complain(
                f"a table has {layout.fat_size} bytes, but {layout.clusters} clusters take {needed}"
            )

    def _fat32(self, node: Node) -> None:
        sector, boot = self.layout.sector, self.boot
        if 0 < boot.fs_info_sector < boot.bpb.reserved_sectors:
            self.survey.try_record(node, "fsinfo", FsInfo, self.area, boot.fs_info_sector * sector)
        if 0 < boot.backup_boot_sector < boot.bpb.reserved_sectors:
            place = boot.backup_boot_sector * sector
            backup = self.survey.try_record(node, "backup", Fat32BootSector, self.area, place)
            first = next((child for child in node.children if child.name == "boot"), None)
            if backup is not None and first is not None:
                first.mirrors.append(backup.area)
                if backup.value != boot:
                    node.complain("the backup of the boot sector differs from it", "backup")

    def _clusters(self, first: int, name: str, node: Node, size: int | None) -> Area:
        """The bytes of a chain; complaints about it go to the node. `size`: bytes of the file."""
        extents: list[tuple[int, int]] = []
        for cluster in self._chain(first, name, node):
            place, length = self.layout.place(cluster), self.layout.cluster
            if place >= self.area.size:
                node.complain(f"cluster {cluster} is beyond the end", "cluster_low")
                break
            if extents and sum(extents[-1]) == place:
                extents[-1] = (extents[-1][0], extents[-1][1] + length)
            else:
                extents.append((place, length))
        pieces = [piece for at, count in extents for piece in self.area.pieces(at, count)]
        whole = Area(self.area.blob, tuple(pieces))
        if size is None:
            return whole
        if whole.size < size or whole.size - size >= max(self.layout.cluster, 1):
            node.complain(f"{size} bytes, but its clusters have {whole.size}", "file_size")
        return whole.part(0, size)

    def _chain(self, first: int, name: str, node: Node) -> Iterator[int]:
        cluster = first
        while cluster == first or cluster < self.layout.end:
            if not 2 <= cluster < self.layout.clusters + 2:
                node.complain(f"leads to cluster {cluster}, which there is not", "cluster_low")
                return
            if cluster in self.taken:
                other = self.taken[cluster]
                whose = "itself" if other == name else other or "the root directory"
                node.complain(f"cluster {cluster} also belongs to {whose}", "cluster_low")
                return
            self.taken[cluster] = name
            yield cluster
            try:
                cluster = self.layout.entry(self.table, cluster)
            except KobjectsError as error:
                node.complain(str(error), "cluster_low")
                return

    def _directory(self, node: Node, area: Area, path: str) -> None:
        parts: list[LongNameEntry] = []
        names: dict[str, int] = {}
        if path.count("/") > DEEPEST_PATH:
            node.complain(f"more than {DEEPEST_PATH} directories in each other")
            return
        data = bytes(area.view(0, MOST_ENTRIES * ROOT_ENTRY))
        self.survey.spend(len(data))
        for index in range(len(data) // ROOT_ENTRY):
            raw = data[index * ROOT_ENTRY : (index + 1) * ROOT_ENTRY]
            if raw[0] == 0:
                return
            attributes = FileAttributes.from_int(raw[DirectoryEntry.offset("attributes")])
            if attributes.long_name and raw[0] != DELETED:
                parts = [*parts[1 - LONGEST_NAME :], LongNameEntry.parse(raw)]
                continue
            if raw[0] not in (DELETED, ord(".")) and not attributes.volume_id:
                where = area.part(index * ROOT_ENTRY, ROOT_ENTRY)
                self._file(node, DirectoryEntry.parse(raw), parts, where, path, names)
            parts = []

    def _file(
        self,
        node: Node,
        entry: DirectoryEntry,
        parts: list[LongNameEntry],
        where: Area,
        path: str,
        names: dict[str, int],
    ) -> None:
        fits = all(part.checksum == entry.checksum() for part in parts)
        name = long_name(parts) if parts and fits else entry.short_name
        kind = "directory" if entry.attributes.directory else "file"
        child = self.survey.node(unique_step(name, names), kind, where, value=entry)
        child.label = f"{path}/{name}"
        child.findings += entry.check()
        node.children.append(child)
        if not fits:
            child.complain("its long name belongs to another entry")
        with self.survey.bounded(child):
            if entry.attributes.directory:
                area = self._clusters(entry.cluster, child.label, child, None)
                self._directory(child, area, child.label)
            elif entry.cluster or entry.file_size:
                area = self._clusters(entry.cluster, child.label, child, entry.file_size)
                child.children += self.survey.look_into(area)
