"""Disks of a BIOS: master boot record, partitions, and the chain of logical ones."""

from __future__ import annotations

from kobjects.firmware.mbr import (
    BOOT_SIGNATURE,
    EXTENDED_TYPES,
    SECTOR_SIZE,
    ExtendedBootRecord,
    MasterBootRecord,
    PartitionEntry,
    PartitionStatus,
    PartitionType,
)
from kobjects.formats.area import Area
from kobjects.formats.node import Node, Survey, overlaps

EVERYTHING = 0xFFFFFFFF
"""Sectors of a protective partition that covers more than it can say, or all there may be."""

LONGEST_CHAIN = 256
"""Logical partitions that are followed."""


def recognise(survey: Survey, area: Area) -> Node | None:
    """A disk with a master boot record; volumes also begin with a boot sector, but without one."""
    if area.size < SECTOR_SIZE:
        return None
    record = MasterBootRecord.parse(area.view(0, SECTOR_SIZE))
    if record.signature != BOOT_SIGNATURE or not _is_table(record, area.size // SECTOR_SIZE):
        return None
    node = survey.record("mbr", MasterBootRecord, area, 0, kind="master boot record")
    with survey.bounded(node):
        spans = []
        for index, entry in enumerate(record.partitions):
            if entry.type is PartitionType.EMPTY:
                continue
            name = f"partitions[{index}]"
            spans.append((entry.first_lba, entry.first_lba + entry.sectors, name))
            where = area.part(MasterBootRecord.offset(name), PartitionEntry.size)
            _partition(survey, node, area, where, entry, name)
        for first, second in overlaps(spans):
            node.complain(f"overlaps {first}", second)
        if sum(entry.status == PartitionStatus.ACTIVE for entry in record.partitions) > 1:
            node.complain("more than one partition is active", "partitions")
    return node


def _is_table(record: MasterBootRecord, sectors: int) -> bool:
    """Whether the four entries can be one: each has a valid status, one begins on the disk."""
    return all(
        entry.status in (PartitionStatus.INACTIVE, PartitionStatus.ACTIVE)
        for entry in record.partitions
    ) and any(
        entry.type is not PartitionType.EMPTY and entry.sectors and entry.first_lba < sectors
        for entry in record.partitions
    )


def _partition(
    survey: Survey,
    node: Node,
    area: Area,
    where: Area,
    entry: PartitionEntry,
    name: str,
    base: int = 0,
) -> None:
    """What is said of a partition and what lies in it. `where` is its entry, `base` the sector from
    which that counts.
    """
    start = (base + entry.first_lba) * SECTOR_SIZE
    inside = area.part(start, entry.sectors * SECTOR_SIZE)
    if inside.size < entry.sectors * SECTOR_SIZE:
        last, sectors = base + entry.first_lba + entry.sectors, area.size // SECTOR_SIZE
        if entry.type is not PartitionType.GPT_PROTECTIVE:
            node.complain(f"ends at sector {last}, but the disk has {sectors}", name)
    if entry.type is PartitionType.GPT_PROTECTIVE:
        _protective(node, area, entry, name)
        return
    if not inside.size:
        return
    first = base + entry.first_lba
    label = f"{entry.type.name}, sectors {first} to {first + entry.sectors - 1}"
    child = survey.node(name, "partition", where, value=entry, label=label)
    node.children.append(child)
    with survey.bounded(child):
        if entry.type in EXTENDED_TYPES:
            _chain(survey, child, area, entry)
        else:
            child.children += survey.look_into(inside)


def _protective(node: Node, area: Area, entry: PartitionEntry, name: str) -> None:
    """It covers the disk from its second block on, as far as the number can say; blocks may have
    4096 bytes.
    """
    right = [min(area.size // block - 1, EVERYTHING) for block in (SECTOR_SIZE, 4096)]
    if entry.sectors not in (*right, EVERYTHING):
        node.complain(f"{entry.sectors} sectors, but the disk has {right[0]} after its first", name)


def _chain(survey: Survey, node: Node, area: Area, extended: PartitionEntry) -> None:
    """The logical partitions of an extended one."""
    place, seen = extended.first_lba, set[int]()
    while place not in seen:
        if len(seen) == LONGEST_CHAIN:
            node.complain(f"more than {LONGEST_CHAIN} logical partitions")
            return
        name = f"logical[{len(seen)}]"
        seen.add(place)
        child = survey.try_record(node, name, ExtendedBootRecord, area, place * SECTOR_SIZE)
        if child is None:
            return
        record: ExtendedBootRecord = child.value
        if record.logical.type is not PartitionType.EMPTY:
            at = place * SECTOR_SIZE + ExtendedBootRecord.offset("logical")
            where = area.part(at, PartitionEntry.size)
            _partition(survey, child, area, where, record.logical, "logical", place)
        if record.link.type is PartitionType.EMPTY:
            return
        place = extended.first_lba + record.link.first_lba
        if record.link.first_lba >= extended.sectors:
            child.complain("leads out of the extended partition", "link.first_lba")
            return
    node.complain(f"leads back to sector {place}", f"{name}.link")
