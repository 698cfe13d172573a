"""Multiboot headers beside grub-file, and what a loader hands over beside QEMU's."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from kobjects.errors import ParseError
from kobjects.firmware.e820 import E820Type
from kobjects.firmware.elf import ElfMachine, ElfType, SegmentFlags, SegmentType
from kobjects.firmware.elf32 import Elf32Header, Elf32ProgramHeader
from kobjects.firmware.multiboot import (
    HEADER_MAGIC,
    MultibootHeader,
    MultibootHeaderFlags,
    MultibootHeaderLong,
)
from kobjects.firmware.multiboot2 import (
    AddressTag,
    BasicMeminfoTag,
    CommandLineTag,
    EntryAddressTag,
    FramebufferTag,
    HeaderEndTag,
    HeaderTag,
    HeaderTagFlags,
    InfoEndTag,
    InformationRequestTag,
    InfoTag,
    InfoTagType,
    MmapTag,
    ModuleTag,
    Multiboot2Header,
    Multiboot2Info,
    Multiboot2MmapEntry,
)
from kobjects.text import Ascii
from tests.kobjects.firmware.tools import attempt, run

BASE = 0x100000


def kernel(path: Path, header: bytes) -> Path:
    """A 32-bit ELF file that begins with a multiboot header."""
    start = Elf32Header.size + Elf32ProgramHeader.size
    start += -start % 8
    code = header + b"\xf4" * 16
    elf = Elf32Header(e_type=ElfType.ET_EXEC, e_machine=ElfMachine.EM_386, e_entry=BASE,
                      e_phoff=Elf32Header.size, e_phnum=1)  # fmt: skip
    segment = Elf32ProgramHeader(
        p_type=SegmentType.PT_LOAD, p_offset=start, p_vaddr=BASE, p_paddr=BASE,
        p_filesz=len(code), p_memsz=len(code), p_flags=SegmentFlags(read=True, execute=True),
    )  # fmt: skip
    path.write_bytes((elf.build() + segment.build()).ljust(start, b"\0") + code)
    return path


ONE = MultibootHeader(flags=MultibootHeaderFlags(page_align=True, memory_info=True))
TWO = Multiboot2Header(
    tags=(
        InformationRequestTag(requests=(InfoTagType.MMAP, InfoTagType.CMDLINE, 1)),
        FramebufferTag(width=1024, height=768, depth=32, flags=HeaderTagFlags(optional=True)),
        EntryAddressTag(entry_addr=BASE),
        HeaderEndTag(),
    )
)


def test_grub_recognises_forged_headers(tmp_path: Path) -> None:
    one, two = kernel(tmp_path / "one", ONE.build()), kernel(tmp_path / "two", TWO.build())
    run("grub-file", "--is-x86-multiboot", one)
    run("grub-file", "--is-x86-multiboot2", two)
    assert attempt("grub-file", "--is-x86-multiboot2", one).returncode == 1
    assert attempt("grub-file", "--is-x86-multiboot", two).returncode == 1


@pytest.mark.parametrize("broken", ["magic", "checksum"])
def test_grub_recognises_no_broken_header(tmp_path: Path, broken: str) -> None:
    one = kernel(tmp_path / "one", ONE.replace(**{broken: 1}).build())
    assert attempt("grub-file", "--is-x86-multiboot", one).returncode == 1
    two = kernel(tmp_path / "two", TWO.replace(**{broken: 1}).build())
    assert attempt("grub-file", "--is-x86-multiboot2", two).returncode == 1


def test_file_reads_a_32_bit_kernel(tmp_path: Path) -> None:
    said = run("file", kernel(tmp_path / "one", ONE.build()))
    assert "ELF 32-bit LSB executable, Intel 80386, version 1 (SYSV)" in said


def test_the_sums_are_those_of_the_manual() -> None:
    magic, flags, checksum = struct.unpack("<III", ONE.build())
    assert (magic, flags) == (HEADER_MAGIC, 3)
    assert (magic + flags + checksum) % (1 << 32) == 0
    numbers = struct.unpack_from("<IIII", TWO.build())
    assert sum(numbers) % (1 << 32) == 0
    assert TWO.header_length == len(TWO.build())
    long = MultibootHeaderLong(flags=MultibootHeaderFlags(address_fields=True), load_addr=BASE)
    assert sum(struct.unpack_from("<III", long.build())) % (1 << 32) == 0


def test_tags_lie_on_8_byte_boundaries() -> None:
    data = TWO.build()
    place = 16
    for tag in TWO.tags:
        assert place % 8 == 0
        kind, _, size = struct.unpack_from("<HHI", data, place)
        assert (kind, size) == (tag.type, tag.size)
        place += size + -size % 8
    assert place == len(data)
    assert [tag.size for tag in TWO.tags] == [20, 20, 12, 8]
    assert Multiboot2Header.parse(data) == TWO


def test_information_is_read_tag_by_tag() -> None:
    entry = Multiboot2MmapEntry(base_addr=BASE, length=1 << 20, type=E820Type.RAM)
    info = Multiboot2Info(
        tags=(
            CommandLineTag(string=Ascii("root=none\0")),
            ModuleTag(mod_start=0x200000, mod_end=0x201000, string=Ascii("initrd\0")),
            BasicMeminfoTag(mem_lower=640, mem_upper=1024),
            MmapTag(entries=(entry,)),
            InfoTag(type=InfoTagType.EFI64, payload=bytes(8)),
            InfoEndTag(),
        )
    )
    again: Any = Multiboot2Info.parse(info.build())
    assert again == info
    assert again.total_size == len(info.build())
    assert str(again.tags[0].string) == "root=none"
    assert again.tags[3].entries[0].base_addr == BASE
    assert type(again.tags[4]) is InfoTag
    assert again.check() == []


def test_an_unknown_tag_keeps_its_bytes() -> None:
    tag = struct.pack("<HHI5s3x", 99, 1, 13, b"hello")
    data = Multiboot2Header().replace(header_length=16 + len(tag)).build() + tag
    again: Any = Multiboot2Header.parse(data)
    assert type(again.tags[0]) is HeaderTag
    assert again.tags[0].payload == b"hello"
    assert again.build() == data


def test_a_tag_of_a_wrong_size_stays_what_it_says() -> None:
    data = struct.pack("<HHI4s", 2, 0, 12, b"abcd").ljust(16, b"\0")
    assert type(HeaderTag.parse(data)) is HeaderTag
    assert AddressTag.fields["load_addr"].offset == 12
    with pytest.raises(ParseError, match="size: 4 bytes, but HeaderTag has at least 8"):
        HeaderTag.parse(struct.pack("<HHI", 2, 0, 4))
