"""kpack set on an image of ours: by the map's paths, proved again, with a map that says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kobjects.cpu.gates import GateDescriptor
from kobjects.cpu.segments import Ring, SegmentDescriptor
from packer.atlas.find import open_chart
from packer.cli.exits import Exit
from packer.cli.main import status
from tests.packer.cli.conftest import Kpack

NAME = "demonstration.bios.img"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    assert status(["build", "-t", "bios", "-o", str(folder)]) == 0
    return folder


@pytest.fixture
def image(kpack: Kpack, built: Path) -> Path:
    """A copy of the build in the test's own folder."""
    for file in built.iterdir():
        shutil.copy(file, file.name)
    return Path(NAME)


def at(image: Path, symbol: str) -> int:
    found = open_chart(image, image.read_bytes()).offset_of(symbol=symbol)
    assert found is not None
    return found


def test_a_copy_has_the_new_value_and_nothing_else(kpack: Kpack, image: Path) -> None:
    before = image.read_bytes()
    said = kpack("set", image, "gdt[1].dpl=3", "-o", "copy")
    assert said.out.startswith("gdt.kernel_code.dpl 0 (KERNEL) → 3 (USER): ring 3 may now load it")
    after = Path("copy").read_bytes()
    start = at(image, "gdt") + 8
    code = SegmentDescriptor.parse(before[start:])
    assert SegmentDescriptor.parse(after[start:]) == code.replace(dpl=Ring.USER)
    assert (after[:start], after[start + 8 :]) == (before[:start], before[start + 8 :])
    assert image.read_bytes() == before


def test_what_no_longer_holds_is_said(kpack: Kpack, image: Path) -> None:
    said = kpack("set", image, "gdt[1].dpl=USER", "--dry-run")
    assert said.status == Exit.CHECK_FAILED
    assert "what held before and no longer does:" in said.err
    assert "idt[0].selector: error[KP2343]" in said.err
    assert "; and so in 255 more places" in said.err


def test_a_harmless_change_breaks_nothing_and_the_map_says_what_it_was(
    kpack: Kpack, image: Path
) -> None:
    said = kpack("set", image, "mbr.disk_signature=0x12345678")
    assert (said.status, said.err) == (0, "")
    chart = open_chart(image, image.read_bytes())
    (edit,) = chart.edits
    assert (edit["path"], edit["after"]) == ("master boot record.disk_signature", "0x12345678")
    assert kpack("explain", image, "mbr.disk_signature").status == 0


def test_several_fields_are_changed_at_once_or_none(kpack: Kpack, image: Path) -> None:
    before = image.read_bytes()
    said = kpack("set", image, "idt[3].dpl=0", "idt[14].ist=9")
    assert "idt[14].ist: error[KP0001]: 0x9 is out of range 0..0x7 (bits 34:32)" in said.err
    assert image.read_bytes() == before
    assert kpack("set", image, "idt[3].dpl=0", "idt[14].ist=2", "--json").out
    gates = GateDescriptor[256].parse(image.read_bytes()[at(image, "idt") :])
    assert (gates[3].dpl, gates[14].ist) == (Ring.KERNEL, 2)


def test_a_dry_run_writes_nothing(kpack: Kpack, image: Path) -> None:
    before = {path: path.read_bytes() for path in Path().iterdir()}
    kpack("set", image, "gdt[1].dpl=3", "--dry-run")
    assert {path: path.read_bytes() for path in Path().iterdir()} == before


def test_another_changed_byte_is_still_noticed(kpack: Kpack, image: Path) -> None:
    assert kpack("set", image, "mbr.disk_signature=1").status == 0
    data = bytearray(image.read_bytes())
    data[0x700] ^= 1
    image.write_bytes(data)
    assert "error[KP2504]" in kpack("explain", image, "0").err
    assert "error[KP2504]" in kpack("set", image, "gdt[1].dpl=0").err


def test_the_copys_map_is_of_the_copy(kpack: Kpack, image: Path) -> None:
    kpack("set", image, "mbr.disk_signature=2", "-o", "copy")
    written = json.loads(Path("copy.map").read_text(encoding="utf-8"))
    assert [file["name"] for file in written["files"]] == ["copy"]
    Path("elsewhere").mkdir()
    for name in ("copy", "copy.map"):
        Path(name).rename(Path("elsewhere") / name)
    assert kpack("diff", image, "elsewhere/copy", "--json").status == Exit.CHECK_FAILED
