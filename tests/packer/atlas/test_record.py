"""The map of a build, read back from its file alone, says of each byte what the build knew."""

from __future__ import annotations

from pathlib import Path

import pytest

from kobjects.kernel.addresses import Kernel
from packer.atlas.chart import Atlas, Chart
from packer.atlas.record import record
from packer.atlas.seal import sealed, unsealed
from packer.build import artifacts, build
from packer.image import Artifact, Image
from packer.manifest import DEMONSTRATION, load
from packer.provenance import Kind


@pytest.fixture(scope="module")
def image() -> Image:
    return build(load(DEMONSTRATION).system)


@pytest.fixture(scope="module")
def made(image: Image) -> list[Artifact]:
    return artifacts(image, load(DEMONSTRATION).targets)


@pytest.fixture(scope="module")
def atlas(image: Image, made: list[Artifact]) -> Atlas:
    return Atlas(unsealed(sealed(record(image, made, "demonstration")), "a.map"), "a.map")


def charts(atlas: Atlas, made: list[Artifact]) -> list[Chart]:
    return [Chart(atlas, file.name, file.data) for file in made]


def test_every_byte_of_every_file_has_one_owner(atlas: Atlas, made: list[Artifact]) -> None:
    for chart in charts(atlas, made):
        reached = 0
        for leaf in chart.leaves():
            assert leaf.start == reached
            assert leaf.size > 0
            reached = leaf.end
            if leaf.kind is Kind.PADDING:
                assert not any(chart.data[leaf.start : leaf.end])
        assert reached == len(chart.data) == chart.size


def test_the_owners_are_those_of_the_build(atlas: Atlas, made: list[Artifact]) -> None:
    for chart, file in zip(charts(atlas, made), made, strict=True):
        read = [(a.start, a.size, a.kind, a.part.name, a.path, a.text) for a in chart.leaves()]
        known = [(o.start, o.size, o.kind, o.part, o.path, o.text) for o in file.owners]
        assert read == known


def test_a_byte_leads_to_its_leaf_and_its_address(
    atlas: Atlas, image: Image, made: list[Artifact]
) -> None:
    start = image.layout.window.start
    for chart in charts(atlas, made):
        for leaf in list(chart.leaves())[::7]:
            for offset in {leaf.start, leaf.end - 1}:
                assert chart.leaf_at(offset) == leaf
                address = chart.address_of(offset)
                if address and address.virtual is not None:
                    assert chart.data[offset] == image.load[address.physical - start]
                    assert address.virtual == address.physical + Kernel.WINDOW
                    assert chart.offset_of(physical=address.physical) == offset
                    assert chart.offset_of(virtual=address.virtual) == offset


def test_the_kernel_is_in_every_file(atlas: Atlas, image: Image, made: list[Artifact]) -> None:
    for chart in charts(atlas, made):
        assert chart.load() == image.load


def test_symbols_lead_to_the_bytes_that_they_name(
    atlas: Atlas, image: Image, made: list[Artifact]
) -> None:
    chart = charts(atlas, made)[0]
    for name, unit in image.units.items():
        prefix = name.removesuffix("text") if name.startswith("task.") else ""
        for label, address in unit.labels().items():
            offset = chart.offset_of(symbol=prefix + label)
            assert offset is not None or address == unit.end
            if offset is not None:
                part, inside = chart.symbol(prefix + label)
                assert (part.name, unit.address + inside) == (name, address)


def test_boot_code_has_its_physical_address(made: list[Artifact], atlas: Atlas) -> None:
    for chart, file in zip(charts(atlas, made), made, strict=True):
        if file.boot is None:
            assert chart.boot is None
            continue
        assert chart.boot is not None
        offset = chart.offset_of(physical=file.boot.address)
        assert offset is not None
        assert chart.data[offset] == file.boot.code[0]
        loaded, code = chart.bytes_of(chart.boot), file.boot.code
        assert loaded[:440] + loaded[512:] == code[:440] + code[512:]
        assert all(line.bits in (16, 32, 64) for line in chart.boot.lines())


def test_whoever_decided_on_a_structure_is_named(atlas: Atlas) -> None:
    for part in atlas.parts:
        if part.is_ == "structure" and not part.reserved:
            file, _, line = part.set_by.rpartition(":")
            assert Path(file).read_text(encoding="utf-8").count("\n") >= int(line) > 0, part


def test_regions_of_a_task_lead_to_the_manifest(atlas: Atlas) -> None:
    lines = DEMONSTRATION.read_text(encoding="utf-8").splitlines()
    for name in ("thread.console", "slots.supervisor.rest", "task.ping.text", "module.shell"):
        told = atlas.manifest[atlas.part(name).manifest]
        line = int(told[""].rpartition(":")[2])
        assert name.split(".")[1] in "".join(lines[line - 1 : line + 2])
    priority = int(atlas.manifest["tasks.console"]["priority"].rpartition(":")[2])
    assert lines[priority - 1].startswith("priority = ")
