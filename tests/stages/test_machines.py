"""The demonstration boots on every machine: chipsets, processors, disks, little memory and much."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from kobjects.kernel.addresses import Page
from packer.build import build
from packer.image import Image
from packer.machine.outcome import Outcome
from packer.machine.qemu import (
    MICROVM,
    PC,
    PC_CD,
    PC_IDE,
    PC_UEFI,
    Q35,
    Q35_CD,
    Q35_UEFI,
    TARGETS,
    Machine,
)
from packer.manifest import DEMONSTRATION, load
from tests.packer.machine import guests
from tests.stages import harness

pytestmark = pytest.mark.boot

SMALL, LARGE = 16, 4096
"""MiB. The large one has memory above 4 GiB: a PC's devices take the place below."""
OVMF_LEAST = 64
"""With less OVMF does not come as far as us."""
MIB = 1 << 20
NOT_OURS = 5 * MIB
"""Firmware, the first MiB and the image may be missing in what the kernel counts."""
OVMFS = 8 * MIB
"""What OVMF keeps for itself beside that, for after the boot."""
LEAST = frozenset({"NX", "PGE"})
MOST = LEAST | {"SMEP", "SMAP", "UMIP"}
PROTECTIONS = {"qemu64": LEAST, "max": MOST}
"""What these processors have, says QEMU: `-cpu qemu64` is AMD's of 2003."""


@dataclass(frozen=True)
class Case:
    target: str
    machine: Machine
    memory: int
    cpu: str

    def __str__(self) -> str:
        return f"{self.target}-{self.machine.name}-{self.memory}-{self.cpu}"


CASES = [
    Case("bios", PC, SMALL, "qemu64"),
    Case("bios", PC_IDE, LARGE, "max"),
    Case("bios", Q35, SMALL, "max"),
    Case("bios", Q35, LARGE, "qemu64"),
    Case("iso", PC_CD, SMALL, "max"),
    Case("iso", PC_CD, LARGE, "qemu64"),
    Case("iso", Q35_CD, LARGE, "max"),
    Case("iso", PC, LARGE, "max"),
    Case("iso", PC_IDE, SMALL, "qemu64"),
    Case("iso", Q35, SMALL, "max"),
    Case("multiboot", MICROVM, SMALL, "max"),
    Case("multiboot", MICROVM, LARGE, "qemu64"),
    Case("multiboot", PC, SMALL, "qemu64"),
    Case("multiboot", PC, LARGE, "max"),
    Case("multiboot", Q35, LARGE, "max"),
    Case("rom", MICROVM, SMALL, "max"),
    Case("rom", MICROVM, LARGE, "qemu64"),
    Case("rom", PC, SMALL, "qemu64"),
    Case("rom", PC, LARGE, "max"),
    Case("rom", Q35, SMALL, "max"),
    Case("rom", Q35, LARGE, "qemu64"),
    Case("pvh", MICROVM, SMALL, "max"),
    Case("pvh", MICROVM, LARGE, "qemu64"),
    Case("pvh", PC, SMALL, "max"),
    Case("pvh", PC, LARGE, "qemu64"),
    Case("pvh", Q35, SMALL, "qemu64"),
    Case("pvh", Q35, LARGE, "max"),
    Case("uefi", Q35_UEFI, OVMF_LEAST, "max"),
    Case("uefi", Q35_UEFI, LARGE, "qemu64"),
    Case("uefi", PC_UEFI, LARGE, "max"),
]


@pytest.fixture(scope="module")
def image() -> Image:
    return build(load(DEMONSTRATION).system)


def test_every_machine_is_tried() -> None:
    tried = {(case.target, case.machine) for case in CASES}
    assert tried == {(name, machine) for name, machines in TARGETS.items() for machine in machines}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_demonstration_passes(case: Case, image: Image) -> None:
    if case.machine.firmware:
        guests.needs_uefi(case.machine.firmware)
    outcome = harness.passed(
        harness.boot(
            image, target=case.target, machine=case.machine, memory=case.memory, cpu=case.cpu,
            icount=False, timeout=120 if case.machine.firmware else harness.TIMEOUT,
        )
    )  # fmt: skip
    frames, protections = memory_line(outcome)
    missing = NOT_OURS + (OVMFS if case.machine.firmware else 0)
    assert case.memory * MIB - missing < frames * Page.SIZE < case.memory * MIB
    assert protections == PROTECTIONS[case.cpu]


def memory_line(outcome: Outcome) -> tuple[int, frozenset[str]]:
    """Frames, and the protections that the kernel found."""
    found = re.search(r"^memory +(\d+) frames; W\^X (.*)$", outcome.serial, re.MULTILINE)
    assert found
    return int(found[1]), frozenset(found[2].split())
