"""Multiboot 2: the header in a kernel's first 32 KiB and the information at its entry, both of them
lists of tags on 8-byte boundaries. The answer in EAX is `BOOTLOADER_MAGIC`.
"""

from __future__ import annotations

from enum import IntEnum

from kobjects.derive import sum_zero
from kobjects.firmware.e820 import E820Type
from kobjects.record import Record, padding, tail, u8, u16, u32, u64
from kobjects.source import MULTIBOOT2
from kobjects.text import Ascii
from kobjects.word import Word, bit, reserved

HEADER_MAGIC = 0xE85250D6
BOOTLOADER_MAGIC = 0x36D76289
SEARCH = 32768
"""The header lies wholly within so many bytes of the file's start, on an 8-byte boundary."""


class Architecture(IntEnum):
    """What the kernel runs on."""

    I386 = 0
    MIPS32 = 4


class HeaderTagType(IntEnum):
    """What a tag of the header asks for."""

    END = 0
    INFORMATION_REQUEST = 1
    ADDRESS = 2
    ENTRY_ADDRESS = 3
    CONSOLE_FLAGS = 4
    FRAMEBUFFER = 5
    MODULE_ALIGN = 6
    EFI_BOOT_SERVICES = 7
    ENTRY_ADDRESS_EFI32 = 8
    ENTRY_ADDRESS_EFI64 = 9
    RELOCATABLE = 10


class HeaderTagFlags(Word, bits=16, source=MULTIBOOT2("General tag structure")):
    """How much a tag matters."""

    optional: bool = bit(0, "a loader that can't do it may go on")
    zero_1: int = reserved("15:1", must=0)


class HeaderTag(
    Record, least=8, length="size", by="type", source=MULTIBOOT2("General tag structure")
):
    """A tag of the header."""

    type: HeaderTagType = u16("what it asks for")
    flags: HeaderTagFlags = u16("how much it matters")
    size: int = u32("bytes of the tag, without padding")
    payload: bytes = tail()
    padding: bytes = padding(8)


class HeaderEndTag(HeaderTag, tag=HeaderTagType.END, least=8):
    """The last tag."""


class InformationRequestTag(
    HeaderTag,
    tag=HeaderTagType.INFORMATION_REQUEST,
    least=8,
    source=MULTIBOOT2("Multiboot2 information request"),
):
    """Which information the kernel needs."""

    requests: tuple[int, ...] = tail("types of InfoTag", of="u32")


class AddressTag(
    HeaderTag,
    tag=HeaderTagType.ADDRESS,
    least=24,
    source=MULTIBOOT2("The address tag of Multiboot2 header"),
):
    """Where to load a kernel that is no ELF file."""

    header_addr: int = u32("physical address of the header")
    load_addr: int = u32("physical address of the first byte; all ones: the file's start")
    load_end_addr: int = u32("after the last byte; 0: the file's end")
    bss_end_addr: int = u32("after the last byte to zero; 0: none")


class EntryAddressTag(
    HeaderTag,
    tag=HeaderTagType.ENTRY_ADDRESS,
    least=12,
    source=MULTIBOOT2("The entry address tag of Multiboot2 header"),
):
    """Where to enter the kernel."""

    entry_addr: int = u32("physical address of the first instruction")


class ConsoleFlags(Word, bits=32, source=MULTIBOOT2("The console header tag of Multiboot2 header")):
    """What the kernel can show text on."""

    required: bool = bit(0, "there must be one of those that it supports")
    ega_text: bool = bit(1, "EGA text mode")
    zero_2: int = reserved("31:2", must=0)


class ConsoleFlagsTag(
    HeaderTag,
    tag=HeaderTagType.CONSOLE_FLAGS,
    least=12,
    source=MULTIBOOT2("The console header tag of Multiboot2 header"),
):
    """Which consoles the kernel can use."""

    console_flags: ConsoleFlags = u32("what the kernel can show text on")


class FramebufferTag(
    HeaderTag,
    tag=HeaderTagType.FRAMEBUFFER,
    least=20,
    source=MULTIBOOT2("The framebuffer tag of Multiboot2 header"),
):
    """What screen the kernel prefers."""

    width: int = u32("columns; 0: any")
    height: int = u32("lines; 0: any")
    depth: int = u32("bits per pixel; 0: any, or text")


