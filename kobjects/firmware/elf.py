"""64-bit ELF, little-endian. Fields have the names of the ABI's Elf64_ structures."""

from __future__ import annotations

from enum import IntEnum

from kobjects.record import Record, nested, octets, reserved_bytes, u8, u16, u32, u64
from kobjects.source import ELF
from kobjects.word import Word, bit, bits, reserved

ELF_MAGIC = b"\x7fELF"

SHN_UNDEF = 0
SHN_ABS = 0xFFF1
"""Section numbers that are none: an undefined symbol's, and that of an absolute value."""


class ElfClass(IntEnum):
    """Width of addresses."""

    ELFCLASS32 = 1
    ELFCLASS64 = 2


class ElfData(IntEnum):
    """Byte order."""

    ELFDATA2LSB = 1
    ELFDATA2MSB = 2


class ElfType(IntEnum):
    """What the file is for."""

    ET_NONE = 0
    ET_REL = 1
    ET_EXEC = 2
    ET_DYN = 3
    ET_CORE = 4


class ElfMachine(IntEnum):
    """Processors; those that a kernel of this architecture meets."""

    EM_NONE = 0
    EM_386 = 3
    EM_X86_64 = 62


class SegmentType(IntEnum):
    """What a program header describes."""

    PT_NULL = 0
    PT_LOAD = 1
    PT_DYNAMIC = 2
    PT_INTERP = 3
    PT_NOTE = 4
    PT_PHDR = 6
    PT_TLS = 7
    PT_GNU_EH_FRAME = 0x6474E550
    PT_GNU_STACK = 0x6474E551
    PT_GNU_RELRO = 0x6474E552
    PT_GNU_PROPERTY = 0x6474E553


class SectionType(IntEnum):
    """What a section holds."""

    SHT_NULL = 0
    SHT_PROGBITS = 1
    SHT_SYMTAB = 2
    SHT_STRTAB = 3
    SHT_RELA = 4
    SHT_HASH = 5
    SHT_DYNAMIC = 6
    SHT_NOTE = 7
    SHT_NOBITS = 8
    SHT_REL = 9
    SHT_DYNSYM = 11
    SHT_INIT_ARRAY = 14
    SHT_FINI_ARRAY = 15
    SHT_PREINIT_ARRAY = 16
    SHT_GROUP = 17
    SHT_SYMTAB_SHNDX = 18
    SHT_GNU_HASH = 0x6FFFFFF6
    SHT_GNU_VERDEF = 0x6FFFFFFD
    SHT_GNU_VERNEED = 0x6FFFFFFE
    SHT_GNU_VERSYM = 0x6FFFFFFF


class SymbolBinding(IntEnum):
    """Who sees a symbol."""

    STB_LOCAL = 0
    STB_GLOBAL = 1
    STB_WEAK = 2


class SymbolType(IntEnum):
    """What a symbol names."""

    STT_NOTYPE = 0
    STT_OBJECT = 1
    STT_FUNC = 2
    STT_SECTION = 3
    STT_FILE = 4
    STT_COMMON = 5
    STT_TLS = 6


class SymbolVisibility(IntEnum):
    """Who sees a symbol across components."""

    STV_DEFAULT = 0
    STV_INTERNAL = 1
    STV_HIDDEN = 2
    STV_PROTECTED = 3


class ElfIdentification(Record, size=16, source=ELF("ELF Identification")):
    """How to read the rest of the file."""

    magic: bytes = octets(4, "7Fh and ELF", must=ELF_MAGIC)
    ei_class: ElfClass = u8("width of addresses", default=ElfClass.ELFCLASS64)
    ei_data: ElfData = u8("byte order", default=ElfData.ELFDATA2LSB)
    ei_version: int = u8("of the header", default=1)
    ei_osabi: int = u8("0: no extensions")
    ei_abiversion: int = u8("meaning depends on ei_osabi")
    padding: bytes = reserved_bytes(7, must=0)


