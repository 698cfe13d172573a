"""PE/COFF, the format of EFI applications: MZ, COFF and optional headers, sections, directories."""

from __future__ import annotations

from enum import IntEnum

from kobjects.record import Record, array, nested, octets, reserved_bytes, tail, u8, u16, u32, u64
from kobjects.source import PE
from kobjects.text import Ascii
from kobjects.word import Word, bit, bits, reserved

DOS_MAGIC = b"MZ"
PE_SIGNATURE = b"PE\0\0"
PE32 = 0x10B
PE32_PLUS = 0x20B

CHECKSUM_OFFSET = 64
"""Of the checksum in either optional header."""


class PeMachine(IntEnum):
    """Processors."""

    UNKNOWN_MACHINE = 0
    I386 = 0x014C
    ARMNT = 0x01C4
    IA64 = 0x0200
    RISCV64 = 0x5064
    AMD64 = 0x8664
    ARM64 = 0xAA64


class Subsystem(IntEnum):
    """What runs the image."""

    UNKNOWN_SUBSYSTEM = 0
    NATIVE = 1
    WINDOWS_GUI = 2
    WINDOWS_CUI = 3
    POSIX_CUI = 7
    WINDOWS_CE_GUI = 9
    EFI_APPLICATION = 10
    EFI_BOOT_SERVICE_DRIVER = 11
    EFI_RUNTIME_DRIVER = 12
    EFI_ROM = 13
    XBOX = 14
    WINDOWS_BOOT_APPLICATION = 16


class Directory(IntEnum):
    """Number of a data directory."""

    EXPORT = 0
    IMPORT = 1
    RESOURCE = 2
    EXCEPTION = 3
    CERTIFICATE = 4
    BASE_RELOCATION = 5
    DEBUG = 6
    ARCHITECTURE = 7
    GLOBAL_POINTER = 8
    TLS = 9
    LOAD_CONFIG = 10
    BOUND_IMPORT = 11
    IMPORT_ADDRESS = 12
    DELAY_IMPORT = 13
    CLR = 14
    RESERVED = 15


class DosHeader(Record, size=64, source=PE("MS-DOS Stub (Image Only)")):
    """The start of the file. All but the first and the last field are for MS-DOS."""

    e_magic: bytes = octets(2, must=DOS_MAGIC)
    e_cblp: int = u16("bytes of the last page")
    e_cp: int = u16("pages of 512 bytes")
    e_crlc: int = u16("number of relocations")
    e_cparhdr: int = u16("paragraphs of 16 bytes of the header", default=4)
    e_minalloc: int = u16("paragraphs of memory needed beside")
    e_maxalloc: int = u16("paragraphs of memory wanted beside")
    e_ss: int = u16("stack segment, relative")
    e_sp: int = u16("stack pointer")
    e_csum: int = u16("checksum")
    e_ip: int = u16("entry")
    e_cs: int = u16("code segment, relative")
    e_lfarlc: int = u16("offset of the relocations", default=64)
    e_ovno: int = u16("overlay")
    e_res: bytes = reserved_bytes(8)
    e_oemid: int = u16()
    e_oeminfo: int = u16()
    e_res2: bytes = reserved_bytes(20)
    e_lfanew: int = u32("offset of the PE signature", at=0x3C, default=64)


class Characteristics(Word, bits=16, source=PE("Characteristics")):
    """What kind of file it is."""

    relocs_stripped: bool = bit(0, "has to be loaded where it asks to be")
    executable_image: bool = bit(1, "can be run")
    line_nums_stripped: bool = bit(2, "(deprecated)")
    local_syms_stripped: bool = bit(3, "(deprecated)")
    aggressive_ws_trim: bool = bit(4, "(obsolete)")
    large_address_aware: bool = bit(5, "can handle addresses beyond 2 GiB")
    reserved_6: int = reserved(6, must=0)
    bytes_reversed_lo: bool = bit(7, "(deprecated)")
    machine_32bit: bool = bit(8, "for a 32-bit machine")
    debug_stripped: bool = bit(9, "debugging information is elsewhere")
    removable_run_from_swap: bool = bit(10)
    net_run_from_swap: bool = bit(11)
    system: bool = bit(12, "a system file")
    dll: bool = bit(13)
    up_system_only: bool = bit(14, "for one processor only")
    bytes_reversed_hi: bool = bit(15, "(deprecated)")


