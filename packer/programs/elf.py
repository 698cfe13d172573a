"""Reading the ELF file of a task. It is taken as it is or refused: nothing is relocated.

What can be loaded: ET_EXEC for x86-64, statically linked, with PT_LOAD segments of which none is
both written and executed. Every complaint names the file, the offset in it and both numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from kobjects.firmware.elf import (
    ELF_MAGIC,
    Elf64Header,
    Elf64ProgramHeader,
    ElfClass,
    ElfData,
    ElfMachine,
    ElfType,
    SegmentType,
)
from kobjects.kernel.addresses import User
from packer.errors import PackError, Problem, shown
from packer.programs.pages import Piece, conflicts, runs
from packer.programs.symbols import symbols
from stages.model import Access, Executable

HEADER = Elf64Header.size
PROGRAM_HEADER = Elf64ProgramHeader.size
WINDOW = range(User.TEXT, User.DEVICES)
"""Where the segments of a task may lie; behind it are devices, stack and message buffer."""

LINK_STATICALLY = "link it with -static -no-pie"
REFUSED_SEGMENTS = {
    SegmentType.PT_INTERP: ("asks for a dynamic linker", LINK_STATICALLY),
    SegmentType.PT_DYNAMIC: ("is dynamically linked", LINK_STATICALLY),
    SegmentType.PT_TLS: ("has thread-local storage, which nobody would set up", ""),
}


class Headers(NamedTuple):
    """A file that begins like one that can be loaded. `programs` begin at `start`."""

    path: Path
    data: bytes
    header: Elf64Header
    start: int
    programs: Sequence[Elf64ProgramHeader]

    def offset(self, index: int, field: str) -> int:
        """Where the file has a field of a program header."""
        return self.start + index * PROGRAM_HEADER + Elf64ProgramHeader.offset(field)


def read(path: Path) -> Executable:
    """The program in a file. PackError has everything that speaks against it."""
    try:
        data = path.read_bytes()
    except OSError as error:
        text = f"cannot be read: {error.strerror}"
        raise PackError([Problem("KP2401", shown(path), text, "compile it first")]) from error
    return parse(path, data)


def parse(path: Path, data: bytes) -> Executable:
    """The program in these bytes; `path` is what complaints show. As `read`."""
    headers = _headers(path, data)
    problems = list(_of_segments(headers))
    loaded = [_piece(headers, index) for index, segment in _loads(headers)]
    if not problems:
        problems += (
            _problem(headers, "KP2407", each.header, text) for each, text in conflicts(loaded)
        )
        problems += _of_entry(headers, loaded)
    if problems:
        raise PackError(problems)
    return Executable(path, headers.header.e_entry, runs(loaded), symbols(data, headers.header))


def _headers(path: Path, data: bytes) -> Headers:
    if len(data) < HEADER or not data.startswith(ELF_MAGIC):
        what = f"{len(data)} bytes" if len(data) < HEADER else f"begins with {data[:4].hex(' ')}"
        text = f"is no ELF file: {what}; one begins with a header of {HEADER}, {ELF_MAGIC.hex(' ')}"
        raise PackError([Problem("KP2402", shown(path), text)])
    header = Elf64Header.parse(data)
    problems = [
        Problem("KP2403", f"{shown(path)}, offset {Elf64Header.offset(field):#x}", *said)
        for field, *said in _of_header(header)
    ]
    if not problems:
        problems = list(_of_tables(path, data, header))
    if problems:
        raise PackError(problems)
    programs = Elf64ProgramHeader[header.e_phnum].parse(data[header.e_phoff :])
    return Headers(path, data, header, header.e_phoff, programs)


def _of_header(header: Elf64Header) -> Iterator[tuple[str, str, str]]:
    """(field, what is wrong, what helps)"""
    wanted = {
        "e_ident.ei_class": (header.e_ident.ei_class, ElfClass.ELFCLASS64, "compile with -m64"),
        "e_ident.ei_data": (header.e_ident.ei_data, ElfData.ELFDATA2LSB, ""),
        "e_machine": (header.e_machine, ElfMachine.EM_X86_64, "compile it for x86-64"),
    }
    for field, (found, needed, help) in wanted.items():
        if found != needed:
            text = f"{field.rpartition('.')[2]} is {_named(found)}; a task has {_named(needed)}"
            yield field, text, help
    if header.e_type != ElfType.ET_EXEC:
        help = {ElfType.ET_DYN: LINK_STATICALLY, ElfType.ET_REL: "link it"}.get(header.e_type, "")
        text = f"e_type is {_named(header.e_type)}; a task has {_named(ElfType.ET_EXEC)}"
        yield "e_type", text, help


def _of_tables(path: Path, data: bytes, header: Elf64Header) -> Iterator[Problem]:
    where, end = header.e_phoff, header.e_phoff + header.e_phnum * PROGRAM_HEADER
    if header.e_phentsize != PROGRAM_HEADER or not header.e_phnum:
        field = "e_phnum" if header.e_phentsize == PROGRAM_HEADER else "e_phentsize"
        needed = "at least one" if field == "e_phnum" else PROGRAM_HEADER
        text = f"{field} is {getattr(header, field)}; a program has {needed}"
        yield Problem("KP2403", f"{shown(path)}, offset {Elf64Header.offset(field):#x}", text)
    elif end > len(data):
        text = f"is truncated: its program headers end at {end:#x}, the file at {len(data):#x}"
        yield Problem("KP2404", f"{shown(path)}, offset {where:#x}", text)


def _of_segments(headers: Headers) -> Iterator[Problem]:
    """What each program header has against itself."""
    for index, segment in enumerate(headers.programs):
        if segment.p_type in REFUSED_SEGMENTS:
            text, help = REFUSED_SEGMENTS[segment.p_type]
            yield _problem(headers, "KP2405", index, f"{_named(segment.p_type)}: {text}", help)
        if segment.p_type == SegmentType.PT_GNU_STACK and segment.p_flags.execute:
            text = "PT_GNU_STACK asks for a stack that can be executed; a task's never is"
            yield _problem(headers, "KP2405", index, text, "link with -z noexecstack", "p_flags")
    for index, segment in _loads(headers):
        yield from _of_load(headers, index, segment)
    if not any(True for _ in _loads(headers)):
        text = f"none of the {len(headers.programs)} program headers is a PT_LOAD: nothing to run"
        yield Problem("KP2405", shown(headers.path), text)


def _of_load(headers: Headers, index: int, segment: Elf64ProgramHeader) -> Iterator[Problem]:
    end = segment.p_offset + segment.p_filesz
    if end > len(headers.data):
        text = f"is truncated: the segment ends at {end:#x}, the file at {len(headers.data):#x}"
        yield _problem(headers, "KP2404", index, text, "", "p_filesz")
    if segment.p_filesz > segment.p_memsz:
        text = f"p_filesz {segment.p_filesz:#x} is more than p_memsz {segment.p_memsz:#x}"
        yield _problem(headers, "KP2405", index, text, "", "p_filesz")
    if segment.p_flags.write and segment.p_flags.execute:
        text = "the segment can be written and executed; a page of a task is one or the other"
        help = "give code and data segments of their own (PHDRS in the linker script)"
        yield _problem(headers, "KP2405", index, text, help, "p_flags")
    last = segment.p_vaddr + segment.p_memsz
    if not WINDOW.start <= segment.p_vaddr <= last <= WINDOW.stop:
        text = (
            f"the segment is [{segment.p_vaddr:#x}, {last:#x}), "
            f"outside of a task's window [{WINDOW.start:#x}, {WINDOW.stop:#x})"
        )
        yield _problem(headers, "KP2406", index, text, "link it for that address", "p_vaddr")


def _of_entry(headers: Headers, loaded: Sequence[Piece]) -> Iterator[Problem]:
    entry = headers.header.e_entry
    if any(each.access is Access.TEXT and entry in each.addresses for each in loaded):
        return
    text = f"e_entry is {entry:#x}, which is in no executable segment"
    code = [f"[{p.start:#x}, {p.end:#x})" for p in loaded if p.access is Access.TEXT]
    help = f"there is {' and '.join(code)}" if code else "the file has none"
    where = f"{shown(headers.path)}, offset {Elf64Header.offset('e_entry'):#x}"
    yield Problem("KP2408", where, text, help)


def _loads(headers: Headers) -> Iterator[tuple[int, Elf64ProgramHeader]]:
    """The segments that have memory, by their place among the program headers."""
    for index, segment in enumerate(headers.programs):
        if segment.p_type == SegmentType.PT_LOAD and segment.p_memsz:
            yield index, segment


def _piece(headers: Headers, index: int) -> Piece:
    segment = headers.programs[index]
    access = Access.RODATA
    if segment.p_flags.execute:
        access = Access.TEXT
    elif segment.p_flags.write:
        access = Access.DATA
    data = headers.data[segment.p_offset : segment.p_offset + segment.p_filesz]
    return Piece(index, access, segment.p_vaddr, segment.p_memsz, data)


def _problem(
    headers: Headers, code: str, index: int, text: str, help: str = "", field: str = "p_type"
) -> Problem:
    where = f"{shown(headers.path)}, offset {headers.offset(index, field):#x}"
    return Problem(code, where, f"program header {index}: {text}", help)


def _named(number: object) -> str:
    """A member of an enumeration as people and the file have it."""
    name = getattr(number, "name", "UNKNOWN")
    return f"{int(number)}" + (f" ({name})" if name != "UNKNOWN" else "")  # type: ignore[call-overload]
