"""ELF files of tasks: what each fault is told, by the file's name and the offset in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kobjects.firmware.elf import Elf64ProgramHeader, SegmentFlags, SegmentType
from packer.errors import PackError
from packer.programs import elf
from packer.programs.load import loaded
from stages.model import Access, Segment
from tests.packer import tiny
from tests.packer.programs.made import START, file, segment, text

FILE = Path("task.elf")


def complaints(data: bytes) -> list[str]:
    """What is said of a file, without the name that each begins with."""
    with pytest.raises(PackError) as caught:
        elf.parse(FILE, data)
    said = [str(problem) for problem in caught.value.problems]
    assert all(each.startswith("task.elf") for each in said)
    return [each.removeprefix("task.elf") for each in said]


def complaint(*programs: Elf64ProgramHeader, **more: Any) -> str:
    (only,) = complaints(file(programs or [text()], **more))
    return only


def test_a_good_file_gives_its_pages() -> None:
    contents = bytes(range(256)) * 48
    data = file(
        [
            text(0x400010, 0x20),
            segment("r", 0x402000, 8),
            segment("rw", 0x403FF8, 16, p_offset=START + 1, p_memsz=0x3000),
        ],
        contents,
        entry=0x400020,
    )
    found = elf.parse(FILE, data)
    assert (found.path, found.entry) == (FILE, 0x400020)
    assert found.segments == (
        Segment(0x400000, Access.TEXT, (bytes(16) + contents[:32]).ljust(4096, b"\0"), 4096),
        Segment(0x402000, Access.RODATA, contents[:8].ljust(4096, b"\0"), 4096),
        Segment(0x403000, Access.DATA, (bytes(0xFF8) + contents[1:17]).ljust(8192, b"\0"), 0x4000),
    )


def test_neighbours_of_one_access_share_a_page() -> None:
    programs = [text(0x400000, 0x10), text(0x400800, 0x10), text(0x401000, 0x10)]
    (only,) = elf.parse(FILE, file(programs, b"\x90" * 0x10)).segments
    page = (b"\x90" * 16).ljust(0x800, b"\0")
    assert only == Segment(0x400000, Access.TEXT, page + page + page + bytes(0x800), 0x2000)


def test_memory_that_is_only_zero_has_no_data() -> None:
    bss = segment("rw", 0x402000, 0, p_memsz=0x1001)
    assert elf.parse(FILE, file([text(), bss])).segments[1] == Segment(
        0x402000, Access.DATA, b"", 0x2000
    )


def test_what_is_read_only_is_whole_in_the_image() -> None:
    """Nobody zeroes at entry what the kernel only reads."""
    rodata = segment("r", 0x402000, 1, p_memsz=0x1001)
    assert elf.parse(FILE, file([text(), rodata])).segments[1].data == bytes(0x2000)


def test_headers_that_ask_for_no_memory_do_not_matter() -> None:
    programs = [
        text(),
        segment("rwx", 0, 0),
        Elf64ProgramHeader(p_type=SegmentType.PT_NOTE, p_offset=1 << 40, p_filesz=9),
        Elf64ProgramHeader(p_type=SegmentType.PT_GNU_STACK, p_flags=SegmentFlags(write=True)),
    ]
    assert len(elf.parse(FILE, file(programs)).segments) == 1


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "0 bytes"),
        (b"\x7fELF", "4 bytes"),
        (b"#!/bin/sh\n".ljust(64), "begins with 23 21 2f 62"),
    ],
)
def test_no_elf_file(data: bytes, expected: str) -> None:
    assert complaints(data) == [
        f": error[KP2402]: is no ELF file: {expected}; one begins with a header of 64, 7f 45 4c 46"
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"e_ident.ei_class": 1},
            ", offset 0x4: error[KP2403]: ei_class is 1 (ELFCLASS32); a task has 2 (ELFCLASS64)\n"
            "help: compile with -m64",
        ),
        (
            {"e_ident.ei_data": 2},
            ", offset 0x5: error[KP2403]: ei_data is 2 (ELFDATA2MSB); a task has 1 (ELFDATA2LSB)",
        ),
        (
            {"e_machine": 183},
            ", offset 0x12: error[KP2403]: e_machine is 183; a task has 62 (EM_X86_64)\n"
            "help: compile it for x86-64",
        ),
        (
            {"e_type": 3},
            ", offset 0x10: error[KP2403]: e_type is 3 (ET_DYN); a task has 2 (ET_EXEC)\n"
            "help: link it with -static -no-pie",
        ),
        (
            {"e_type": 1},
            ", offset 0x10: error[KP2403]: e_type is 1 (ET_REL); a task has 2 (ET_EXEC)\n"
            "help: link it",
        ),
        (
            {"e_type": 4},
            ", offset 0x10: error[KP2403]: e_type is 4 (ET_CORE); a task has 2 (ET_EXEC)",
        ),
        (
            {"e_phentsize": 32},
            ", offset 0x36: error[KP2403]: e_phentsize is 32; a program has 56",
        ),
        (
            {"e_phnum": 0},
            ", offset 0x38: error[KP2403]: e_phnum is 0; a program has at least one",
        ),
        (
            {"e_phoff": 0x5000},
            ", offset 0x5000: error[KP2404]: is truncated: its program headers end at 0x5038, the "
            "file at 0x4000",
        ),
    ],
)
def test_a_header_that_no_task_has(change: dict[str, int], expected: str) -> None:
    assert complaint(**change) == expected


def test_all_of_a_headers_faults_come_at_once() -> None:
    data = file([text()], e_type=3, e_machine=3)
    assert [each.split(":")[0] for each in complaints(data)] == [", offset 0x12", ", offset 0x10"]


@pytest.mark.parametrize(
    ("programs", "expected"),
    [
        (
            [text(), Elf64ProgramHeader(p_type=SegmentType.PT_INTERP)],
            ", offset 0x78: error[KP2405]: program header 1: 3 (PT_INTERP): asks for a dynamic "
            "linker\nhelp: link it with -static -no-pie",
        ),
        (
            [text(), Elf64ProgramHeader(p_type=SegmentType.PT_DYNAMIC)],
            ", offset 0x78: error[KP2405]: program header 1: 2 (PT_DYNAMIC): is dynamically "
            "linked\nhelp: link it with -static -no-pie",
        ),
        (
            [text(), Elf64ProgramHeader(p_type=SegmentType.PT_TLS)],
            ", offset 0x78: error[KP2405]: program header 1: 7 (PT_TLS): has thread-local storage, "
            "which nobody would set up",
        ),
        (
            [
                text(),
                segment("rwx", 0, 0, p_type=SegmentType.PT_GNU_STACK),
            ],
            ", offset 0x7c: error[KP2405]: program header 1: PT_GNU_STACK asks for a stack that "
            "can be executed; a task's never is\nhelp: link with -z noexecstack",
        ),
        (
            [segment("rwx", 0x400000)],
            ", offset 0x44: error[KP2405]: program header 0: the segment can be written and "
            "executed; a page of a task is one or the other\n"
            "help: give code and data segments of their own (PHDRS in the linker script)",
        ),
        (
            [segment("rx", 0x400000, p_filesz=17)],
            ", offset 0x60: error[KP2405]: program header 0: p_filesz 0x11 is more than p_memsz "
            "0x10",
        ),
        (
            [segment("rx", 0x400000, 0x3001)],
            ", offset 0x60: error[KP2404]: program header 0: is truncated: the segment ends at "
            "0x4001, the file at 0x4000",
        ),
        (
            [segment("rx", 0x3FFFF0, 32)],
            ", offset 0x50: error[KP2406]: program header 0: the segment is [0x3ffff0, 0x400010), "
            "outside of a task's window [0x400000, 0x500000)\nhelp: link it for that address",
        ),
        (
            [text(), segment("rw", 0x4FFFF0, 16, p_memsz=17)],
            ", offset 0x88: error[KP2406]: program header 1: the segment is [0x4ffff0, 0x500001), "
            "outside of a task's window [0x400000, 0x500000)\nhelp: link it for that address",
        ),
        (
            [text(), segment("rw", 0x401000, 16, p_memsz=2**64 - 1)],
            ", offset 0x88: error[KP2406]: program header 1: the segment is [0x401000, "
            "0x10000000000400fff), outside of a task's window [0x400000, 0x500000)\n"
            "help: link it for that address",
        ),
        (
            [text(0x400000, 32), segment("rx", 0x40001F)],
            ", offset 0x78: error[KP2407]: program header 1: the segment [0x40001f, 0x40002f) "
            "overlaps program header 0's [0x400000, 0x400020)",
        ),
        (
            [text(), segment("r", 0x400010)],
            ", offset 0x78: error[KP2407]: program header 1: the segment [0x400010, 0x400020) is "
            "r-- and shares the page at 0x400000 with program header 0's [0x400000, 0x400010), "
            "which is r-x",
        ),
        (
            [segment("r", 0x400000)],
            ", offset 0x18: error[KP2408]: e_entry is 0x400000, which is in no executable segment\n"
            "help: the file has none",
        ),
        (
            [text(0x400001)],
            ", offset 0x18: error[KP2408]: e_entry is 0x400000, which is in no executable segment\n"
            "help: there is [0x400001, 0x400011)",
        ),
        (
            [Elf64ProgramHeader(p_type=SegmentType.PT_NOTE)],
            ": error[KP2405]: none of the 1 program headers is a PT_LOAD: nothing to run",
        ),
    ],
)
def test_segments_that_no_task_has(programs: Sequence[Elf64ProgramHeader], expected: str) -> None:
    assert complaint(*programs) == expected


def test_the_window_may_be_filled() -> None:
    last = segment("rw", 0x4FFFF0, 16)
    assert elf.parse(FILE, file([text(), last])).segments[-1].address == 0x4FF000


def test_all_faults_of_segments_come_at_once() -> None:
    data = file([segment("rwx", 0x400000), segment("rwx", 0x600000)])
    assert [each.split(":")[0] for each in complaints(data)] == [
        *(", offset 0x44", ", offset 0x7c", ", offset 0x88"),
    ]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    missing = tmp_path / "later.elf"
    with pytest.raises(PackError) as caught:
        elf.read(missing)
    assert str(caught.value) == (
        f"{missing}: error[KP2401]: cannot be read: No such file or directory\n"
        "help: compile it first"
    )


def test_the_files_of_all_tasks_are_judged_together(tmp_path: Path) -> None:
    tasks = []
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(name.encode())
        tasks.append(replace(tiny.task(name), elf=tmp_path / name))
    with pytest.raises(PackError) as caught:
        loaded(tiny.system(tasks=tasks))
    assert [problem.place.rpartition("/")[2] for problem in caught.value.problems] == ["one", "two"]


@given(st.binary(max_size=4), st.integers(0, 64 + 4 * 56 - 1), st.integers(64, 0x4000))
def test_no_damage_gets_further_than_a_complaint(patch: bytes, at: int, size: int) -> None:
    programs = [
        *(text(), segment("r", 0x401000), segment("rw", 0x402000, p_memsz=0x2000)),
        Elf64ProgramHeader(p_type=SegmentType.PT_GNU_STACK),
    ]
    data = bytearray(file(programs))
    data[at : at + len(patch)] = patch
    try:
        found = elf.parse(FILE, bytes(data[:size]))
    except PackError:
        return
    for one in found.segments:
        assert elf.WINDOW.start <= one.address < one.address + one.size <= elf.WINDOW.stop
        assert one.address % 4096 == one.size % 4096 == len(one.data) % 4096 == 0
        assert len(one.data) <= one.size
    code = [one for one in found.segments if one.access is Access.TEXT]
    assert any(one.address <= found.entry < one.address + one.size for one in code)
