"""Multiboot 1: the header in a kernel's first 8 KiB, and what EBX points to at its entry.

Its answer in EAX is `BOOTLOADER_MAGIC`. `multiboot2` is another protocol.
"""

from __future__ import annotations

from kobjects.derive import sum_zero
from kobjects.firmware.e820 import E820Type
from kobjects.record import Record, octets, reserved_bytes, u8, u16, u32, u64
from kobjects.source import MULTIBOOT1
from kobjects.word import Word, bit, bits, reserved

HEADER_MAGIC = 0x1BADB002
BOOTLOADER_MAGIC = 0x2BADB002
SEARCH = 8192
"""The header lies wholly within so many bytes of the file's start, on a 4-byte boundary."""


class MultibootHeaderFlags(
    Word, bits=32, source=MULTIBOOT1("The magic fields of Multiboot header")
):
    """What the kernel wants. A loader must refuse one that sets a bit of 15:0 it does not know."""

    page_align: bool = bit(0, "modules on 4 KiB boundaries")
    memory_info: bool = bit(1, "mem_ fields, and the memory map if there is one")
    video_mode: bool = bit(2, "the video fields of the header are there")
    unknown: int = reserved("15:3", must=0)
    address_fields: bool = bit(16, "the address fields of the header are there, and not ELF's")
    zero_17: int = reserved("31:17", must=0)


class MultibootHeader(Record, size=12, source=MULTIBOOT1("The layout of Multiboot header")):
    """What marks a kernel."""

    magic: int = u32(must=HEADER_MAGIC)
    flags: MultibootHeaderFlags = u32("what the kernel wants")
    checksum: int = u32("makes the sum of the three zero", derive=sum_zero(12))


class MultibootHeaderLong(MultibootHeader, size=48):
    """With the fields that flags 2 and 16 announce. They lie here whether both are set or not."""

    header_addr: int = u32("physical address of this header")
    load_addr: int = u32("physical address of the first byte to load")
    load_end_addr: int = u32("after the last byte to load; 0: the file's end")
    bss_end_addr: int = u32("after the last byte to zero; 0: none")
    entry_addr: int = u32("physical address of the first instruction")
    mode_type: int = u32("0: graphics, 1: text")
    width: int = u32("columns wanted; 0: any")
    height: int = u32("lines wanted; 0: any")
    depth: int = u32("bits per pixel wanted; 0: any, or text")


class MultibootInfoFlags(Word, bits=32, source=MULTIBOOT1("Boot information format")):
    """Which fields of the information are valid."""

    memory: bool = bit(0, "mem_lower, mem_upper")
    boot_device: bool = bit(1)
    cmdline: bool = bit(2)
    mods: bool = bit(3, "mods_count, mods_addr")
    aout_symbols: bool = bit(4, "symbols are those of a.out; excludes bit 5")
    elf_sections: bool = bit(5, "symbols are ELF section headers; excludes bit 4")
    mmap: bool = bit(6, "mmap_length, mmap_addr")
    drives: bool = bit(7)
    config_table: bool = bit(8)
    boot_loader_name: bool = bit(9)
    apm_table: bool = bit(10)
    vbe: bool = bit(11)
    framebuffer: bool = bit(12)
    reserved_13: int = reserved("31:13", must=0)


class BootDevice(Word, bits=32, source=MULTIBOOT1("Boot information format")):
    """Where the kernel came from, FFh: does not apply."""

    part3: int = bits("7:0", "third level of partitions")
    part2: int = bits("15:8", "second level of partitions")
    part1: int = bits("23:16", "first level of partitions")
    drive: int = bits("31:24", "number of the BIOS")


class MultibootInfo(Record, size=116, source=MULTIBOOT1("Boot information format")):
    """What EBX points to. Addresses are physical."""

    flags: MultibootInfoFlags = u32("which fields are valid")
    mem_lower: int = u32("KiB from address 0, at most 640")
    mem_upper: int = u32("KiB from 1 MiB to the first hole")
    boot_device: BootDevice = u32("where the kernel came from")
    cmdline: int = u32("address of a text that ends in a zero byte")
    mods_count: int = u32("number of modules")
    mods_addr: int = u32("address of an array of MultibootModule")
    symbols: bytes = octets(16, "num, size, addr, shndx of ELF's, or a.out's", at=28)
    mmap_length: int = u32("bytes of the memory map")
    mmap_addr: int = u32("address of the first MultibootMmapEntry")
    drives_length: int = u32("bytes")
    drives_addr: int = u32("address of the first drive structure")
    config_table: int = u32("address of the BIOS's configuration table")
    boot_loader_name: int = u32("address of a text that ends in a zero byte")
    apm_table: int = u32("address of the APM table")
    vbe_control_info: int = u32("address", at=72)
    vbe_mode_info: int = u32("address")
    vbe_mode: int = u16()
    vbe_interface_seg: int = u16("of the protected-mode interface")
    vbe_interface_off: int = u16()
    vbe_interface_len: int = u16()
    framebuffer_addr: int = u64("address", at=88)
    framebuffer_pitch: int = u32("bytes of a line")
    framebuffer_width: int = u32("pixels, or characters")
    framebuffer_height: int = u32("pixels, or characters")
    framebuffer_bpp: int = u8("bits per pixel, or 16")
    framebuffer_type: int = u8("0: palette, 1: RGB, 2: EGA text")
    color_info: bytes = octets(6, "palette, or places of red, green and blue")


class MultibootModule(Record, size=16, source=MULTIBOOT1("Boot information format")):
    """A file that was loaded beside the kernel."""

    mod_start: int = u32("physical address of its first byte")
    mod_end: int = u32("after its last byte")
    string: int = u32("address of a text that ends in a zero byte, or 0")
    zero_12: bytes = reserved_bytes(4, must=0)


class MultibootMmapEntry(Record, size=24, source=MULTIBOOT1("Boot information format")):
    """A range of memory. The next one follows `entry_size` bytes after that field."""

    entry_size: int = u32("bytes that follow this field", default=20)
    base_addr: int = u64("physical address of the first byte")
    length: int = u64("in bytes")
    type: E820Type = u32("1: RAM; others as in E820")
