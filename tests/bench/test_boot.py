"""Boots: to the first byte of a task by the wall, and instruction by instruction."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.figures import Figure
from bench.run import Run
from bench.suites import boot
from kobjects.kernel.bootinfo import BootStamp
from packer.build import build
from packer.image import Image
from packer.machine.outcome import GuestError
from packer.machine.qemu import MICROVM, PC, Machine
from packer.manifest import DEMONSTRATION, load
from tests.bench.stops import instructions_at
from tests.packer.machine import guests

pytestmark = pytest.mark.boot

CASES = [f"{target}.{machine.name}" for target, them in boot.MEASURED.items() for machine in them]
ISO = ["pc-cd", "q35-cd", "pc", "pc-ide", "q35"]
STAGES = ["boot", "console", "interrupts", "memory", "tasks", "ipc"]


@pytest.fixture(scope="module")
def image() -> Image:
    return build(load(DEMONSTRATION).system)


def test_the_suite(run: Run) -> None:
    figures = {figure.name: figure for figure in boot.measure(run)}
    for case in CASES:
        ours, floor = figures[f"boot.{case}.wall"], figures[f"boot.floor.{case}.wall"]
        assert (ours.unit, len(ours.samples), len(floor.samples)) == ("ms", 2, 2)
        assert ours.floor == floor.name
        assert min(*ours.samples, *floor.samples) > 1
    assert [name for name in figures if name.endswith(".instructions")] == [
        "boot.bios.pc.kernel.instructions",
        "boot.bios.pc-ide.kernel.instructions",
        "boot.bios.q35.kernel.instructions",
        *(f"boot.iso.{name}.kernel.instructions" for name in ISO),
        "boot.pvh.microvm.instructions",
        "boot.pvh.microvm.kernel.instructions",
        *(f"boot.stage.{stage}.instructions" for stage in STAGES),
        "boot.pvh.pc.instructions",
        "boot.pvh.pc.kernel.instructions",
        "boot.pvh.q35.instructions",
        "boot.pvh.q35.kernel.instructions",
        *(
            f"boot.{target}.{name}.{what}"
            for target in ("multiboot", "rom")
            for name in ("microvm", "pc", "q35")
            for what in ("instructions", "kernel.instructions")
        ),
    ]
    sizes = [figures[f"image.{name}.bytes"].median for name in ("kernel", "bios", "pvh")]
    assert sizes[0] < min(sizes[1:])


@pytest.mark.parametrize("machine", [MICROVM, PC], ids=lambda machine: machine.name)
def test_qemu_counts_what_the_kernel_noted(machine: Machine, image: Image, run: Run) -> None:
    """At each stamp, QEMU's own count of executed instructions, taken by a breakpoint from outside.
    The kernel's includes the RDTSC that reads it.
    """
    file = boot.prepare(image, run.folder)["pvh"]
    at_stamps = instructions_at(file, machine, image.symbols["stamp"], len(BootStamp))
    case = boot.Case("pvh", machine, file, file)
    counted = {figure.name: figure.median for figure in boot.counts(case, image, run)}
    first, last = at_stamps[BootStamp.ENTRY], at_stamps[BootStamp.IPC]
    assert counted[f"boot.{case.name}.instructions"] == last + 1
    assert counted[f"boot.{case.name}.kernel.instructions"] == last - first
    if machine is MICROVM:
        for stage, start, end in zip(STAGES, at_stamps, at_stamps[1:], strict=False):
            assert counted[f"boot.stage.{stage}.instructions"] == end - start


def test_stamps_become_figures_with_stable_names() -> None:
    def named(target: str, machine: Machine) -> dict[str, float]:
        case = boot.Case(target, machine, Path(), Path())
        stamps = [100, 101, 103, 106, 110, 115, 121]
        return {each.name: each.median for each in boot.counted(case, stamps)}

    assert named("pvh", MICROVM) == {
        "boot.pvh.microvm.instructions": 121,
        "boot.pvh.microvm.kernel.instructions": 21,
        **{f"boot.stage.{stage}.instructions": spent for spent, stage in enumerate(STAGES, 1)},
    }
    a_bios_waits_for_its_disk = {"boot.bios.pc.kernel.instructions": 21}
    assert named("bios", PC) == a_bios_waits_for_its_disk


def test_a_boot_comes_beside_its_floor() -> None:
    floor, ours = boot.pair("pvh.pc", [60.0], [63.0])
    assert floor == Figure("boot.floor.pvh.pc.wall", "ms", [60.0])
    assert ours == Figure("boot.pvh.pc.wall", "ms", [63.0], "boot.floor.pvh.pc.wall")


def test_a_guest_that_fails_is_no_figure(image: Image, run: Run) -> None:
    file = guests.write(run.folder, "x", guests.kernel(guests.say32("x\n") + guests.end(0x31)))
    with pytest.raises(GuestError, match="pvh on microvm: the guest ended as if it had passed"):
        boot.counts(boot.Case("pvh", MICROVM, file, file), image, run)
