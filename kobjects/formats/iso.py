"""ISO 9660 discs: volume descriptors, every file by its path, and what boots."""

from __future__ import annotations

from typing import Any

from kobjects.errors import KobjectsError
from kobjects.firmware.eltorito import (
    BootIndicator,
    HeaderIndicator,
    InitialEntry,
    SectionEntry,
    SectionHeader,
    ValidationEntry,
)
from kobjects.firmware.iso9660 import (
    EL_TORITO_ID,
    FIRST_DESCRIPTOR,
    SECTOR,
    STANDARD_ID,
    BootRecordDescriptor,
    IsoDirectoryRecord,
    PrimaryDescriptor,
    TerminatorDescriptor,
    VolumeDescriptor,
)
from kobjects.formats.area import Area
from kobjects.formats.names import unique_step
from kobjects.formats.node import Node, Survey

MOST_DESCRIPTORS = 16
MOST_BOOT_ENTRIES = 64
LARGEST_DIRECTORY = 1 << 20
DEEPEST_PATH = 16
"""How much of a disc is looked at."""

_SIMULATED = 512
"""Bytes of the sectors that a boot entry counts."""


def recognise(survey: Survey, area: Area) -> Node | None:
    """A disc whose sector 16 has a volume descriptor."""
    if area.read(FIRST_DESCRIPTOR * SECTOR + 1, len(STANDARD_ID)) != STANDARD_ID:
        return None
    node = survey.node("iso", "ISO 9660 volume", area)
    with survey.bounded(node):
        for index in range(MOST_DESCRIPTORS):
            place = (FIRST_DESCRIPTOR + index) * SECTOR
            child = _descriptor(survey, node, area, place, index)
            if child is None or isinstance(child.value, TerminatorDescriptor):
                break
        else:
            node.complain(f"more than {MOST_DESCRIPTORS} descriptors, and no terminator")
        for child in list(node.children):
            if isinstance(child.value, PrimaryDescriptor):
                _volume(survey, node, area, child.value)
            elif isinstance(child.value, BootRecordDescriptor):
                _catalog(survey, node, area, child.value)
    return node


def _descriptor(survey: Survey, node: Node, area: Area, place: int, index: int) -> Node | None:
    sector = area.part(place, SECTOR)
    if sector.read(1, len(STANDARD_ID)) != STANDARD_ID:
        node.complain(f"no descriptor at {place:#x}, and there was no terminator")
        return None
    return survey.try_record(node, f"descriptors[{index}]", VolumeDescriptor, sector, 0)


def _volume(survey: Survey, node: Node, area: Area, primary: PrimaryDescriptor) -> None:
    node.label = str(primary.volume_id)
    block = primary.layout.block_size
    if block < 512 or block & (block - 1):
        node.complain(f"{block} is not a size of blocks", "descriptors[0].layout.block_size")
        return
    if primary.volume_size * block > area.size:
        node.complain(f"{primary.volume_size * block} bytes, but only {area.size} are there")
    files = _Files(survey, area, block)
    files.directory(node, primary.root.extent, primary.root.data_length, "")


class _Files:
    """The directories of a volume; `seen` has the blocks of those that were looked at."""

    def __init__(self, survey: Survey, area: Area, block: int) -> None:
        self.survey, self.area, self.block, self.seen = survey, area, block, set[int]()

    def directory(self, node: Node, extent: int, size: int, path: str) -> None:
        if extent in self.seen:
            node.complain(f"block {extent} was already a directory's", "extent")
            return
        if path.count("/") > DEEPEST_PATH:
            node.complain(f"more than {DEEPEST_PATH} directories in each other")
            return
        self.seen.add(extent)
        area = self.area.part(extent * self.block, min(size, LARGEST_DIRECTORY))
        data = bytes(area.view(0, area.size))
        self.survey.spend(len(data))
        names: dict[str, int] = {}
        place = 0
        while place < len(data):
            if data[place] == 0:  # the rest of the sector is not used
                place += SECTOR - place % SECTOR
                continue
            try:
                record = IsoDirectoryRecord.parse(memoryview(data)[place:])
            except KobjectsError as error:
                node.complain(f"record at {place:#x} can't be read: {error}")
                return
            if bytes(record.name) not in (b"\0", b"\1"):
                self._file(node, record, area.part(place, record.length), path, names)
            place += record.length

    def _file(
        self, node: Node, record: IsoDirectoryRecord, where: Area, path: str, names: dict[str, int]
    ) -> None:
        name = str(record.name).partition(";")[0].rstrip(".")
        kind = "directory" if record.flags.directory else "file"
        child = self.survey.node(unique_step(name, names), kind, where, value=record)
        child.label = f"{path}/{name}"
        child.findings += record.check()
        node.children.append(child)
        with self.survey.bounded(child):
            if record.flags.directory:
                self.directory(child, record.extent, record.data_length, child.label)
                return
            area = self.area.part(record.extent * self.block, record.data_length)
            if area.size < record.data_length:
                child.complain(f"{record.data_length} bytes, but only {area.size} are there",
                               "data_length")  # fmt: skip
            child.children += self.survey.look_into(area)


def _catalog(survey: Survey, node: Node, area: Area, boot: BootRecordDescriptor) -> None:
    if not boot.system.startswith(EL_TORITO_ID):
        return
    catalog = area.part(boot.catalog * SECTOR, MOST_BOOT_ENTRIES * 32)
    holder = survey.node("boot", "boot catalog", catalog)
    node.children.append(holder)
    with survey.bounded(holder):
        if survey.try_record(holder, "validation", ValidationEntry, catalog, 0) is None:
            return
        initial = survey.try_record(holder, "initial", InitialEntry, catalog, 32)
        if initial is not None:
            _image(survey, initial, area)
        place, more, number = 64, True, 0
        while more and place + 32 <= catalog.size and catalog.read(place, 1) in (b"\x90", b"\x91"):
            name = f"sections[{number}]"
            section = survey.try_record(holder, name, SectionHeader, catalog, place)
            if section is None:
                return
            header: SectionHeader = section.value
            place = _entries(survey, section, area, catalog, place + 32)
            more = header.indicator is HeaderIndicator.MORE
            number += 1


def _entries(survey: Survey, section: Node, area: Area, catalog: Area, place: int) -> int:
    """The entries of a section; the place after them."""
    for index in range(section.value.count):
        if place + 32 > catalog.size:
            section.complain(f"{section.value.count}, but only {index} are there", "count")
            break
        entry = survey.try_record(section, f"entries[{index}]", SectionEntry, catalog, place)
        if entry is not None:
            _image(survey, entry, area)
        place += 32
    return place


def _image(survey: Survey, node: Node, area: Area) -> None:
    """What an entry boots. A firmware reads as far as it needs, so that the size is a hint."""
    entry: Any = node.value
    place = entry.load_lba * SECTOR
    if entry.indicator is BootIndicator.BOOTABLE and place >= area.size:
        node.complain(f"sector {entry.load_lba} is not on the disc", "load_lba")
        return
    node.children += survey.look_into(area.part(place, entry.sector_count * _SIMULATED))