class Elf64Header(Record, size=64, source=ELF("ELF Header")):
    """The start of the file."""

    e_ident: ElfIdentification = nested("how to read the rest")
    e_type: ElfType = u16("what the file is for", at=16)
    e_machine: ElfMachine = u16("processor", default=ElfMachine.EM_X86_64)
    e_version: int = u32("of the format", default=1)
    e_entry: int = u64("virtual address of the first instruction; 0: none")
    e_phoff: int = u64("offset of the program headers in the file; 0: none")
    e_shoff: int = u64("offset of the section headers in the file; 0: none")
    e_flags: int = u32("of the processor; x86-64 has none")
    e_ehsize: int = u16("bytes of this header", default=64)
    e_phentsize: int = u16("bytes of a program header", default=56)
    e_phnum: int = u16("number of program headers")
    e_shentsize: int = u16("bytes of a section header", default=64)
    e_shnum: int = u16("number of section headers")
    e_shstrndx: int = u16("number of the section with the sections' names; 0: none")


class SegmentFlags(Word, bits=32, source=ELF("Segment Permissions")):
    """PF_X, PF_W, PF_R."""

    execute: bool = bit(0, "PF_X")
    write: bool = bit(1, "PF_W")
    read: bool = bit(2, "PF_R")
    zero_3: int = reserved("19:3", must=0)
    os: int = bits("27:20", "PF_MASKOS")
    processor: int = bits("31:28", "PF_MASKPROC")


class Elf64ProgramHeader(Record, size=56, source=ELF("Program Header")):
    """A segment: what to load, and where."""

    p_type: SegmentType = u32("what it describes")
    p_flags: SegmentFlags = u32("permissions")
    p_offset: int = u64("of the segment in the file")
    p_vaddr: int = u64("virtual address")
    p_paddr: int = u64("physical address, for loaders that care")
    p_filesz: int = u64("bytes in the file")
    p_memsz: int = u64("bytes in memory; those past p_filesz are zero")
    p_align: int = u64("p_vaddr and p_offset agree modulo this power of two; 0 or 1: any")


class SectionFlags(Word, bits=64, source=ELF("Section Attribute Flags")):
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
    zero_32: int = reserved("63:32", must=0)


class Elf64SectionHeader(Record, size=64, source=ELF("Sections")):
    """A section: what linkers and debuggers look at."""

    sh_name: int = u32("offset of the name in the section of names")
    sh_type: SectionType = u32("what it holds")
    sh_flags: SectionFlags = u64("attributes")
    sh_addr: int = u64("virtual address; 0: none")
    sh_offset: int = u64("of the section in the file")
    sh_size: int = u64("in bytes")
    sh_link: int = u32("number of a related section: for a symbol table its strings")
    sh_info: int = u32("for a symbol table, the number of its first symbol that is not local")
    sh_addralign: int = u64("alignment of sh_addr; 0 or 1: any")
    sh_entsize: int = u64("bytes of an entry, for tables")


class SymbolInfo(Word, bits=8, source=ELF("Symbol Table")):
    """A symbol's st_info."""

    type: SymbolType = bits("3:0", "what it names")
    binding: SymbolBinding = bits("7:4", "who sees it")


class SymbolOther(Word, bits=8, source=ELF("Symbol Table")):
    """A symbol's st_other."""

    visibility: SymbolVisibility = bits("1:0", "who sees it across components")
    zero_2: int = reserved("7:2", must=0)


class Elf64Symbol(Record, size=24, source=ELF("Symbol Table")):
    """A symbol. The first of a table is all zero."""

    st_name: int = u32("offset of the name in the table's section of strings")
    st_info: SymbolInfo = u8("type and binding")
    st_other: SymbolOther = u8("visibility")
    st_shndx: int = u16("number of the section that it belongs to, or SHN_UNDEF or SHN_ABS")
    st_value: int = u64("its address")
    st_size: int = u64("of what it names, in bytes; 0: none, or unknown")


class ElfNoteHeader(Record, size=12, source=ELF("Note Section")):
    """The start of a note; owner and description follow, each padded to 4 bytes."""

    n_namesz: int = u32("bytes of the owner's name, with its zero byte, without padding")
    n_descsz: int = u32("bytes of the description, without padding")
    n_type: int = u32("meaning depends on the owner")


def note(owner: bytes, type_: int, description: bytes) -> bytes:
    """A whole note; `owner` ends in a zero byte."""
    header = ElfNoteHeader(n_namesz=len(owner), n_descsz=len(description), n_type=type_)
    return header.build() + _padded(owner) + _padded(description)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
