"""kpack walk: its output in every form, how it finds CR3, and what it says when it can't.

The dumps are forged; that their walk is what QEMU has is tested in tests/kobjects/memory.
"""

from __future__ import annotations

import csv
import io
import json
import struct
import subprocess
from pathlib import Path

import pytest

from kobjects.memory.modes import LEVEL_4, PSE, Mode
from kobjects.memory.physical import MemoryImage
from kobjects.memory.space import AddressSpace
from packer.cli.exits import Exit
from tests.kobjects.memory.forge import TABLES, Forge
from tests.kobjects.memory.test_formats import core, cpu_note, note
from tests.packer.cli.conftest import Kpack
from tests.test_installation import EXTRAS, PROJECT, run_with_only

pytest.importorskip("numpy")


def memory(mode: Mode = LEVEL_4) -> bytes:
    """Raw memory in which one address space maps itself: its first 2 MiB to themselves."""
    return bytes(TABLES) + b"".join(Forge(mode).tables)


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "memory.raw"
    path.write_bytes(memory())
    return path


def test_csv_has_a_line_for_each_page(kpack: Kpack, dump: Path) -> None:
    said = kpack("walk", dump, "--csv")
    assert said.status == 0
    rows = [*csv.DictReader(io.StringIO(said.out))]
    walk = AddressSpace(MemoryImage.raw(memory()), TABLES).walk()
    assert [
        (int(row["linear"], 0), int(row["physical"], 0), int(row["size"]), int(row["entry"], 0))
        for row in rows
    ] == [(page.linear, page.physical, page.size, int(page.entry)) for page in walk]
    assert [row["rights"] for row in rows] == [page.rights for page in walk]
    assert rows[0]["rights"] == "-rwx"


def test_a_raw_dump_is_searched_and_all_candidates_are_listed(kpack: Kpack, dump: Path) -> None:
    said = kpack("walk", dump, "--summary")
    assert said.status == 0
    assert (
        f"cr3         {TABLES:#x}, the likeliest of 1 that were found; 4-level paging" in said.out
    )
    assert f"candidate   {TABLES:#x} maps " in said.out
    assert f"itself at {TABLES:#x}" in said.out
    assert "linear  " not in said.out


def test_pages_that_follow_each_other_are_one_line(kpack: Kpack, tmp_path: Path) -> None:
    """Four tables that map themselves one to one, the last read-only, then something else twice."""
    tables = [[0x1003], [0x2003], [0x3003], [0x0003, 0x1003, 0x2003, 0x3001, 0x8003, 0x9003]]
    path = tmp_path / "memory.raw"
    path.write_bytes(b"".join(struct.pack("<6Q", *(t + [0] * 6)[:6]).ljust(4096, b"\0")
                              for t in tables))  # fmt: skip
    summary, table = kpack("walk", path).out.split("\n\n")
    assert "pages       6 of 4 KiB; 24 KiB\nrights      -r-x 1 pages, 4 KiB" in summary
    assert [line.split() for line in table.splitlines()] == [
        ["linear", "-", "physical", "size", "rights"],
        ["0000000000000000-0000000000002fff", "0", "12", "KiB", "-rwx"],
        ["0000000000003000-0000000000003fff", "3000", "4", "KiB", "-r-x"],
        ["0000000000004000-0000000000005fff", "8000", "8", "KiB", "-rwx"],
    ]


def test_json_has_everything(kpack: Kpack, dump: Path) -> None:
    said = kpack("walk", dump, "--json")
    found = json.loads(said.out)
    assert (found["schema"], found["mode"], found["cr3"]) == (1, "4-level", TABLES)
    assert found["dump"]["format"] == "raw"
    assert [one["cr3"] for one in found["candidates"]] == [TABLES]
    walk = AddressSpace(MemoryImage.raw(memory()), TABLES).walk()
    assert [page["entry"] for page in found["pages"]] == walk.entry.tolist()


def test_other_modes_are_found_too(kpack: Kpack, tmp_path: Path) -> None:
    path = tmp_path / "memory.raw"
    path.write_bytes(memory(PSE))
    assert "32-bit paging" in kpack("walk", path, "--summary").out
    assert "32-bit paging" in kpack("walk", path, "--summary", "--mode", "32-bit").out
    assert kpack("walk", path, "--mode", "4-level").status == Exit.SOURCE


