"""ELF: the layouts of <elf.h>, and a file built from the schemas as readelf and gcc's ld see it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from kobjects.bytefield import ByteField
from kobjects.firmware import elf
from kobjects.firmware.elf import (
    Elf64Header,
    Elf64ProgramHeader,
    Elf64SectionHeader,
    Elf64Symbol,
    ElfIdentification,
    ElfMachine,
    ElfNoteHeader,
    ElfType,
    SectionFlags,
    SectionType,
    SegmentFlags,
    SegmentType,
    SymbolBinding,
    SymbolInfo,
    SymbolType,
)
from kobjects.record import Record
from tests.kobjects.oracle import evaluate, layout

STRUCTURES: dict[type[Record], str] = {
    Elf64Header: "Elf64_Ehdr",
    Elf64ProgramHeader: "Elf64_Phdr",
    Elf64SectionHeader: "Elf64_Shdr",
    Elf64Symbol: "Elf64_Sym",
    ElfNoteHeader: "Elf64_Nhdr",
}


@pytest.mark.parametrize("record", STRUCTURES, ids=lambda record: record.__name__)
def test_layout_equals_the_header(record: type[Record]) -> None:
    """The fields have the header's names, so all can be compared."""
    name = STRUCTURES[record]
    typedef = f"#define {name}_ struct {name}\nstruct {name}_box {{ {name} it; }};"
    members = {field: f"it.{field}" for field in record.fields}
    found = evaluate(layout(f"{name}_box", members), includes=["elf.h"], declarations=typedef)
    assert found[f"{name}_box:"] == record.size
    for field in record.fields.values():
        assert isinstance(field, ByteField)
        assert found[f"{name}_box:{field.name}@"] == field.offset, field.name
        assert found[f"{name}_box:{field.name}#"] == field.size, field.name


ENUMERATIONS = (
    elf.ElfClass,
    elf.ElfData,
    elf.ElfType,
    elf.ElfMachine,
    elf.SegmentType,
    elf.SectionType,
    elf.SymbolBinding,
    elf.SymbolType,
    elf.SymbolVisibility,
)


def test_every_number_equals_the_header() -> None:
    members = [member for kind in ENUMERATIONS for member in kind]
    spelt = {name: name.replace("GNU_VER", "GNU_ver") for name in (each.name for each in members)}
    lower = {name: spelling[:11] + spelling[11:].lower() for name, spelling in spelt.items()
             if spelling != name}  # fmt: skip
    found = evaluate(spelt | lower, includes=["elf.h"])
    assert found == {member.name: member.value for member in members}


def test_constants_equal_the_header() -> None:
    found = evaluate(
        {"magic": "*(unsigned *)ELFMAG", "undef": "SHN_UNDEF", "abs": "SHN_ABS"},
        includes=["elf.h"],
    )
    magic = int.from_bytes(elf.ELF_MAGIC, "little")
    assert found == {"magic": magic, "undef": elf.SHN_UNDEF, "abs": elf.SHN_ABS}
    index = evaluate({name: name.upper() for name in ElfIdentification.fields if name[:2] == "ei"},
                     includes=["elf.h"])  # fmt: skip
    assert index == {name: ElfIdentification.offset(name) for name in index}


BASE = 0x100000
CODE = b"\xeb\xfe"
NOTE = elf.note(b"Xen\0", 18, BASE.to_bytes(8, "little"))
NAMES = b"\0.text\0.shstrtab\0.symtab\0.strtab\0"
STRINGS = b"\0start\0"


@dataclass(frozen=True)
class Part:
    """A section of the file that is built here, and where its bytes lie."""

    name: bytes
    data: bytes
    type: SectionType
    link: int = 0
    info: int = 0
    entry: int = 0


def symbols() -> bytes:
    info = SymbolInfo(type=SymbolType.STT_FUNC, binding=SymbolBinding.STB_GLOBAL)
    start = Elf64Symbol(st_name=1, st_info=info, st_shndx=1, st_value=BASE, st_size=len(CODE))
    return Elf64Symbol[2].build((Elf64Symbol(), start))


