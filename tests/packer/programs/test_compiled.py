"""Programs of gcc in an image: it has what pyelftools reads in their files."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from elftools.elf.elffile import ELFFile

from kobjects.kernel.addresses import User
from packer.build import artifacts, build
from packer.checks.tables import AddressSpace
from packer.cli.verdict import location
from packer.image import Image
from packer.programs import elf
from stages.kernel import STAGES
from stages.model import Access, Label, System, Task
from tests.packer.programs.made import compiled

SOURCE = """
const char message[] = "read only";
long counters[4] = {1, 2, 3, 4};
char table[20000];
static __attribute__((noinline)) int helper(int n) { return table[n] + (int)counters[n & 3]; }
void _start(void) { for (volatile int n = 0;; n++) table[0] = (char)helper(n & 1) + message[0]; }
"""

SCRIPT = """
ENTRY(_start)
PHDRS { text PT_LOAD FLAGS(5); rodata PT_LOAD FLAGS(4); data PT_LOAD FLAGS(6); }
SECTIONS {
    . = 0x400000;
    .text : { *(.text*) } :text
    . = ALIGN(4096);
    .rodata : { *(.rodata*) } :rodata
    . = ALIGN(4096);
    .data : { *(.data*) } :data
    .bss : { *(.bss*) } :data
    /DISCARD/ : { *(.note*) *(.comment) }
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compiled")
    (folder / "task.ld").write_text(SCRIPT)
    return compiled(folder, SOURCE, "task", "-Wl,-T,task.ld")


@pytest.fixture(scope="module")
def image(program: Path) -> Image:
    return build(System("compiled", STAGES, [Task("one", (), 1, elf=program)]))


def helper(image: Image) -> Label:
    """The program's static function."""
    (task,) = image.system.tasks
    assert task.executable is not None
    (found,) = [one for one in task.executable.labels if one.name == "helper"]
    return found


def test_the_segments_are_those_that_pyelftools_reads(program: Path) -> None:
    found = elf.read(program)
    with program.open("rb") as stream:
        file = ELFFile(stream)
        assert found.entry == file["e_entry"]
        loads = [one for one in file.iter_segments() if one["p_type"] == "PT_LOAD"]
        assert len(loads) == len(found.segments) == 3
        for load, segment in zip(loads, found.segments, strict=True):
            flags = "".join(
                "rwx"[bit] if load["p_flags"] >> 2 - bit & 1 else "-" for bit in range(3)
            )
            assert segment.access.value == flags
            assert segment.address == load["p_vaddr"]
            assert segment.size == -(-load["p_memsz"] // 4096) * 4096
            memory = segment.data + bytes(segment.size - len(segment.data))
            assert memory == load.data().ljust(segment.size, b"\0")
            assert len(segment.data) - load["p_filesz"] < 4096, "no page of zeros in the image"


def test_the_labels_are_those_that_pyelftools_reads(program: Path) -> None:
    with program.open("rb") as stream:
        table: Any = ELFFile(stream).get_section_by_name(".symtab")
        theirs = {
            (each["st_value"], each["st_size"], each.name)
            for each in table.iter_symbols()
            if each["st_info"]["type"] in ("STT_FUNC", "STT_OBJECT")
        }
    ours = {(one.address, one.size, one.name) for one in elf.read(program).labels if one.type}
    assert ours == theirs
    assert "helper" in {name for _, _, name in ours}


def test_a_stripped_program_has_no_labels(program: Path, tmp_path: Path) -> None:
    stripped = tmp_path / "stripped.elf"
    subprocess.run(["strip", "-o", stripped, program], check=True)
    found, whole = elf.read(stripped), elf.read(program)
    assert found.labels == ()
    assert found.segments == whole.segments


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
def test_a_damaged_symbol_table_takes_only_the_labels(program: Path, keep: float) -> None:
    data = program.read_bytes()
    with program.open("rb") as stream:
        table: Any = ELFFile(stream).get_section_by_name(".symtab")
        start = table["sh_offset"]
    cut = start + int((len(data) - start) * keep)
    found = elf.parse(program, data[:cut])
    assert found.segments == elf.read(program).segments
    assert len(found.labels) <= len(elf.read(program).labels)


def test_the_page_tables_allow_what_the_segments_say(image: Image) -> None:
    """Each page of the task's memory, and no other, through the tables in the image."""
    (task,) = image.system.tasks
    assert task.executable is not None
    expected = {}
    for segment in task.executable.segments:
        for address in range(segment.address, segment.address + segment.size, 4096):
            offset = address - segment.address
            data = segment.data[offset : offset + 4096].ljust(4096, b"\0")
            access = segment.access
            expected[address] = (access.writable, access.executable, data)
    for address in (User.BUFFER, User.STACK_TOP - 4096):
        expected[int(address)] = (True, False, bytes(4096))
    found = {}
    for page in AddressSpace(image, "pml4.one").walk():
        if page.user:
            offset = page.physical - image.layout.window.start
            data = image.load[offset : offset + 4096] or bytes(4096)
            found[page.linear] = (page.writable, page.executable, data)
    assert found == expected


def test_what_is_only_zero_is_not_loaded(image: Image) -> None:
    assert not image.layout.placement("task.one.zero2").loaded
    assert image.layout.placement("task.one.segment2").loaded


def test_the_kernel_writes_no_page_that_the_task_only_reads(image: Image) -> None:
    for place in image.layout.placements:
        if place.name in ("task.one.segment0", "task.one.segment1"):
            assert place.access is Access.RODATA


def test_every_byte_of_the_files_has_an_owner(image: Image) -> None:
    for file in artifacts(image, ["pvh", "bios"]):
        assert sum(owner.size for owner in file.owners) == len(file.data)


def test_debuggers_find_the_programs_functions(image: Image, tmp_path: Path) -> None:
    if shutil.which("gdb") is None:
        pytest.skip("gdb is missing: apt-get install gdb")
    *_, symbols = artifacts(image, [])
    (tmp_path / symbols.name).write_bytes(symbols.data)
    ask = ["gdb", "-batch", "-ex", "print &'task.one.helper'", str(tmp_path / symbols.name)]
    done = subprocess.run(ask, capture_output=True, text=True, check=True)
    assert f"{helper(image).address:#x}" in done.stdout


def test_a_fault_is_placed_in_the_program(image: Image) -> None:
    cr3 = image.symbols.physical("pml4.one")
    said = location(f"RIP={helper(image).address + 2:016x} CR3={cr3:016x}", image)
    assert said == " in task.one, helper + 0x2"


def test_two_builds_of_one_program_are_equal(image: Image, program: Path) -> None:
    again = build(replace(image.system, tasks=[Task("one", (), 1, elf=program)]))
    assert again.load == image.load