class Multiboot2Header(
    Record,
    least=16,
    length="header_length",
    source=MULTIBOOT2("The layout of Multiboot2 header"),
):
    """What marks a kernel."""

    magic: int = u32(must=HEADER_MAGIC)
    architecture: Architecture = u32("what the kernel runs on")
    header_length: int = u32("bytes of the header, its tags among them")
    checksum: int = u32("makes the sum of these four zero", derive=sum_zero(16))
    tags: tuple[HeaderTag, ...] = tail(of=HeaderTag)


class InfoTagType(IntEnum):
    """What a tag of the information tells."""

    END = 0
    CMDLINE = 1
    BOOT_LOADER_NAME = 2
    MODULE = 3
    BASIC_MEMINFO = 4
    BOOTDEV = 5
    MMAP = 6
    VBE = 7
    FRAMEBUFFER = 8
    ELF_SECTIONS = 9
    APM = 10
    EFI32 = 11
    EFI64 = 12
    SMBIOS = 13
    ACPI_OLD = 14
    ACPI_NEW = 15
    NETWORK = 16
    EFI_MMAP = 17
    EFI_BS = 18
    EFI32_IH = 19
    EFI64_IH = 20
    LOAD_BASE_ADDR = 21


class InfoTag(Record, least=8, length="size", by="type", source=MULTIBOOT2("Basic tags structure")):
    """A tag of the information."""

    type: InfoTagType = u32("what it tells")
    size: int = u32("bytes of the tag, without padding")
    payload: bytes = tail()
    padding: bytes = padding(8)


class InfoEndTag(InfoTag, tag=InfoTagType.END, least=8):
    """The last tag."""


class CommandLineTag(
    InfoTag, tag=InfoTagType.CMDLINE, least=8, source=MULTIBOOT2("Boot command line")
):
    """What the user said."""

    string: Ascii = tail("ends in a zero byte")


class BootLoaderNameTag(
    InfoTag, tag=InfoTagType.BOOT_LOADER_NAME, least=8, source=MULTIBOOT2("Boot loader name")
):
    """Who loaded the kernel."""

    string: Ascii = tail("ends in a zero byte")


class ModuleTag(InfoTag, tag=InfoTagType.MODULE, least=16, source=MULTIBOOT2("Modules")):
    """A file that was loaded beside the kernel."""

    mod_start: int = u32("physical address of its first byte")
    mod_end: int = u32("after its last byte")
    string: Ascii = tail("ends in a zero byte")


class BasicMeminfoTag(
    InfoTag,
    tag=InfoTagType.BASIC_MEMINFO,
    least=16,
    source=MULTIBOOT2("Basic memory information"),
):
    """How much memory there is, roughly."""

    mem_lower: int = u32("KiB from address 0")
    mem_upper: int = u32("KiB from 1 MiB to the first hole")


class Multiboot2MmapEntry(Record, size=24, source=MULTIBOOT2("Memory map")):
    """A range of memory."""

    base_addr: int = u64("physical address of the first byte")
    length: int = u64("in bytes")
    type: E820Type = u32("what it is; treat an unknown type as RESERVED")
    zero: int = u32("ignored")


class MmapTag(InfoTag, tag=InfoTagType.MMAP, least=16, source=MULTIBOOT2("Memory map")):
    """All memory."""

    entry_size: int = u32("bytes of an entry", default=24)
    entry_version: int = u32(must=0)
    entries: tuple[Multiboot2MmapEntry, ...] = tail(of=Multiboot2MmapEntry)


class FramebufferInfoTag(
    InfoTag, tag=InfoTagType.FRAMEBUFFER, least=32, source=MULTIBOOT2("Framebuffer info")
):
    """What screen there is."""

    addr: int = u64("physical address")
    pitch: int = u32("bytes of a line")
    width: int = u32("pixels, or characters")
    height: int = u32("pixels, or characters")
    bpp: int = u8("bits per pixel, or 16")
    framebuffer_type: int = u8("0: palette, 1: RGB, 2: EGA text")
    reserved_30: int = u16("two bytes, as loaders write them")
    color_info: bytes = tail("palette, or places of red, green and blue")


class Multiboot2Info(
    Record,
    least=8,
    length="total_size",
    source=MULTIBOOT2("Basic tags structure"),
):
    """What EBX points to."""

    total_size: int = u32("bytes of all of it")
    zero_4: int = u32(must=0)
    tags: tuple[InfoTag, ...] = tail(of=InfoTag)