def test_the_note_of_a_core_gives_cr3(kpack: Kpack, tmp_path: Path) -> None:
    """The note's registers: CR0 has PG, CR4 has PAE, CR3 is the table. QEMU's own are tried in
    tests/kobjects/memory.
    """
    registers = bytearray(cpu_note())
    for number, value in enumerate((0x80000011, 0, 0, TABLES, 0x20)):
        at = len(registers) - 8 - 40 + 8 * number
        registers[at : at + 8] = value.to_bytes(8, "little")
    path = tmp_path / "core"
    path.write_bytes(core([(0, memory())], bytes(registers)))
    said = kpack("walk", path, "--summary")
    assert said.status == 0
    assert f"cr3         {TABLES:#x}, of processor 0; 4-level paging" in said.out
    said = kpack("walk", path, "--cpu", "3")
    assert said.status == Exit.SOURCE
    assert "error[KP6102]: the dump has 1 processors, so there is no number 3" in said.err


def test_a_processor_without_paging_is_told(kpack: Kpack, tmp_path: Path) -> None:
    path = tmp_path / "core"
    path.write_bytes(core([(0, memory())], note(b"QEMU\0", 0, bytes(440))))
    said = kpack("walk", path)
    assert said.status == Exit.SOURCE
    assert "error[KP6103]: processor 0 had paging switched off: CR0 is 0x0" in said.err
    assert "help: another --cpu, or --cr3" in said.err


def test_cr3_may_be_given(kpack: Kpack, dump: Path) -> None:
    said = kpack("walk", dump, "--summary", "--cr3", hex(TABLES))
    assert f"cr3         {TABLES:#x}, given; 4-level paging" in said.out
    assert "candidate" not in said.out


def test_findings_are_told_on_standard_error(kpack: Kpack, dump: Path) -> None:
    said = kpack("walk", dump, "--csv", "--cr3", "0x9000000")
    assert said.status == 0
    assert said.out == "linear,physical,size,rights,entry\n"
    assert said.err == (
        "finding: cr3: 0x9000000, but the pml4 at this address is not in the image\n"
    )


def test_a_walk_may_be_cut_short(kpack: Kpack, dump: Path) -> None:
    said = kpack("walk", dump, "--csv", "--limit", "3")
    assert len(said.out.splitlines()) == 4
    assert "the walk ends here: the limit is 3 pages" in said.err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--json", "--csv"], "--json, --csv and --summary exclude each other"),
        (["--cr3", "here"], "here is not a number such as 0x1000 or 4096"),
        (["--mode", "6-level"], "there is no paging mode 6-level; there are 4-level, 5-level, PAE"),
    ],
)
def test_wrong_usage(kpack: Kpack, dump: Path, words: list[str], expected: str) -> None:
    said = kpack("walk", dump, *words)
    assert said.status == Exit.USAGE
    assert expected in said.err


def test_what_can_not_be_walked_is_status_3(kpack: Kpack, tmp_path: Path) -> None:
    said = kpack("walk", tmp_path / "nothing")
    assert said.status == Exit.SOURCE
    assert "nothing: error[KP6101]: No such file or directory" in said.err
    empty = tmp_path / "zeros"
    empty.write_bytes(bytes(1 << 20))
    said = kpack("walk", empty)
    assert said.status == Exit.SOURCE
    assert "zeros: error[KP6104]: no page of it is a first table that maps itself" in said.err
    empty.write_bytes(b"")
    assert "the file is empty" in kpack("walk", empty).err


PROGRAM = """
from packer.cli.main import main
import sys
sys.argv = ["kpack", "walk", {path!r}, "--summary"]
main()
"""


def test_inspect_alone_is_enough(dump: Path) -> None:
    """Neither keystone nor QEMU's library is there; errors are told without them too."""
    extra = [*PROJECT["dependencies"], *EXTRAS["inspect"]]
    done: subprocess.CompletedProcess[str]
    done = run_with_only(extra, PROGRAM.format(path=str(dump)))
    assert done.returncode == 0, done.stderr
    assert f"candidate   {TABLES:#x}" in done.stdout
    done = run_with_only(extra, PROGRAM.format(path=str(dump.parent)))
    assert done.returncode == Exit.SOURCE, done.stderr
    assert "error[KP6101]: Is a directory" in done.stderr


def test_numpy_that_is_missing_is_named(dump: Path) -> None:
    without = [name for name in EXTRAS["inspect"] if not name.startswith("numpy")]
    done = run_with_only([*PROJECT["dependencies"], *without], PROGRAM.format(path=str(dump)))
    assert done.returncode == Exit.TOOL, done.stderr
    assert "error[KP4009]: the library numpy is not installed" in done.stderr
    assert "pip install 'kobjects[inspect]'" in done.stderr
