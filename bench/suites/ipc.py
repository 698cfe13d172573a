"""What the kernel's operations cost: the image of `guest/ipc.toml` measures them from ring 3.

Under icount a sample is instructions and the same in every run. Without, it is ticks of the
time-stamp counter, and becomes nanoseconds; those figures have names that end in `.wall`, and take
turns with their floor, which `crossing.asm` measures without a kernel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bench import lines, tiny
from bench.clock import ticks_per_nanosecond
from bench.figures import INSTRUCTIONS, Figure
from bench.run import Run
from bench.watch import to_the_end
from packer.build import artifacts, build
from packer.machine.outcome import MARKER, GuestError, Outcome, Status
from packer.machine.qemu import MICROVM, Launch
from packer.machine.run import run as boot
from packer.manifest import load

MANIFEST = Path(__file__).parents[1] / "guest" / "ipc.toml"
TARGET = "pvh"
TICKS = "ticks"

FLOOR_MARKER = "floor measured"
CROSS = "ipc.floor.cross"
SYSCALL = "ipc.floor.syscall"
STAY_INSIDE = (
    *("syscall.null", "ipc.call.same.0w", "sched.yield.solo", "thread.create_destroy"),
    "mem.map_unmap",
)
"""Operations that enter no other address space; the floor of all others is `CROSS`."""


def measure(run: Run) -> list[Figure]:
    """GuestError if a guest does not pass, or sends what cannot be all of its figures."""
    image, floor = prepare(run.folder)
    run.say("ipc: counting instructions")
    counted = told(count(image), INSTRUCTIONS)
    rate = ticks_per_nanosecond(run.folder)
    floors, ours = list[list[Figure]](), list[list[Figure]]()
    for number in range(run.repeat):
        run.say(f"ipc: round {number + 1} of {run.repeat}")
        floors.append(told(to_the_end(floor, MICROVM, FLOOR_MARKER), TICKS))
        ours.append(told(to_the_end(image, MICROVM, MARKER), TICKS))
    return [*counted, *walls(floors, rate), *walls(ours, rate)]


def prepare(folder: Path) -> tuple[Path, Path]:
    """The files to boot: the image that measures, and the floor."""
    file, *_ = artifacts(build(load(MANIFEST).system), [TARGET])
    image, floor = folder / file.name, folder / "floor.ipc"
    image.write_bytes(file.data)
    floor.write_bytes(tiny.image(TARGET, tiny.CROSSING))
    return image, floor


def count(image: Path) -> Outcome:
    """One run under icount. GuestError if it does not pass."""
    outcome = boot(image, MICROVM, Launch(icount=True))
    if not outcome.passed:
        raise GuestError(outcome, f"{image.name} on {MICROVM.name}")
    return outcome


def told(outcome: Outcome, unit: str) -> list[Figure]:
    """The figures that a guest sent. GuestError if they are not whole, or of another unit: the
    guest takes ticks for instructions or instructions for ticks.
    """
    try:
        figures = lines.figures(outcome.serial)
        for figure in figures:
            if figure.unit != unit:
                raise lines.LineError(f"{figure.name} is in {figure.unit} instead of {unit}")
    except lines.LineError as error:
        failed = replace(outcome, status=Status.FAILED, reason=str(error))
        raise GuestError(failed, f"the figures of {MANIFEST.stem}") from error
    return figures


def walls(rounds: Sequence[Sequence[Figure]], rate: float) -> Iterator[Figure]:
    """The figures of all rounds in nanoseconds. `rate` is in ticks per nanosecond."""
    for same in zip(*rounds, strict=True):
        times = [ticks / rate for figure in same for ticks in figure.samples]
        yield Figure(f"{same[0].name}.wall", "ns", times, floor_of(same[0].name))


def floor_of(name: str) -> str:
    """The figure that no kernel could be below."""
    if name in (CROSS, SYSCALL):
        return ""
    return f"{SYSCALL if name in STAY_INSIDE else CROSS}.wall"
