"""What is read back from a file and its map is what was built."""

from __future__ import annotations

import json

import pytest

from packer.atlas.chart import Atlas, Chart
from packer.atlas.record import record
from packer.atlas.seal import sealed, unsealed
from packer.build import artifacts
from packer.checks import boot_code
from packer.checks.registers import NEEDED
from packer.claims import claim_row, read_claims
from packer.recorded import kernel_bytes, subject
from packer.subject import CodeUnit, Subject
from tests.packer.verify.images import built, codes, texts


@pytest.fixture(scope="module")
def charts() -> list[Chart]:
    files = artifacts(built(), ["bios", "pvh"])
    text = sealed(record(built(), files, "demonstration"))
    atlas = Atlas(unsealed(text, "map") | {"digest": ""}, "map")
    return [Chart(atlas, file.name, file.data) for file in files]


def instructions(unit: CodeUnit) -> list[bytes]:
    """Those of data may be another's: the partition table lies in the boot sector."""
    return [
        unit.code[one.offset : one.offset + one.size] for one in unit.sources if not one.is_data
    ]


def test_a_subject_of_a_file_is_that_of_its_image(charts: list[Chart]) -> None:
    files = artifacts(built(), ["bios", "pvh"])
    for chart, file in zip(charts, files, strict=True):
        boot = [file.boot] if file.boot else []
        made, read = Subject.of(built(), boot), subject(chart)
        assert read.load == made.load
        assert read.window == made.window
        assert dict(read.symbols) == dict(made.symbols)
        assert (read.text, read.constants, read.tasks) == (made.text, made.constants, made.tasks)
        assert [instructions(one) for one in read.boot] == [instructions(one) for one in made.boot]
        key = {place.name: (place.virtual, place.size, place.loaded) for place in made.placements}
        assert {p.name: (p.virtual, p.size, p.loaded) for p in read.placements} == key


@pytest.mark.parametrize("copy", [0, 1])
def test_both_boot_codes_of_a_cd_are_judged(copy: int) -> None:
    """That for a disk and that for a CD: its first line of 64-bit code is no instruction."""
    made = artifacts(built(), ["iso"])
    file = made[0]
    content = unsealed(sealed(record(built(), made, "demonstration")), "map")
    data = bytearray(file.data)
    chart = Chart(Atlas(content, "map"), file.name, data)
    assert boot_code.check(subject(chart)).problems == []
    part = chart.boots[copy]
    line = next(line for line in part.lines() if line.bits == 64 and not line.is_data)
    place = chart.offset_in(part, line.offset)
    assert place is not None
    data[place : place + line.size] = b"\x06" * line.size
    assert codes(boot_code.check(subject(chart)).problems) == ["KP2360"]


def test_claims_come_back_as_they_were() -> None:
    claims = Subject.of(built()).claims
    written = json.loads(json.dumps([claim_row(claim) for claim in claims]))
    assert [claim_row(claim) for claim in read_claims(written)] == written
    assert len(written) == len(claims) > 100


def test_another_kernel_in_the_file_is_found(charts: list[Chart]) -> None:
    chart = charts[0]
    assert kernel_bytes(chart).problems == []
    data = bytearray(chart.data)
    data[chart.offset_of(symbol="print") or 0] ^= 1
    (text,) = texts(kernel_bytes(Chart(chart.atlas, chart.name, bytes(data))).problems)
    assert text.startswith(f"{chart.name}: error[KP2309]: carries a kernel of SHA-256 ")
    assert chart.atlas.kernel["sha256"] in text


def test_the_msrs_that_must_be_written_have_names() -> None:
    assert [msr.name for msr in NEEDED] == ["STAR", "LSTAR", "CSTAR", "FMASK", "SYSENTER_CS"]
