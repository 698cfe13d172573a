"""How long booting takes: from QEMU's start to the first byte of the first task.

Each image takes turns with the floor, the smallest image that can send a byte, so that both meet
the same moods of the host. A boot counts only once a task runs, with every stage initialised.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench import tiny
from bench.figures import INSTRUCTIONS, Figure
from bench.run import Run
from bench.watch import QUIET, until
from kobjects.kernel.bootinfo import BootInfo, BootStamp
from packer.build import artifacts, build
from packer.image import Image
from packer.machine.outcome import GuestError
from packer.machine.qemu import MICROVM, TARGETS, Machine
from packer.machine.qmp import Monitor
from packer.machine.run import Company
from packer.machine.run import run as boot
from packer.manifest import DEMONSTRATION, load

FIRST_USER_LINE = b"user "
"""How the line begins that is the first that a task prints."""

MEASURED = {target: machines for target, machines in TARGETS.items() if target != "uefi"}
"""UEFI firmware takes seconds of its own, which would hide ours and tell nothing."""

FLOOR_BYTE = b"U"

EXACT = frozenset({"pvh", "multiboot", "rom"})
"""Targets for which no BIOS waits for a disk."""


@dataclass(frozen=True)
class Case:
    """An image on a machine, and the floor for both."""

    target: str
    machine: Machine
    image: Path
    floor: Path

    @property
    def name(self) -> str:
        return f"{self.target}.{self.machine.name}"


def measure(run: Run) -> list[Figure]:
    """GuestError if an image does not come as far as its first task, or does not pass."""
    image = build(load(DEMONSTRATION).system)
    files = prepare(image, run.folder)
    cases = [
        Case(target, machine, files[target], files[f"floor.{target}"])
        for target, machines in MEASURED.items()
        for machine in machines
    ]
    return [
        *walls(cases, run),
        *(figure for case in cases for figure in counts(case, image, run)),
        *(Figure(f"image.{one}.bytes", "bytes", [files[one].stat().st_size]) for one in MEASURED),
        Figure("image.kernel.bytes", "bytes", [len(image.load)]),
    ]


def prepare(image: Image, folder: Path) -> dict[str, Path]:
    """The files to boot, by target, and the floors as `floor.TARGET`."""
    data = dict(zip(MEASURED, (file.data for file in artifacts(image, MEASURED)), strict=False))
    data |= {f"floor.{target}": tiny.image(target, tiny.FLOOR) for target in MEASURED}
    paths = {name: folder / name for name in data}
    for name, path in paths.items():
        path.write_bytes(data[name])
    return paths


def walls(cases: Sequence[Case], run: Run) -> list[Figure]:
    """Milliseconds from before QEMU's start to the byte that counts, image and floor in turn."""
    ours: dict[str, list[float]] = {case.name: [] for case in cases}
    floors: dict[str, list[float]] = {case.name: [] for case in cases}
    for number in range(run.repeat):
        run.say(f"boot: round {number + 1} of {run.repeat}")
        for case in cases:
            ours[case.name].append(until(case.image, case.machine, FIRST_USER_LINE))
            floors[case.name].append(until(case.floor, case.machine, FLOOR_BYTE))
    return [figure for name in ours for figure in pair(name, floors[name], ours[name])]


def pair(name: str, floor: Sequence[float], ours: Sequence[float]) -> Iterator[Figure]:
    """The figures of one case, from milliseconds."""
    under = Figure(f"boot.floor.{name}.wall", "ms", floor)
    yield under
    yield Figure(f"boot.{name}.wall", "ms", ours, under.name)


def counts(case: Case, image: Image, run: Run) -> list[Figure]:
    """Instructions until the first task's first, as the kernel itself noted them in BootInfo.

    Under icount the time-stamp counter counts instructions from the machine's start. The page is
    read from the machine while it stands, through the schema that the kernel was built with.
    """
    run.say(f"boot: counting instructions, {case.name}")
    pages: list[bytes] = []
    address = image.symbols.physical("boot_info")

    def read(monitor: Monitor) -> None:
        pages.append(monitor.memory(address, BootInfo.size))

    launch = replace(QUIET, icount=True, stay=True)
    outcome = boot(case.image, case.machine, launch, company=Company(at_end=read))
    if not outcome.passed:
        raise GuestError(outcome, f"{case.target} on {case.machine.name}")
    stamps = BootInfo.parse(pages[0]).stamps
    return list(counted(case, stamps))


def counted(case: Case, stamps: Sequence[int]) -> Iterator[Figure]:
    """The stamps as figures.

    A whole boot is the same in every run where no BIOS waits for a disk. A stage is the same
    however it was booted, but for the length of the memory map and the devices that it talks to,
    so one case is enough.
    """
    first, last = stamps[BootStamp.ENTRY], stamps[BootStamp.IPC]
    if case.target in EXACT:
        yield Figure(f"boot.{case.name}.instructions", INSTRUCTIONS, [last])
    yield Figure(f"boot.{case.name}.kernel.instructions", INSTRUCTIONS, [last - first])
    if case.name == f"pvh.{MICROVM.name}":
        for stamp in list(BootStamp)[1:]:
            spent = stamps[stamp] - stamps[stamp - 1]
            yield Figure(f"boot.stage.{stamp.name.lower()}.instructions", INSTRUCTIONS, [spent])
