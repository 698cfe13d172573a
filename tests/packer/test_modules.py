"""Boot modules in the image: the directory, files, and programs that a loader needs no ELF for."""

from __future__ import annotations

from pathlib import Path

import pytest

from kobjects.kernel.abi import FrameRights
from kobjects.kernel.addresses import User
from kobjects.kernel.module import Module as Entry
from kobjects.kernel.module import ModuleDirectory, ModuleKind
from kobjects.kernel.program import Program, ProgramLimit
from packer.asm import AsmError
from packer.build import artifacts, build
from packer.checks.tables import AddressSpace
from packer.errors import PackError
from packer.image import Image
from packer.manifest import parse
from packer.programs.load import loaded
from stages.kernel import STAGES
from stages.model import System
from tests.packer.programs.made import file, segment, text

ASSEMBLY = """
go:     mov     edi, cap.names
        mov     esi, cap.console
        lea     rbx, [rip + .here]
.here:  jmp     go
"""

MANIFEST = """
[image]
name = "modules"
targets = ["pvh"]
[modules]
"motd.txt" = "motd.txt"
empty = "empty"
shell = { elf = "shell.elf", priority = 50, stack_pages = 3, fpu = true, capabilities = ["names"] }
calc = { program = ["calc.asm"], priority = 10, capabilities = ["console", "names"] }
[[task]]
name = "reader"
program = ["kpack:user/pong.asm"]
priority = 1
modules = true
[[task]]
name = "other"
program = ["kpack:user/pong.asm"]
priority = 1
"""

