"""32-bit ELF and notes beside readelf, on files of GNU as and ld."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kobjects.firmware.elf import ElfClass, SectionType, SegmentType, SymbolBinding, note
from kobjects.firmware.elf32 import (
    Elf32Header,
    Elf32ProgramHeader,
    Elf32SectionHeader,
    Elf32Symbol,
)
from kobjects.firmware.elfnote import ElfNote, ElfNotes
from kobjects.text import Ascii
from tests.kobjects.firmware.tools import run

SOURCE = """
    .globl _start
    .text
_start: hlt
    .data
word: .long 5
    .section .note.kpack, "a", @note
    .long 4, 5, 18
    .asciz "Xen"
    .ascii "hello\\0\\0\\0"
    .long 6, 0, 7
    .asciz "kpack\\0\\0"
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("elf")
    run("as", "--32", "-o", folder / "program.o", "-", stdin=SOURCE)
    run("ld", "-m", "elf_i386", "-o", folder / "program", folder / "program.o")
    return folder / "program"


def test_readelf_reads_the_same(program: Path) -> None:
    data = program.read_bytes()
    header = Elf32Header.parse(data)
    assert header.check() == []
    assert header.e_ident.ei_class is ElfClass.ELFCLASS32
    said = " ".join(run("readelf", "-h", program).split())
    assert f"Entry point address: {header.e_entry:#x}" in said
    assert f"Start of section headers: {header.e_shoff} (bytes into file)" in said
    segments = Elf32ProgramHeader[header.e_phnum].parse(data[header.e_phoff :])
    lines = run("readelf", "-lW", program)
    loads = re.findall(r"^ +LOAD +(0x\w+) (0x\w+) (0x\w+) (0x\w+) (0x\w+)", lines, re.M)
    found = [s for s in segments if s.p_type is SegmentType.PT_LOAD]
    assert [(s.p_offset, s.p_vaddr, s.p_paddr, s.p_filesz, s.p_memsz) for s in found] == [
        tuple(int(number, 16) for number in load) for load in loads
    ]
    assert loads


def test_sections_and_symbols_are_those_readelf_lists(program: Path) -> None:
    data = program.read_bytes()
    header = Elf32Header.parse(data)
    sections = Elf32SectionHeader[header.e_shnum].parse(data[header.e_shoff :])
    names = sections[header.e_shstrndx]
    text = data[names.sh_offset : names.sh_offset + names.sh_size]
    ours = [text[s.sh_name : text.index(0, s.sh_name)].decode() for s in sections]
    listed = re.findall(r"^ +\[ *\d+\] (\S*) +\S+ +(\w{8}) (\w{6}) (\w{6})",
                        run("readelf", "-SW", program), re.M)  # fmt: skip
    assert [
        (name, f"{s.sh_addr:08x}", f"{s.sh_offset:06x}", f"{s.sh_size:06x}")
        for name, s in zip(ours[1:], sections[1:], strict=True)
    ] == [one for one in listed if one[0]]
    table = next(s for s in sections if s.sh_type is SectionType.SHT_SYMTAB)
    symbols = Elf32Symbol[table.sh_size // Elf32Symbol.size].parse(data[table.sh_offset :])
    start = next(s for s in symbols if s.st_value == header.e_entry and s.st_info.binding)
    assert start.st_info.binding is SymbolBinding.STB_GLOBAL
    assert f"{header.e_entry:08x}" in run("readelf", "-sW", program)


def test_notes_are_those_readelf_lists(program: Path) -> None:
    data = program.read_bytes()
    header = Elf32Header.parse(data)
    segments = Elf32ProgramHeader[header.e_phnum].parse(data[header.e_phoff :])
    segment = next(s for s in segments if s.p_type is SegmentType.PT_NOTE)
    raw = data[segment.p_offset : segment.p_offset + segment.p_filesz]
    notes = ElfNotes.parse(raw).notes
    assert ElfNotes(notes=notes).build() == raw
    listed = re.findall(r"^ +(\w+) +(0x\w{8})\t", run("readelf", "-nW", program), re.M)
    assert [(str(n.owner), f"{n.n_descsz:#010x}") for n in notes] == listed
    assert [(n.n_type, n.description) for n in notes] == [(18, b"hello"), (7, b"")]
    assert notes[0].check() == []


def test_a_note_is_what_the_function_makes() -> None:
    made = ElfNote(owner=Ascii("Xen\0"), n_type=18, description=b"12345")
    assert made.build() == note(b"Xen\0", 18, b"12345")
    assert (made.n_namesz, made.n_descsz) == (4, 5)
