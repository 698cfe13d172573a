"""ELF files of 32 and 64 bits: segments, sections by name, notes, Multiboot headers."""

from __future__ import annotations

from typing import Any, NamedTuple

from kobjects.firmware.elf import (
    ELF_MAGIC,
    Elf64Header,
    Elf64ProgramHeader,
    Elf64SectionHeader,
    ElfClass,
    ElfData,
    ElfIdentification,
    SectionType,
    SegmentType,
)
from kobjects.firmware.elf32 import Elf32Header, Elf32ProgramHeader, Elf32SectionHeader
from kobjects.firmware.elfnote import ElfNote
from kobjects.formats import loader
from kobjects.formats.area import Area
from kobjects.formats.names import text_at
from kobjects.formats.node import Node, Survey

LARGEST_NAMES = 1 << 20
"""Bytes of a table of names that are read."""

LARGEST_NOTES = 1 << 16


class _Kind(NamedTuple):
    header: Any
    segment: Any
    section: Any
    bits: int


_KINDS = {
    ElfClass.ELFCLASS32: _Kind(Elf32Header, Elf32ProgramHeader, Elf32SectionHeader, 32),
    ElfClass.ELFCLASS64: _Kind(Elf64Header, Elf64ProgramHeader, Elf64SectionHeader, 64),
}


def recognise(survey: Survey, area: Area) -> Node | None:
    """A file that begins with ELF's magic number."""
    if area.size < ElfIdentification.size or area.read(0, 4) != ELF_MAGIC:
        return None
    identification = ElfIdentification.parse(area.view(0, ElfIdentification.size))
    kind = _KINDS.get(identification.ei_class)
    if kind is None or identification.ei_data is not ElfData.ELFDATA2LSB:
        node = survey.node("elf", "ELF file of another kind", area)
        survey.try_record(node, "e_ident", ElfIdentification, area, 0)
        return node
    node = survey.node("elf", f"ELF file of {kind.bits} bits", area)
    with survey.bounded(node):
        header = survey.try_record(node, "header", kind.header, area, 0)
        if header is not None:
            node.label = f"{header.value.e_type.name} {header.value.e_machine.name}"
            _segments(survey, node, area, kind, header.value)
            _sections(survey, node, area, kind, header.value)
            node.children += loader.headers(survey, area)
    return node


def _table(
    survey: Survey,
    node: Node,
    area: Area,
    schema: Any,
    name: str,
    start: int,
    count: int,
    step: int,
) -> list[Node]:
    """The entries of a table, as many as are there."""
    if count and step != schema.size:
        node.complain(f"{step} bytes of an entry, but it has {schema.size}", name)
        return []
    found: list[Node] = []
    for index in range(count):
        if start + (index + 1) * step > area.size:
            node.complain(f"{count}, but only {index} are there", name)
            break
        child = survey.try_record(node, f"{name}[{index}]", schema, area, start + index * step)
        if child is not None:
            found.append(child)
    return found


def _segments(survey: Survey, node: Node, area: Area, kind: _Kind, header: Any) -> None:
    table = _table(survey, node, area, kind.segment, "segments", header.e_phoff, header.e_phnum,
                   header.e_phentsize)  # fmt: skip
    for child in table:
        segment = child.value
        child.label = segment.p_type.name
        if segment.p_offset + segment.p_filesz > area.size:
            child.complain(f"ends at {segment.p_offset + segment.p_filesz:#x}, but the file has "
                           f"{area.size:#x} bytes", "p_filesz")  # fmt: skip
        if segment.p_filesz > segment.p_memsz and segment.p_type is SegmentType.PT_LOAD:
            child.complain(f"{segment.p_filesz:#x}, more than p_memsz, {segment.p_memsz:#x}",
                           "p_filesz")  # fmt: skip
        if segment.p_type is SegmentType.PT_NOTE and segment.p_align in (0, 1, 4):
            _notes(survey, child, area.part(segment.p_offset, segment.p_filesz))


def _sections(survey: Survey, node: Node, area: Area, kind: _Kind, header: Any) -> None:
    table = _table(survey, node, area, kind.section, "sections", header.e_shoff, header.e_shnum,
                   header.e_shentsize)  # fmt: skip
    names = b""
    if 0 < header.e_shstrndx < len(table):
        strings = table[header.e_shstrndx].value
        size = min(strings.sh_size, LARGEST_NAMES)
        survey.spend(size)
        names = area.read(strings.sh_offset, size)
    elif header.e_shstrndx and table:
        node.complain(f"{header.e_shstrndx}, but there are {len(table)} sections",
                      "header.e_shstrndx")  # fmt: skip
    for child in table:
        section = child.value
        child.label = text_at(names, section.sh_name)
        if section.sh_type not in (SectionType.SHT_NOBITS, SectionType.SHT_NULL):
            end = section.sh_offset + section.sh_size
            if end > area.size:
                child.complain(f"ends at {end:#x}, but the file has {area.size:#x} bytes",
                               "sh_size")  # fmt: skip
        if section.sh_link and section.sh_link >= len(table):
            child.complain(f"{section.sh_link}, but there are {len(table)} sections", "sh_link")


def _notes(survey: Survey, node: Node, area: Area) -> None:
    place, limit = 0, min(area.size, LARGEST_NOTES)
    while place < limit:
        index = len(node.children)
        child = survey.try_record(node, f"notes[{index}]", ElfNote, area, place)
        if child is None:
            return
        child.label = str(child.value.owner)
        place += child.size