SEGMENTS = [
    text(0x400000, 0x1800),
    segment("r", 0x402000, 0x10),
    segment("rw", 0x403000, 0x10, p_memsz=0x3000),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "motd.txt").write_bytes(b"hello\n" * 1000)
    (tmp_path / "empty").touch()
    (tmp_path / "shell.elf").write_bytes(file(SEGMENTS, bytes(range(256)) * 48, entry=0x400123))
    (tmp_path / "calc.asm").write_text(ASSEMBLY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(folder: Path, manifest: str = MANIFEST) -> System:
    known = {stage.name: stage for stage in STAGES}
    return parse(manifest, folder / "kpack.toml", known).system


@pytest.fixture
def image(folder: Path) -> Image:
    return build(read(folder))


def entries(image: Image) -> list[Entry]:
    directory = ModuleDirectory.parse(image.contents("modules"))
    assert directory.check() == []
    return list(directory.modules[: directory.count])


def test_the_directory_lists_every_module(image: Image) -> None:
    found = [(each.name.rstrip(b"\0"), each.length, each.kind) for each in entries(image)]
    assert found == [
        (b"motd.txt", 6000, ModuleKind.FILE),
        (b"empty", 0, ModuleKind.FILE),
        (b"shell", 0x5000, ModuleKind.PROGRAM),
        (b"calc", 0x2000, ModuleKind.PROGRAM),
    ]
    assert [each.offset for each in entries(image)] == [0x1000, 0x3000, 0x3000, 0x8000]


def test_a_task_that_asks_reads_them_and_no_other_does(image: Image) -> None:
    """Every byte behind User.MODULES, through the page tables in the image."""
    window = image.layout.window.start
    memory = {}
    for page in AddressSpace(image, "pml4.reader").walk():
        if page.user and page.linear >= User.MODULES:
            assert (page.writable, page.executable) == (False, False)
            start = page.physical - window
            memory[page.linear - User.MODULES] = image.load[start : start + 4096]
    assert sorted(memory) == [number * 4096 for number in range(10)]
    seen = b"".join(memory[offset] for offset in sorted(memory))
    for entry, contents in zip(entries(image), loaded(image.system).modules, strict=True):
        assert seen[entry.offset : entry.offset + entry.length] == contents.contents
    assert not any(
        page.user and page.linear >= User.MODULES
        for page in AddressSpace(image, "pml4.other").walk()
    )


def program(image: Image, name: str) -> tuple[Program, bytes]:
    data = image.contents(f"module.{name}")
    found = Program.parse(data)
    assert found.check() == []
    return found, data


def test_a_program_says_what_its_loader_makes(image: Image) -> None:
    found, _ = program(image, "shell")
    assert (found.priority, found.stack_pages, found.entry, found.flags.fpu) == (
        50,
        3,
        0x400123,
        True,
    )
    assert found.capability_count == 1
    assert found.capabilities[0].rstrip(b"\0") == b"names"
    rights = FrameRights(read=True)
    assert [
        (each.address, each.offset, each.file_bytes, each.memory_bytes, each.rights)
        for each in found.segments[: found.segment_count]
    ] == [
        (0x400000, 0x1000, 0x2000, 0x2000, rights.replace(execute=True)),
        (0x402000, 0x3000, 0x1000, 0x1000, rights),
        (0x403000, 0x4000, 0x1000, 0x3000, rights.replace(write=True)),
    ]


def loaded_memory(found: Program, data: bytes) -> dict[int, tuple[FrameRights, bytes]]:
    """What a loader makes of a program that copies as it is told: page -> rights, bytes."""
    memory = {}
    for each in found.segments[: found.segment_count]:
        for offset in range(0, each.memory_bytes, 4096):
            contents = bytes(4096)
            if offset < each.file_bytes:
                contents = data[each.offset + offset : each.offset + offset + 4096]
            memory[each.address + offset] = (each.rights, contents)
    return memory


def test_a_loader_makes_what_the_packer_would_have(image: Image, folder: Path) -> None:
    """The same file as a task of the image, from the image's page tables."""
    prebuilt = MANIFEST.replace('program = ["kpack:user/pong.asm"]', 'elf = "shell.elf"', 1)
    other = build(read(folder, prebuilt))
    expected = {}
    for page in AddressSpace(other, "pml4.reader").walk():
        if page.user and page.linear < User.DEVICES:
            start = page.physical - other.layout.window.start
            contents = other.load[start : start + 4096].ljust(4096, b"\0")
            rights = FrameRights(read=True, write=page.writable, execute=page.executable)
            expected[page.linear] = (rights, contents)
    assert loaded_memory(*program(image, "shell")) == expected


def test_a_program_in_assembly_is_linked_where_tasks_begin(image: Image, folder: Path) -> None:
    found, data = program(image, "calc")
    assert (found.entry, found.stack_pages, found.flags.fpu) == (User.TEXT, 1, False)
    names = [each.rstrip(b"\0") for each in found.capabilities[: found.capability_count]]
    assert names == [b"console", b"names"]
    # The same source as a task whose first two capabilities have these names.
    tasks = """
[[task]]
name = "calc"
program = ["calc.asm"]
priority = 10
[task.capabilities]
console = { endpoint = "other", rights = ["call"] }
names = { endpoint = "other", rights = ["call"] }
"""
    other = build(read(folder, MANIFEST + tasks)).contents("task.calc.text")
    ((page, (rights, contents)),) = loaded_memory(found, data).items()
    assert page == User.TEXT
    assert rights == FrameRights(read=True, execute=True)
    assert contents == other.ljust(4096, b"\0")


def test_an_image_without_modules_has_no_directory(folder: Path) -> None:
    start, end = MANIFEST.index("[modules]"), MANIFEST.index("[[task]]")
    without = MANIFEST[:start] + MANIFEST[end:]
    image = build(read(folder, without))
    assert entries(image) == [], "a task that asks finds that there is none"
    image = build(read(folder, without.replace("modules = true\n", "")))
    assert "modules" not in image.regions


def test_every_byte_of_a_module_has_an_owner(image: Image) -> None:
    (file, _) = artifacts(image, ["pvh"])
    found = {(owner.part, owner.path) for owner in file.owners if owner.part.startswith("module")}
    assert ("modules", "modules[1].offset") in found
    assert ("module.shell", "program.segments[2].address") in found
    assert ("module.shell", "pages") in found


def test_a_module_that_is_too_large_is_named(folder: Path) -> None:
    (folder / "motd.txt").write_bytes(bytes(0x200000))
    with pytest.raises(
        PackError, match=r"KP2004.*crosses the end of the kernel's window"
    ) as caught:
        build(read(folder))
    assert "module.motd.txt 2,097,152" in str(caught.value)


def test_all_bad_files_are_named_together(folder: Path) -> None:
    (folder / "motd.txt").unlink()
    (folder / "shell.elf").write_bytes(b"no ELF")
    with pytest.raises(PackError) as caught:
        build(read(folder))
    assert [str(problem).splitlines()[0] for problem in caught.value.problems] == [
        "motd.txt: error[KP2401]: cannot be read: No such file or directory",
        "shell.elf: error[KP2402]: is no ELF file: 6 bytes; one begins with a header of 64, "
        "7f 45 4c 46",
    ]


def test_a_programs_source_errors_are_placed(folder: Path) -> None:
    (folder / "calc.asm").write_text("go: mov eax, cap.nmaes\n jmp go\n")
    with pytest.raises(AsmError) as caught:
        build(read(folder))
    (found,) = caught.value.diagnostics
    assert (found.place.file, found.place.line) == ("calc.asm", 1)
    assert "cap.nmaes" in found.message
    assert found.help == "did you mean cap.names?"


def test_a_program_of_too_many_pieces_is_refused(folder: Path) -> None:
    """Runs of pages alternate between two accesses, each a segment of the module's."""
    programs = [
        segment("rx" if number % 2 == 0 else "r", 0x400000 + number * 4096)
        for number in range(ProgramLimit.SEGMENTS + 1)
    ]
    (folder / "shell.elf").write_bytes(file(programs))
    with pytest.raises(PackError) as caught:
        build(read(folder))
    assert str(caught.value) == (
        "shell.elf: error[KP2409]: has 17 runs of pages of one access; a module holds 16"
    )