class CoffHeader(Record, size=20, source=PE("COFF File Header (Object and Image)")):
    """What follows the signature, or begins an object file."""

    machine: PeMachine = u16("processor", default=PeMachine.AMD64)
    sections: int = u16("number of section headers")
    timestamp: int = u32("seconds since 1970")
    symbol_table: int = u32("file offset of the symbols; 0: none")
    symbols: int = u32("number of symbols")
    optional_size: int = u16("bytes of the optional header, its directories among them")
    characteristics: Characteristics = u16("what kind of file it is")


class DllCharacteristics(Word, bits=16, source=PE("DLL Characteristics")):
    """How the image may be loaded."""

    zero_0: int = reserved("4:0", must=0)
    high_entropy_va: bool = bit(5, "anywhere in 64 bits")
    dynamic_base: bool = bit(6, "can be relocated")
    force_integrity: bool = bit(7, "signatures are checked")
    nx_compatible: bool = bit(8, "runs where data is not executable")
    no_isolation: bool = bit(9)
    no_seh: bool = bit(10)
    no_bind: bool = bit(11)
    app_container: bool = bit(12)
    wdm_driver: bool = bit(13)
    guard_cf: bool = bit(14)
    terminal_server_aware: bool = bit(15)


class DataDirectory(Record, size=8, source=PE("Optional Header Data Directories (Image Only)")):
    """Where a table is. Of the certificates the address is a file offset."""

    virtual_address: int = u32("relative to the image base; 0: none")
    length: int = u32("in bytes")


class StandardFields(Record, source=PE("Optional Header Standard Fields (Image Only)")):
    """What both optional headers begin with."""

    magic: int = u16("10Bh: PE32, 20Bh: PE32+")
    linker_major: int = u8()
    linker_minor: int = u8()
    code_size: int = u32("bytes of all code sections")
    initialized_size: int = u32("bytes of all sections with data")
    uninitialized_size: int = u32("bytes of all sections of zeros")
    entry: int = u32("address of the first instruction, relative to the image base")
    code_base: int = u32("address of the code, relative to the image base")


class ImageFields(
    Record, size=40, source=PE("Optional Header Windows-Specific Fields (Image Only)")
):
    """The middle part of both optional headers."""

    section_alignment: int = u32("of sections in memory", default=4096)
    file_alignment: int = u32("of sections in the file", default=512)
    os_major: int = u16()
    os_minor: int = u16()
    image_major: int = u16()
    image_minor: int = u16()
    subsystem_major: int = u16()
    subsystem_minor: int = u16()
    win32_version: int = u32(must=0)
    image_size: int = u32("bytes in memory, a multiple of section_alignment")
    headers_size: int = u32("bytes of all headers, a multiple of file_alignment")
    checksum: int = u32("of the file, see `checksum`; 0: not checked")
    subsystem: Subsystem = u16("what runs it", default=Subsystem.EFI_APPLICATION)
    dll_characteristics: DllCharacteristics = u16("how it may be loaded")


class OptionalHeader32(StandardFields, least=96, source=PE("Optional Header (Image Only)")):
    """PE32: 32-bit images."""

    data_base: int = u32("address of the data, relative to the image base", at=24)
    image_base: int = u32("preferred address, a multiple of 64 KiB", default=0x400000)
    image: ImageFields = nested("how to load it")
    stack_reserve: int = u32("bytes of address space")
    stack_commit: int = u32("bytes of memory")
    heap_reserve: int = u32("bytes of address space")
    heap_commit: int = u32("bytes of memory")
    loader_flags: int = u32(must=0)
    directory_count: int = u32("data directories that follow")
    directories: tuple[DataDirectory, ...] = array(DataDirectory, "directory_count")


