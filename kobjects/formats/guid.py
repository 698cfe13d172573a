"""Disks with a GUID partition table: both copies, compared, and what lies in the partitions."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

from kobjects.firmware.gpt import GPT_SIGNATURE, TYPES, GptEntry, GptHeader
from kobjects.formats.area import Area
from kobjects.formats.node import Follow, Node, Survey, overlaps

BLOCK_SIZES = (512, 4096)
LARGEST_ARRAY = 1 << 22
"""Bytes of an array of entries that are read."""

SAME = (
    "revision", "header_size", "first_usable_lba", "last_usable_lba", "disk_guid",
    "number_of_entries", "size_of_entry", "entries_crc32",
)  # fmt: skip
"""Fields in which both headers agree."""


def recognise(survey: Survey, area: Area) -> Node | None:
    """A disk whose second block is a GPT header."""
    for block in BLOCK_SIZES:
        if area.read(block, len(GPT_SIGNATURE)) == GPT_SIGNATURE:
            return _disk(survey, area, block)
    return None


def _disk(survey: Survey, area: Area, block: int) -> Node:
    node = survey.node("gpt", "GUID partition table", area, label=f"blocks of {block} bytes")
    with survey.bounded(node):
        primary = survey.try_record(node, "primary", GptHeader, area, block)
        if primary is None:
            return node
        _header(survey, primary, area, block, 1)
        backup = _backup(survey, node, area, block, primary.value)
        if backup is not None:
            _compare(node, primary, backup, area, block)
        _partitions(survey, node, area, block, primary.value)
    return node


def _backup(survey: Survey, node: Node, area: Area, block: int, primary: GptHeader) -> Node | None:
    """The header of the other copy, where the primary one says that it is."""
    last = area.size // block - 1
    if primary.alternate_lba != last:
        node.complain(
            f"{primary.alternate_lba}, but the last block of the disk is {last}",
            "primary.alternate_lba",
        )
    place = primary.alternate_lba * block
    if area.read(place, len(GPT_SIGNATURE)) != GPT_SIGNATURE:
        node.complain(f"there is no backup header in block {primary.alternate_lba}", "backup")
        return None
    backup = survey.try_record(node, "backup", GptHeader, area, place)
    if backup is not None:
        _header(survey, backup, area, block, primary.alternate_lba)
        if backup.value.alternate_lba != 1:
            backup.complain(f"{backup.value.alternate_lba}, but the other is in block 1",
                            "alternate_lba")  # fmt: skip
    return backup


def _header(survey: Survey, node: Node, area: Area, block: int, lba: int) -> None:
    """What must be true of one copy."""
    header: GptHeader = node.value
    if header.my_lba != lba:
        node.complain(f"{header.my_lba}, but the header lies in block {lba}", "my_lba")
    array = _array(area, block, header)
    if array.size < header.number_of_entries * header.size_of_entry:
        node.complain("the array of entries is not all there", "partition_entry_lba")
        return

    survey.spend(array.size)

    def crc(blob: memoryview) -> int:
        return zlib.crc32(Area(blob, array.extents).view(0, array.size))

    node.follows.append(Follow("entries_crc32", crc))
    if (right := crc(area.blob)) != header.entries_crc32:
        rule = f"{header.entries_crc32:#x}, but the CRC-32 of the entries is {right:#x}"
        node.complain(rule, "entries_crc32")


def _array(area: Area, block: int, header: GptHeader) -> Area:
    size = min(header.number_of_entries * header.size_of_entry, LARGEST_ARRAY)
    return area.part(header.partition_entry_lba * block, size)


def _compare(node: Node, primary: Node, backup: Node, area: Area, block: int) -> None:
    """Both copies say the same."""
    for name in SAME:
        ours, theirs = getattr(primary.value, name), getattr(backup.value, name)
        if ours != theirs:
            node.complain(f"{_text(theirs)}, but that of the primary is {_text(ours)}",
                          f"backup.{name}")  # fmt: skip
        if name != "entries_crc32":
            backup.follows.append(Follow(name, _field(primary.area, name)))
    array = _array(area, block, primary.value)
    other = _array(area, block, backup.value)
    if array.size == other.size and array.view(0, array.size) != other.view(0, other.size):
        node.complain("the entries are not those of the primary", "backup")


def _field(where: Area, name: str) -> Callable[[memoryview], Any]:
    return lambda blob: getattr(
        GptHeader.parse(Area(blob, where.extents).view(0, GptHeader.size)), name
    )


def _partitions(survey: Survey, node: Node, area: Area, block: int, header: GptHeader) -> None:
    step = header.size_of_entry
    if step < GptEntry.size or step & (step - 1):
        node.complain(f"{step} is not 128 times a power of two", "primary.size_of_entry")
        return
    array = _array(area, block, header)
    mirror = None
    with_backup = next((child for child in node.children if child.name == "backup"), None)
    if with_backup is not None:
        mirror = _array(area, block, with_backup.value)
    spans, unique = [], dict[bytes, str]()
    for index in range(array.size // step):
        if not any(array.read(index * step, 16)):
            continue
        name = f"partitions[{index}]"
        child = survey.record(name, GptEntry, array, index * step, kind="partition")
        node.children.append(child)
        if mirror is not None:
            child.mirrors.append(mirror.part(index * step, GptEntry.size))
        entry: GptEntry = child.value
        child.label = f"{entry.name}, {TYPES.get(entry.type, entry.type)}"
        spans.append((entry.first_lba, entry.last_lba + 1, name))
        _entry(child, header, unique.setdefault(entry.unique, name))
        if entry.first_lba <= entry.last_lba:
            inside = area.part(entry.first_lba * block,
                               (entry.last_lba + 1 - entry.first_lba) * block)  # fmt: skip
            with survey.bounded(child):
                child.children += survey.look_into(inside)
    for first, second in overlaps(spans):
        node.complain(f"overlaps {first}", second)


def _entry(node: Node, header: GptHeader, first: str) -> None:
    """What must be true of a partition; `first` has the same unique GUID, or is the partition."""
    entry: GptEntry = node.value
    if entry.last_lba < entry.first_lba:
        node.complain(f"ends at block {entry.last_lba}, before its first, {entry.first_lba}")
    if entry.first_lba < header.first_usable_lba or entry.last_lba > header.last_usable_lba:
        node.complain(
            f"blocks {entry.first_lba} to {entry.last_lba} are not within the usable "
            f"{header.first_usable_lba} to {header.last_usable_lba}"
        )
    if first != node.name:
        node.complain(f"is also that of {first}", "unique")


def _text(value: Any) -> str:
    return f"{value:#x}" if isinstance(value, int) else str(value)
