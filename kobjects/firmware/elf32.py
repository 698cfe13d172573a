"""32-bit ELF, little-endian. Fields have the names of the ABI's Elf32_ structures; the enumerations
are those of `elf`.
"""

from __future__ import annotations

from kobjects.firmware.elf import (
    ElfClass,
    ElfIdentification,
    ElfMachine,
    ElfType,
    SectionType,
    SegmentFlags,
    SegmentType,
    SymbolInfo,
    SymbolOther,
)
from kobjects.record import Record, nested, u8, u16, u32
from kobjects.source import ELF
from kobjects.word import Word, bit, bits, reserved


class Elf32Header(Record, size=52, source=ELF("ELF Header")):
    """The start of the file."""

    e_ident: ElfIdentification = nested(
        "how to read the rest", default=ElfIdentification(ei_class=ElfClass.ELFCLASS32)
    )
    e_type: ElfType = u16("what the file is for", at=16)
    e_machine: ElfMachine = u16("processor", default=ElfMachine.EM_386)
    e_version: int = u32("of the format", default=1)
    e_entry: int = u32("virtual address of the first instruction; 0: none")
    e_phoff: int = u32("offset of the program headers in the file; 0: none")
    e_shoff: int = u32("offset of the section headers in the file; 0: none")
    e_flags: int = u32("of the processor")
    e_ehsize: int = u16("bytes of this header", default=52)
    e_phentsize: int = u16("bytes of a program header", default=32)
    e_phnum: int = u16("number of program headers")
    e_shentsize: int = u16("bytes of a section header", default=40)
    e_shnum: int = u16("number of section headers")
    e_shstrndx: int = u16("number of the section with the sections' names; 0: none")


class Elf32ProgramHeader(Record, size=32, source=ELF("Program Header")):
    """A segment: what to load, and where."""

    p_type: SegmentType = u32("what it describes")
    p_offset: int = u32("of the segment in the file")
    p_vaddr: int = u32("virtual address")
    p_paddr: int = u32("physical address, for loaders that care")
    p_filesz: int = u32("bytes in the file")
    p_memsz: int = u32("bytes in memory; those past p_filesz are zero")
    p_flags: SegmentFlags = u32("permissions")
    p_align: int = u32("p_vaddr and p_offset agree modulo this power of two; 0 or 1: any")


class SectionFlags32(Word, bits=32, source=ELF("Section Attribute Flags")):
    """SHF_WRITE and so on."""

    write: bool = bit(0, "SHF_WRITE")
    alloc: bool = bit(1, "SHF_ALLOC: has memory when the program runs")
    execinstr: bool = bit(2, "SHF_EXECINSTR")
    zero_3: int = reserved("3", must=0)
    merge: bool = bit(4, "SHF_MERGE")
    strings: bool = bit(5, "SHF_STRINGS")
    info_link: bool = bit(6, "SHF_INFO_LINK: sh_info is a section's number")
    link_order: bool = bit(7, "SHF_LINK_ORDER")
    os_nonconforming: bool = bit(8, "SHF_OS_NONCONFORMING")
    group: bool = bit(9, "SHF_GROUP")
    tls: bool = bit(10, "SHF_TLS")
    compressed: bool = bit(11, "SHF_COMPRESSED")
    zero_12: int = reserved("19:12", must=0)
    os: int = bits("27:20", "SHF_MASKOS")
    processor: int = bits("31:28", "SHF_MASKPROC")


class Elf32SectionHeader(Record, size=40, source=ELF("Sections")):
    """A section: what linkers and debuggers look at."""

    sh_name: int = u32("offset of the name in the section of names")
    sh_type: SectionType = u32("what it holds")
    sh_flags: SectionFlags32 = u32("attributes")
    sh_addr: int = u32("virtual address; 0: none")
    sh_offset: int = u32("of the section in the file")
    sh_size: int = u32("in bytes")
    sh_link: int = u32("number of a related section: for a symbol table its strings")
    sh_info: int = u32("for a symbol table, the number of its first symbol that is not local")
    sh_addralign: int = u32("alignment of sh_addr; 0 or 1: any")
    sh_entsize: int = u32("bytes of an entry, for tables")


class Elf32Symbol(Record, size=16, source=ELF("Symbol Table")):
    """A symbol. The first of a table is all zero."""

    st_name: int = u32("offset of the name in the table's section of strings")
    st_value: int = u32("its address")
    st_size: int = u32("of what it names, in bytes; 0: none, or unknown")
    st_info: SymbolInfo = u8("type and binding")
    st_other: SymbolOther = u8("visibility")
    st_shndx: int = u16("number of the section that it belongs to, or SHN_UNDEF or SHN_ABS")
