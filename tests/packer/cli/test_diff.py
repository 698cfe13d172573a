"""kpack diff: an edited copy differs in what was edited, two builds in what they say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kobjects.cpu.gates import GateDescriptor
from kobjects.cpu.segments import Ring, SegmentDescriptor
from packer.atlas.chart import Chart
from packer.atlas.find import open_chart
from packer.cli.exits import Exit
from packer.cli.main import status
from tests.packer.cli.conftest import Kpack

NAME = "demonstration.bios.img"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    assert status(["build", "-o", str(folder)]) == 0
    return folder / NAME


@pytest.fixture(scope="module")
def chart(built: Path) -> Chart:
    return open_chart(built, built.read_bytes())


def offset(chart: Chart, symbol: str) -> int:
    found = chart.offset_of(symbol=symbol)
    assert found is not None
    return found


@pytest.fixture
def edited(kpack: Kpack, built: Path) -> Callable[[int, bytes], list[dict[str, Any]]]:
    """What kpack diff says of a copy with other bytes at an offset."""

    def run(at: int, data: bytes) -> list[dict[str, Any]]:
        copy = bytearray(built.read_bytes())
        copy[at : at + len(data)] = data
        Path("copy").write_bytes(copy)
        said = kpack("diff", built, "copy", "--json")
        assert said.status == Exit.CHECK_FAILED
        assert "copy has no map of its own; it is read through" in said.err
        differences: list[dict[str, Any]] = json.loads(said.out)["differences"]
        return differences

    return run


Edited = Callable[[int, bytes], list[dict[str, Any]]]


def test_an_image_does_not_differ_from_itself(kpack: Kpack, built: Path) -> None:
    said = kpack("diff", built, built)
    assert (said.status, said.out) == (0, "")


def test_a_descriptor_differs_by_field_and_says_what_it_means(
    edited: Edited, built: Path, chart: Chart
) -> None:
    at = offset(chart, "gdt") + 8
    code = SegmentDescriptor.parse(built.read_bytes()[at:])
    (only,) = edited(at, code.replace(dpl=Ring.USER).build())
    assert (only["kind"], only["path"]) == ("field", "gdt.kernel_code.dpl")
    assert (only["before"], only["after"]) == ("0 (KERNEL)", "3 (USER)")
    assert only["meaning"] == "ring 3 may now load it"


def test_a_gate_that_leads_elsewhere_is_a_difference(
    edited: Edited, built: Path, chart: Chart
) -> None:
    at = offset(chart, "idt") + 14 * GateDescriptor.size
    gate = GateDescriptor.parse(built.read_bytes()[at:])
    (only,) = edited(at, gate.replace(offset=gate.offset + 1, ist=gate.ist).build())
    assert only["path"] == "idt[14].offset"


def test_an_instruction_differs_within_its_function(edited: Edited, chart: Chart) -> None:
    (only,) = edited(offset(chart, "trap_entry"), b"\xfa")
    assert (only["kind"], only["path"]) == ("code", "trap_entry")
    assert [line[:4] for line in only["listing"] if line[0] in "+-"][-1] == "+cli"


def test_padding_that_is_no_longer_zero_is_a_difference(edited: Edited, chart: Chart) -> None:
    padding = next(span for span in chart.spans if span.part.is_ == "padding")
    (only,) = edited(padding.start, b"\1")
    assert only["path"] == f"padding at {padding.start:#x}"
    assert (only["before"], only["after"]) == ("zero", "not zero")


def test_every_byte_that_changes_is_noticed(edited: Edited, built: Path, chart: Chart) -> None:
    data = built.read_bytes()
    for span in chart.spans[:: max(1, len(chart.spans) // 12)]:
        at = span.start + span.size // 2
        assert edited(at, bytes([data[at] ^ 0x40])), span


def test_two_builds_differ_in_what_was_added_and_moved(
    kpack: Kpack, built: Path, tmp_path: Path
) -> None:
    assert kpack("build", "--debug", "-o", tmp_path / "debug").status == 0
    said = kpack("diff", built, tmp_path / "debug" / NAME, "--json")
    assert said.status == Exit.CHECK_FAILED
    found = json.loads(said.out)
    paths = {one["path"]: one for one in found["differences"]}
    assert paths["kernel.text"]["kind"] == "size"
    assert "kernel_symbols" in {one["name"] for one in found["moved"]}
    assert found["following"] > 100
    # Gates lead to the same labels, wherever those have gone.
    assert not [path for path in paths if path.startswith("idt[")]


def test_files_without_any_map_are_refused(kpack: Kpack) -> None:
    Path("a").write_bytes(b"a")
    Path("b").write_bytes(b"b")
    said = kpack("diff", "a", "b")
    assert said.status == Exit.SOURCE
    assert said.err.count("error[KP2505]") == 2
