"""The image that kpack ships, from its manifest to its last byte."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kobjects.cpu.paging import LinearAddress
from kobjects.kernel.addresses import Kernel, User
from packer.build import artifacts, build
from packer.checks import findings
from packer.checks.tables import AddressSpace
from packer.image import Artifact, Image
from packer.manifest import DEMONSTRATION, load
from packer.map import describe
from packer.provenance import Kind

BUILD = """
import hashlib, json
from packer.build import artifacts, build
from packer.manifest import DEMONSTRATION, load

manifest = load(DEMONSTRATION)
files = artifacts(build(manifest.system), manifest.targets)
print(json.dumps({file.name: hashlib.sha256(file.data).hexdigest() for file in files}))
"""


@pytest.fixture(scope="module")
def image() -> Image:
    return build(load(DEMONSTRATION).system)


@pytest.fixture(scope="module")
def files(image: Image) -> list[Artifact]:
    return artifacts(image, load(DEMONSTRATION).targets)


def test_there_is_a_file_for_each_target_and_one_of_symbols(files: list[Artifact]) -> None:
    assert [file.name for file in files] == [
        "demonstration.bios.img",
        "demonstration.pvh.elf",
        "demonstration.multiboot",
        "demonstration.iso",
        "demonstration.uefi.img",
        "demonstration.rom",
        "demonstration.symbols.elf",
    ]


def test_every_byte_of_every_file_has_one_owner(files: list[Artifact]) -> None:
    for file in files:
        reached = 0
        for owner in file.owners:
            assert owner.start == reached
            reached = owner.end
            assert owner.part
            if owner.kind is Kind.PADDING:
                assert owner.text
                assert not any(file.data[owner.start : owner.end])
            elif owner.kind is not Kind.FIELD:
                assert owner.path
        assert reached == len(file.data)


def test_a_gates_owner_is_its_element_of_the_idt(image: Image) -> None:
    gate = image.symbols.physical("idt") - image.layout.window.start + 14 * 16
    owner = image.owners.at(gate + 3)
    assert (owner.part, owner.path, owner.start, owner.size) == ("idt", "[14]", gate, 16)
    assert "IDT" in owner.place


def test_the_checks_find_nothing(image: Image) -> None:
    assert findings(image) == []


def test_a_last_page_in_any_space_is_found(image: Image) -> None:
    """The page below the non-canonical addresses, mapped through a task's own tables."""
    last = LinearAddress.from_int(User.LIMIT)
    first = LinearAddress.from_int(User.TEXT)
    for task in image.system.tasks:
        load_ = bytearray(image.load)
        for table, index, like in (
            *(("pml4", last.pml4, first.pml4), ("pdpt", last.pdpt, first.pdpt)),
            *(("pd", last.pd, first.pd), ("pt", last.pt, first.pt)),
        ):
            start = image.symbols.physical(f"{table}.{task.name}") - image.layout.window.start
            (entry,) = struct.unpack_from("<Q", load_, start + 8 * like)
            struct.pack_into("<Q", load_, start + 8 * index, entry)
        found = findings(replace(image, load=bytes(load_)))
        assert [(problem.code, problem.place) for problem in found] == [
            ("KP2303", f"pml4.{task.name}")
        ]


def test_a_task_reaches_only_its_own_memory(image: Image) -> None:
    """From the finished tables: what ring 3 can touch is the task's own or a device, and what
    the packer tells the supervisor.
    """
    places = image.layout.placements
    for task in image.system.tasks:
        devices = {page for span in task.physical.values() for page in span[::4096]}
        allowed = {f"task.{task.name}.text", f"stack.{task.name}", f"message.{task.name}"}
        if task.roster:
            allowed |= {"roster", "task_symbols"}
        if task.modules:
            allowed |= {"modules", *(f"module.{module.name}" for module in image.system.modules)}
        for page in AddressSpace(image, f"pml4.{task.name}").walk():
            if not page.user:
                continue
            assert User.MINIMUM <= page.linear < User.LIMIT
            touched = {
                place.name
                for place in places
                if place.physical < page.physical + page.size
                and page.physical < place.physical + place.size
            }
            assert touched <= allowed, (task.name, page)
            assert touched or page.physical in devices


def test_guards_are_unmapped_and_everything_placed_is_mapped(image: Image) -> None:
    spaces = ["kernel_pml4", *(f"pml4.{task.name}" for task in image.system.tasks)]
    window = image.layout.window
    for name in spaces:
        space = AddressSpace(image, name)
        for place in image.layout.placements:
            for address in (place.virtual, place.end - 1):
                page = space.translate(address)
                assert page is not None
                assert page.physical == (address - window.base) & -4096
                assert (page.writable, page.executable, page.user) == (
                    *(place.access.writable, place.access.executable, False),
                )
        for gap in image.layout.gaps:
            if gap.guard:
                assert space.translate(gap.physical + window.base) is None


def test_the_map_adds_up_to_the_loaded_bytes(image: Image) -> None:
    described = describe(image.layout, image.system.name)
    assert described["totals"]["loaded"] == len(image.load)
    assert described["window"]["limit"] == Kernel.LIMIT
    assert described["problems"] == []


def test_another_process_in_another_world_builds_the_same(
    files: list[Artifact], tmp_path: Path, root: Path
) -> None:
    world = {
        "PYTHONHASHSEED": "12345",
        "TZ": "Pacific/Chatham",
        "LC_ALL": "C",
        "PYTHONPATH": str(root),
        "KPACK_CACHE": str(tmp_path / "cold"),
    }
    done = subprocess.run(
        [sys.executable, "-c", BUILD],
        env=os.environ | world,
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    ours = {file.name: hashlib.sha256(file.data).hexdigest() for file in files}
    assert json.loads(done.stdout) == ours
