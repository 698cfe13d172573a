"""Every target brings up the same kernel: its bytes in the file and in memory, and what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from packer.build import artifacts, build
from packer.formats import FORMATS
from packer.image import Image
from packer.machine.outcome import Outcome
from packer.machine.qemu import TARGETS, Launch
from packer.machine.qmp import Monitor
from packer.machine.run import Company, run
from packer.manifest import DEMONSTRATION, load
from stages.model import Access
from tests.packer.machine import guests
from tests.stages import harness

pytestmark = pytest.mark.boot

FIRST_USER_LINE = "user        the supervisor runs in ring 3"


@pytest.fixture(scope="module")
def image() -> Image:
    return build(load(DEMONSTRATION).system)


def test_every_target_has_its_machines() -> None:
    assert set(FORMATS) == set(TARGETS)
    assert set(FORMATS) == set(load(DEMONSTRATION).targets)


@pytest.mark.parametrize("target", FORMATS)
def test_the_file_has_the_kernel_once(target: str, image: Image) -> None:
    (file, _) = artifacts(image, [target])
    assert file.data.count(image.load) == 1


@pytest.fixture(scope="module", params=list(FORMATS))
def booted(
    request: pytest.FixtureRequest, image: Image, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Outcome, bytes]:
    """How the run ended, and the memory where the kernel lies then."""
    if TARGETS[request.param][0].firmware:
        guests.needs_uefi()
    (file, _) = artifacts(image, [request.param])
    path = Path(tmp_path_factory.mktemp("target"), file.name)
    path.write_bytes(file.data)
    memory: list[bytes] = []

    def read(monitor: Monitor) -> None:
        memory.append(monitor.memory(image.layout.window.start, len(image.load)))

    outcome = run(
        path, TARGETS[request.param][0], Launch(stay=True), timeout=120.0,
        company=Company(at_end=read),
    )  # fmt: skip
    return harness.passed(outcome), memory[0]


def test_what_nobody_writes_is_the_same_in_memory(
    booted: tuple[Outcome, bytes], image: Image
) -> None:
    _, memory = booted
    for place in image.layout.placements:
        if place.loaded and place.access is not Access.DATA:
            start = place.physical - image.layout.window.start
            assert memory[start : start + place.size] == image.contents(place.name), place.name


def test_a_task_says_the_same_first(booted: tuple[Outcome, bytes]) -> None:
    outcome, _ = booted
    first = next(line for line in harness.lines(outcome) if line.startswith("user "))
    assert first == FIRST_USER_LINE