class OptionalHeader64(StandardFields, least=112, source=PE("Optional Header (Image Only)")):
    """PE32+: 64-bit images."""

    image_base: int = u64("preferred address, a multiple of 64 KiB", at=24, default=0x400000)
    image: ImageFields = nested("how to load it")
    stack_reserve: int = u64("bytes of address space")
    stack_commit: int = u64("bytes of memory")
    heap_reserve: int = u64("bytes of address space")
    heap_commit: int = u64("bytes of memory")
    loader_flags: int = u32(must=0)
    directory_count: int = u32("data directories that follow")
    directories: tuple[DataDirectory, ...] = array(DataDirectory, "directory_count")


class SectionCharacteristics(Word, bits=32, source=PE("Section Flags")):
    """What a section holds and what may be done with it."""

    reserved_0: int = reserved("2:0", must=0)
    no_pad: bool = bit(3, "(obsolete)")
    reserved_4: int = reserved("4", must=0)
    code: bool = bit(5)
    initialized_data: bool = bit(6)
    uninitialized_data: bool = bit(7)
    link_other: int = reserved("8", must=0)
    link_info: bool = bit(9, "comments; of objects only")
    reserved_10: int = reserved("10", must=0)
    link_remove: bool = bit(11, "not in the image; of objects only")
    link_comdat: bool = bit(12, "one of several; of objects only")
    reserved_13: int = reserved("14:13", must=0)
    gprel: bool = bit(15, "addressed by the global pointer")
    reserved_16: int = reserved("19:16", must=None)
    alignment: int = bits("23:20", "of objects: 2 to the power of this less 1; 0: default")
    relocation_overflow: bool = bit(24, "more relocations than their count can say")
    discardable: bool = bit(25)
    not_cached: bool = bit(26)
    not_paged: bool = bit(27)
    shared: bool = bit(28)
    execute: bool = bit(29)
    read: bool = bit(30)
    write: bool = bit(31)


class PeSectionHeader(Record, size=40, source=PE("Section Table (Section Headers)")):
    """A section: where it lies in the file and in memory."""

    name: Ascii = octets(8, "/digits: at that offset of the string table; of objects only")
    virtual_size: int = u32("bytes in memory; what the file lacks of them is zero")
    virtual_address: int = u32("relative to the image base")
    raw_size: int = u32("bytes in the file, a multiple of file_alignment")
    raw_offset: int = u32("in the file, a multiple of file_alignment; 0: none")
    relocations_offset: int = u32("of objects only")
    line_numbers_offset: int = u32("(deprecated)")
    relocations: int = u16("number; of objects only")
    line_numbers: int = u16("(deprecated)")
    characteristics: SectionCharacteristics = u32("what it holds, what may be done with it")


class BaseRelocation(Word, bits=16, source=PE("Base Relocation Types")):
    """One place."""

    offset: int = bits("11:0", "in the page")
    type: int = bits("15:12", "0: padding, 3: 32 bits, 10: 64 bits")


class BaseRelocationBlock(Record, least=8, length="length", source=PE("Base Relocation Block")):
    """The places of one page that change with the image base."""

    page: int = u32("address of the page, relative to the image base")
    length: int = u32("bytes of this block")
    entries: tuple[BaseRelocation, ...] = tail(of=BaseRelocation)


class CertificateType(IntEnum):
    """What a certificate's bytes are."""

    X509 = 1
    PKCS_SIGNED_DATA = 2


class WinCertificate(Record, size=8, source=PE("The Attribute Certificate Table (Image Only)")):
    """What an entry of the table of certificates begins with; entries are aligned to 8 bytes."""

    length: int = u32("bytes of the entry, this header among them")
    revision: int = u16("of the header: 2.0", default=0x0200)
    type: CertificateType = u16("what follows", default=CertificateType.PKCS_SIGNED_DATA)


def checksum(image: bytes, offset: int) -> int:
    """The checksum of a file whose checksum field, at `offset`, counts as zero."""
    data = bytearray(image)
    data[offset : offset + 4] = bytes(4)
    # The carries of a sum of 16-bit words are added to it again, which is to count modulo 65535.
    number = int.from_bytes(data, "little")
    return (number % 0xFFFF or (0xFFFF if number else 0)) + len(image)
