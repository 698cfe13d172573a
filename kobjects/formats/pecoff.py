"""PE images, such as EFI applications: headers, sections, data directories, checksum."""

from __future__ import annotations

from kobjects.firmware.pe import (
    CHECKSUM_OFFSET,
    DOS_MAGIC,
    PE32_PLUS,
    PE_SIGNATURE,
    CoffHeader,
    Directory,
    DosHeader,
    OptionalHeader32,
    OptionalHeader64,
    PeSectionHeader,
    checksum,
)
from kobjects.formats.area import Area
from kobjects.formats.node import Follow, Node, Survey, overlaps

LARGEST_SUMMED = 1 << 24
"""Bytes of an image whose checksum is computed."""


def recognise(survey: Survey, area: Area) -> Node | None:
    """A file that begins with an MS-DOS header which leads to a PE signature."""
    if area.size < DosHeader.size or area.read(0, 2) != DOS_MAGIC:
        return None
    start = DosHeader.parse(area.view(0, DosHeader.size)).e_lfanew
    if area.read(start, 4) != PE_SIGNATURE:
        return None
    node = survey.node("pe", "PE image", area)
    with survey.bounded(node):
        survey.try_record(node, "dos", DosHeader, area, 0)
        coff = survey.try_record(node, "coff", CoffHeader, area, start + 4)
        if coff is not None:
            _optional(survey, node, area, start + 4 + CoffHeader.size, coff.value)
    return node


def _optional(survey: Survey, node: Node, area: Area, place: int, coff: CoffHeader) -> None:
    header = area.part(place, coff.optional_size)
    if header.size < coff.optional_size:
        node.complain(f"{coff.optional_size} bytes, but only {header.size} are there",
                      "coff.optional_size")  # fmt: skip
    plus = int.from_bytes(header.read(0, 2), "little") == PE32_PLUS
    schema = OptionalHeader64 if plus else OptionalHeader32
    optional = survey.try_record(node, "optional", schema, header, 0)
    sections = _sections(survey, node, area, place + coff.optional_size, coff.sections)
    if optional is None:
        return
    value: OptionalHeader32 | OptionalHeader64 = optional.value
    node.label = f"{coff.machine.name} {value.image.subsystem.name}"
    if value.magic not in (0x10B, PE32_PLUS):
        optional.complain(f"{value.magic:#x} is neither PE32 nor PE32+", "magic")
    _image(optional, sections)
    _directories(optional, area)
    if value.image.checksum and area.size <= LARGEST_SUMMED:
        survey.spend(area.size)
        _checksum(optional, area, place + CHECKSUM_OFFSET)


def _sections(
    survey: Survey, node: Node, area: Area, place: int, count: int
) -> list[PeSectionHeader]:
    found: list[PeSectionHeader] = []
    files, memory = [], []
    for index in range(count):
        if place + (index + 1) * PeSectionHeader.size > area.size:
            node.complain(f"{count}, but only {index} headers are there", "coff.sections")
            break
        name = f"sections[{index}]"
        child = survey.try_record(
            node, name, PeSectionHeader, area, place + index * PeSectionHeader.size
        )
        if child is None:
            break
        section: PeSectionHeader = child.value
        child.label = str(section.name)
        found.append(section)
        if section.raw_size:
            files.append((section.raw_offset, section.raw_offset + section.raw_size, name))
            if section.raw_offset + section.raw_size > area.size:
                child.complain(f"ends at {section.raw_offset + section.raw_size:#x}, but the file "
                               f"has {area.size:#x} bytes", "raw_size")  # fmt: skip
        memory.append(
            (section.virtual_address, section.virtual_address + section.virtual_size, name)
        )
    for where, spans in (("file", files), ("memory", memory)):
        for first, second in overlaps(spans):
            node.complain(f"overlaps {first} in the {where}", second)
    return found


def _checksum(node: Node, area: Area, place: int) -> None:
    """The checksum follows from the whole file; 0 says that there is none."""

    def compute(blob: memoryview) -> int:
        return checksum(bytes(Area(blob, area.extents).view(0, area.size)), place)

    node.follows.append(Follow("image.checksum", compute))
    if (right := compute(area.blob)) != node.value.image.checksum:
        node.complain(f"{node.value.image.checksum:#x}, but the checksum of the file is "
                      f"{right:#x}", "image.checksum")  # fmt: skip


def _image(node: Node, sections: list[PeSectionHeader]) -> None:
    """What must be true of the addresses."""
    value = node.value
    image = value.image
    for name in ("section_alignment", "file_alignment"):
        step = getattr(image, name)
        if step == 0 or step & (step - 1):
            node.complain(f"{step:#x} is not a power of two", f"image.{name}")
    if value.entry and not any(
        s.virtual_address <= value.entry < s.virtual_address + max(s.virtual_size, s.raw_size)
        for s in sections
    ):
        node.complain(f"{value.entry:#x} is in no section", "entry")
    ends = [section.virtual_address + section.virtual_size for section in sections]
    if ends and max(ends) > image.image_size:
        node.complain(f"{image.image_size:#x}, but the last section ends at {max(ends):#x}",
                      "image.image_size")  # fmt: skip


def _directories(node: Node, area: Area) -> None:
    """Data directories are in the image; that of certificates is in the file alone."""
    for index, directory in enumerate(node.value.directories):
        end = directory.virtual_address + directory.length
        limit, what = node.value.image.image_size, "image"
        if index == Directory.CERTIFICATE:
            limit, what = area.size, "file"
        if directory.length and end > limit:
            node.complain(f"ends at {end:#x}, but the {what} has {limit:#x} bytes",
                          f"directories[{index}]")  # fmt: skip
