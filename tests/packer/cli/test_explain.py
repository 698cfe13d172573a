"""kpack explain: one place of an image, from the file down to the bits and whoever set them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from kobjects.cpu.segments import SegmentDescriptor
from packer.atlas.find import open_chart
from packer.cli.exits import Exit
from packer.cli.main import status
from tests.packer.cli.conftest import Kpack

NAME = "demonstration.bios.img"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    assert status(["build", "-o", str(folder)]) == 0
    return folder


@pytest.fixture
def image(built: Path) -> Path:
    return built / NAME


def explained(kpack: Kpack, image: Path, where: str) -> dict[str, Any]:
    said = kpack("explain", image, where, "--json")
    assert said.status == 0, said.err
    found: dict[str, Any] = json.loads(said.out)
    return found


def test_a_field_is_told_down_to_its_bits(kpack: Kpack, image: Path, root: Path) -> None:
    said = explained(kpack, image, "gdt[5].dpl")
    data = image.read_bytes()[said["offset"] :][:8]
    assert SegmentDescriptor.parse(data).dpl == 3
    assert (said["path"], said["value"]) == ("gdt.user_code.dpl", "3 (USER)")
    assert said["meaning"] == "least privileged ring that may load it"
    assert said["manual"] == str(SegmentDescriptor.source)
    assert [row["bits"] for row in said["bits"] if row["meant"]] == ["46:45"]
    file, _, line = said["set_by"][0].rpartition(":")
    assert (root / file).read_text().splitlines()[int(line) - 1].startswith("def fill_gdt(")


@pytest.mark.parametrize(
    ("where", "path"),
    [
        ("0", "bios_entry"),
        ("file:0x1be", "master boot record.partitions[0].status"),
        ("mbr.partitions[0]", "master boot record.partitions[0]"),
        ("phys:0x200000", "kernel_entry"),
        ("0x200000", "kernel_entry"),
        ("0xffffffff80200000", "kernel_entry"),
        ("virt:0x7c00", "bios_entry"),
        ("idt[14].ist", "idt[14].ist"),
        ("idt+0xe3", "idt[14]"),
        ("thread.console", "thread.console"),
    ],
)
def test_each_way_to_say_where(kpack: Kpack, image: Path, where: str, path: str) -> None:
    assert explained(kpack, image, where)["path"] == path


def test_code_is_told_with_its_source_line(kpack: Kpack, image: Path, root: Path) -> None:
    said = explained(kpack, image, "trap_entry+0x12")
    file, _, line = said["set_by"][0].rpartition(":")
    source = (root / file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
    assert said["code"]["source"] == source.strip()
    assert said["code"]["function"] == "trap_entry"
    assert said["code"]["instruction"] == " ".join(source.partition(";")[0].split())


def test_what_an_instruction_names_is_named(kpack: Kpack, image: Path) -> None:
    said = explained(kpack, image, "kernel_entry")
    assert said["code"]["instruction"].startswith("lgdt [rip + 0x")
    assert said["code"]["instruction"].endswith(" <gdt_pointer>")
    assert explained(kpack, image, "bios_entry")["code"]["bits"] == 16


def test_reserved_memory_has_addresses_and_no_bytes(kpack: Kpack, image: Path) -> None:
    said = explained(kpack, image, "boot_info")
    assert (said["offset"], said["bytes"], said["part"]["reserved"]) == (None, "", True)
    assert "the kernel finds it zeroed" in kpack("explain", image, "boot_info").out


def test_a_tasks_structure_leads_to_the_manifest(kpack: Kpack, image: Path) -> None:
    places = explained(kpack, image, "thread.console")["set_by"]
    assert [place.rpartition(":")[0] for place in places] == [
        "stages/tasks/threads.py", "stages/user/demonstration.toml",
    ]  # fmt: skip


def test_padding_says_why_it_is_there(kpack: Kpack, image: Path) -> None:
    with image.open("rb") as file:
        chart = open_chart(image, file.read())
    padding = next(span for span in chart.spans if span.part.is_ == "padding")
    said = explained(kpack, image, f"file:{padding.start:#x}")
    assert said["meaning"] == "rest of the loader's last sector"


@pytest.mark.parametrize(
    ("where", "text"),
    [
        (
            "gdt[3].dlp",
            "gdt: error[KP0001]: SegmentDescriptor has no field 'dlp'; did you mean 'dpl'",
        ),
        ("gtd[3]", "has no part or symbol 'gtd'; did you mean 'gdt'?"),
        ("trap_entri", "has no part or symbol 'trap_entri'; did you mean 'trap_entry'?"),
        ("file:0x10000000", "error[KP2506]: nothing is at file:0x10000000: the file has 0x"),
        ("virt:0x400000", "a task's addresses are told by its symbols"),
        ("phys:0x10", "nothing is at phys:0x10: the kernel lies at 0xffffffff80200000"),
        ("idt+0x1000", "nothing is at idt+0x1000: idt ends at +0x1000"),
    ],
)
def test_nowhere_says_what_is_near(kpack: Kpack, image: Path, where: str, text: str) -> None:
    said = kpack("explain", image, where)
    assert said.status == Exit.SOURCE
    assert text in said.err
    assert said.out == ""


def test_an_image_that_has_changed_is_refused(kpack: Kpack, built: Path) -> None:
    for file in built.iterdir():
        shutil.copy(file, file.name)
    changed = bytearray(Path(NAME).read_bytes())
    at = open_chart(Path(NAME), changed).offset_of(symbol="gdt")
    assert at is not None
    changed[at] ^= 1
    Path(NAME).write_bytes(changed)
    said = kpack("explain", NAME, "gdt")
    assert "error[KP2504]: is not the file that" in said.err
    assert "gdt at 0x" in said.err
    other = kpack("explain", NAME, "gdt", "--map", built / "demonstration.map")
    assert "error[KP2504]" in other.err


def test_a_file_without_a_map_is_refused(kpack: Kpack, image: Path) -> None:
    Path("disk").write_bytes(image.read_bytes())
    said = kpack("explain", "disk", "0")
    assert said.status == Exit.SOURCE
    assert "error[KP2505]: has no map" in said.err
    found = kpack("explain", "disk", "0", "--map", image.parent / "demonstration.map")
    assert found.status == 0


def test_a_person_sees_every_field_of_a_word(kpack: Kpack, image: Path) -> None:
    said = kpack("explain", image, "idt[14]")
    assert "46:45  dpl       0 (KERNEL)" in said.out
    assert "GateDescriptor[256]" in said.out