def program() -> bytes:
    """A file with one segment, a note in it, and a symbol."""
    parts = [
        Part(b".text", CODE + bytes(2) + NOTE, SectionType.SHT_PROGBITS),
        Part(b".shstrtab", NAMES, SectionType.SHT_STRTAB),
        Part(b".symtab", symbols(), SectionType.SHT_SYMTAB, link=4, info=1, entry=24),
        Part(b".strtab", STRINGS, SectionType.SHT_STRTAB),
    ]
    start = Elf64Header.size + 2 * Elf64ProgramHeader.size
    body, headers = b"", [Elf64SectionHeader()]
    for part in parts:
        text = part.type is SectionType.SHT_PROGBITS
        headers.append(
            Elf64SectionHeader(
                sh_name=NAMES.index(part.name), sh_type=part.type,
                sh_flags=SectionFlags(alloc=text, execinstr=text), sh_addr=BASE if text else 0,
                sh_offset=start + len(body), sh_size=len(part.data), sh_link=part.link,
                sh_info=part.info, sh_addralign=4, sh_entsize=part.entry,
            )
        )  # fmt: skip
        body += part.data + bytes(-len(part.data) % 8)
    flags = SegmentFlags(read=True, execute=True)
    load = Elf64ProgramHeader(
        p_type=SegmentType.PT_LOAD, p_flags=flags, p_offset=start, p_vaddr=BASE, p_paddr=BASE,
        p_filesz=len(parts[0].data), p_memsz=0x2000, p_align=1,
    )  # fmt: skip
    note = load.replace(
        p_type=SegmentType.PT_NOTE, p_offset=start + 4, p_vaddr=BASE + 4, p_paddr=BASE + 4,
        p_filesz=len(NOTE), p_memsz=len(NOTE), p_align=4,
    )  # fmt: skip
    header = Elf64Header(
        e_type=ElfType.ET_EXEC, e_entry=BASE, e_phoff=64, e_shoff=start + len(body), e_phnum=2,
        e_shnum=len(headers), e_shstrndx=2,
    )  # fmt: skip
    table = Elf64SectionHeader[len(headers)].build(tuple(headers))
    return header.build() + Elf64ProgramHeader[2].build((load, note)) + body + table


def readelf(file: Path, *options: str) -> str:
    tool = shutil.which("readelf")
    if tool is None:
        pytest.skip("readelf is missing: apt-get install binutils")
    done = subprocess.run(
        [tool, "--wide", *options, str(file)], capture_output=True, text=True, check=True
    )
    assert "arning" not in done.stderr + done.stdout
    assert "rror" not in done.stderr
    return " ".join(done.stdout.split())


@pytest.fixture
def built(tmp_path: Path) -> Path:
    file = tmp_path / "program"
    file.write_bytes(program())
    return file


def test_readelf_reads_the_header(built: Path) -> None:
    text = readelf(built, "--file-header")
    assert "Class: ELF64 Data: 2's complement, little endian Version: 1 (current)" in text
    assert "Type: EXEC (Executable file) Machine: Advanced Micro Devices X86-64" in text
    assert "Entry point address: 0x100000" in text


def test_readelf_reads_the_segments(built: Path) -> None:
    text = readelf(built, "--segments")
    where = "0x0000000000100000 0x0000000000100000"
    assert f"LOAD 0x0000b0 {where} 0x00001c 0x002000 R E 0x1" in text
    assert "NOTE 0x0000b4 0x0000000000100004 0x0000000000100004 0x000018 0x000018 R E 0x4" in text


def test_readelf_reads_sections_and_symbols(built: Path) -> None:
    assert "[ 1] .text PROGBITS 0000000000100000 0000b0 00001c 00 AX 0 0 4" in readelf(
        built, "--sections"
    )
    assert "1: 0000000000100000 2 FUNC GLOBAL DEFAULT 1 start" in readelf(built, "--symbols")


def test_readelf_reads_the_note(built: Path) -> None:
    text = readelf(built, "--notes")
    assert "Xen 0x00000008 Unknown note type: (0x00000012)" in text
    assert "description data: 00 00 10 00 00 00 00 00" in text


def test_the_schemas_read_a_program_of_this_machine() -> None:
    """Whatever program runs these tests: its segments and sections are where it says."""
    import sys

    data = Path(sys.executable).read_bytes()
    header = Elf64Header.parse(data)
    assert header.check() == []
    assert header.e_machine is ElfMachine.EM_X86_64
    segments = Elf64ProgramHeader[header.e_phnum].parse(data[header.e_phoff :])
    assert any(segment.p_type is SegmentType.PT_INTERP for segment in segments)
    sections = Elf64SectionHeader[header.e_shnum].parse(data[header.e_shoff :])
    names = sections[header.e_shstrndx]
    table = data[names.sh_offset : names.sh_offset + names.sh_size]
    found = {table[s.sh_name : table.index(0, s.sh_name)] for s in sections}
    assert {b".text", b".data", b".bss"} <= found
