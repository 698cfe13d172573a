"""The names in an ELF file, for debuggers and for who explains a fault. A program needs none."""

from __future__ import annotations

from collections.abc import Iterator

from kobjects.errors import ParseError
from kobjects.firmware.elf import (
    Elf64Header,
    Elf64SectionHeader,
    Elf64Symbol,
    SectionType,
    SymbolType,
)
from stages.model import Label

NAMED = (SymbolType.STT_NOTYPE, SymbolType.STT_OBJECT, SymbolType.STT_FUNC)


def symbols(data: bytes, header: Elf64Header) -> tuple[Label, ...]:
    """The labels of the file's symbol table by address; none when it is stripped or damaged."""
    try:
        return tuple(sorted(_symbols(data, header)))
    except (ParseError, UnicodeDecodeError):
        return ()


def _symbols(data: bytes, header: Elf64Header) -> Iterator[Label]:
    sections = Elf64SectionHeader[header.e_shnum].parse(data[header.e_shoff :])
    for section in sections:
        if section.sh_type != SectionType.SHT_SYMTAB or section.sh_link >= len(sections):
            continue
        strings = sections[section.sh_link]
        names = data[strings.sh_offset : strings.sh_offset + strings.sh_size]
        count = section.sh_size // Elf64Symbol.size
        for symbol in Elf64Symbol[count].parse(data[section.sh_offset :]):
            name = names[symbol.st_name :].partition(b"\0")[0].decode("utf-8")
            if name and symbol.st_shndx and symbol.st_info.type in NAMED:
                yield Label(symbol.st_value, symbol.st_size, name, symbol.st_info.type)
