"""Lines of source in the symbol file, as others read them: pyelftools, objdump and gdb."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import given
from hypothesis import strategies as st

from packer.build import artifacts, build
from packer.formats import dwarf
from packer.image import Artifact, Image
from packer.manifest import find, load


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    return build(load(find(tmp_path_factory.mktemp("nothing"))).system)


@pytest.fixture(scope="module")
def files(image: Image) -> list[Artifact]:
    return artifacts(image, ["bios", "pvh"])


def rows(symbols: Artifact) -> dict[int, tuple[str, int]]:
    """Address → file and line, as pyelftools reads it."""
    info = ELFFile(io.BytesIO(symbols.data)).get_dwarf_info()
    found = {}
    for unit in info.iter_CUs():
        program = info.line_program_for_CU(unit)
        assert program is not None
        for entry in program.get_entries():
            if entry.state is not None and not entry.state.end_sequence:
                name = program["file_entry"][entry.state.file - 1].name.decode()
                found[entry.state.address] = (name, entry.state.line)
    return found


def test_every_line_of_every_unit_is_where_pyelftools_finds_it(
    image: Image, files: list[Artifact]
) -> None:
    boots = [file.boot for file in files if file.boot]
    units = [*boots, image.units["kernel.text"], image.units["kernel.rodata"]]
    expected = {
        unit.address + line.offset: (line.file, line.line)
        for unit in units
        for line in unit.unit.lines
        if line.size
    }
    assert len(expected) > 5000
    assert rows(files[-1]) == expected


def test_objdump_has_no_complaint(files: list[Artifact], tmp_path: Path) -> None:
    path = tmp_path / "symbols.elf"
    path.write_bytes(files[-1].data)
    arguments = ["objdump", "--dwarf=info,abbrev,decodedline", str(path)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.count("DW_AT_low_pc") == 1 + 4, "the abbreviation, two boot codes, kernel"


def test_gdb_shows_the_line(image: Image, files: list[Artifact], tmp_path: Path) -> None:
    path = tmp_path / "symbols.elf"
    path.write_bytes(files[-1].data)
    done = subprocess.run(
        ["gdb", "-nx", "-batch", "-ex", "info line *'syscall_entry'", path],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    first = image.units["kernel.text"].unit.symbols["syscall_entry"]
    line = next(one for one in image.units["kernel.text"].unit.lines if one.offset == first)
    found = re.search(r'Line (\d+) of "([^"]+)" starts at address', done.stdout)
    assert found is not None, done.stdout
    assert (found[2], int(found[1])) == (line.file, line.line)


@given(st.integers(0, 1 << 64))
def test_unsigned_numbers_are_read_back(value: int) -> None:
    from elftools.common.construct_utils import ULEB128

    assert ULEB128("n").parse(dwarf.unsigned(value)) == value


@given(st.integers(-(1 << 40), 1 << 40))
def test_signed_numbers_are_read_back(value: int) -> None:
    from elftools.common.construct_utils import SLEB128

    assert SLEB128("n").parse(dwarf.signed(value)) == value
