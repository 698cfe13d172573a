"""What the kernel's operations cost: the images of `guest/` measure them from ring 3.

Under icount a sample is instructions and the same in every run. Without, it is ticks of the
time-stamp counter, and becomes nanoseconds; those figures have names that end in `.wall`, and take
turns with their floor, which `crossing.asm` measures without a kernel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench import compiled, lines, tiny
from bench.clock import ticks_per_nanosecond
from bench.figures import INSTRUCTIONS, Figure
from bench.run import Run
from bench.watch import to_the_end
from packer.build import artifacts, build
from packer.image import Image
from packer.machine.outcome import MARKER, GuestError, Outcome, Status
from packer.machine.qemu import MICROVM, Launch
from packer.machine.run import run as boot
from packer.manifest import load

MANIFEST = Path(__file__).parents[1] / "guest" / "ipc.toml"
TARGET = "pvh"
TICKS = "ticks"

COMPILED = "ipc.call.cross.0w.c"
FLOOR_NAME = "floor.ipc"
FLOOR_MARKER = "floor measured"
CROSS = "ipc.floor.cross"
SYSCALL = "ipc.floor.syscall"
STAY_INSIDE = (
    *("syscall.null", "ipc.call.same.0w", "sched.yield.solo", "thread.create_destroy"),
    "mem.map_unmap",
)
"""Operations that enter no other address space; the floor of all others is `CROSS`."""


@dataclass(frozen=True)
class Guest:
    """An image that measures, and the file to boot. `tool` is a Figure's."""

    file: Path
    image: Image
    tool: str = ""


def measure(run: Run) -> list[Figure]:
    """GuestError if a guest does not pass, or sends what cannot be all of its figures."""
    floor, measuring = prepare(run)
    run.say("ipc: counting instructions")
    counted = [
        figure for guest in measuring for figure in told(count(guest.file), INSTRUCTIONS, guest)
    ]
    rate = ticks_per_nanosecond(run.folder)
    rounds: list[list[Figure]] = []
    for number in range(run.repeat):
        run.say(f"ipc: round {number + 1} of {run.repeat}")
        figures = told(to_the_end(floor, MICROVM, FLOOR_MARKER), TICKS)
        for guest in measuring:
            figures += told(to_the_end(guest.file, MICROVM, MARKER), TICKS, guest)
        rounds.append(figures)
    return [*counted, *walls(rounds, rate)]


def prepare(run: Run) -> tuple[Path, Sequence[Guest]]:
    """The files to boot: the floor, and those that measure."""
    floor = run.folder / FLOOR_NAME
    floor.write_bytes(tiny.image(TARGET, tiny.CROSSING))
    return floor, guests(run)


def guests(run: Run) -> list[Guest]:
    """Those that measure. What cannot be compiled here is left out, with a note."""
    found = [assembled(run.folder)]
    if why := compiled.missing():
        run.note(f"{COMPILED} is left out: {why}")
    else:
        image = compiled.image(run.folder / "compiled")
        found.append(written(image, run.folder, compiled.version()))
    return found


def assembled(folder: Path) -> Guest:
    """The one whose tasks are in assembly."""
    return written(build(load(MANIFEST).system), folder)


def written(image: Image, folder: Path, tool: str = "") -> Guest:
    """The image as a file in the folder."""
    artifact, *_ = artifacts(image, [TARGET])
    file = folder / artifact.name
    file.write_bytes(artifact.data)
    return Guest(file, image, tool)


def count(file: Path) -> Outcome:
    """One run under icount. GuestError if it does not pass."""
    outcome = boot(file, MICROVM, Launch(icount=True))
    if not outcome.passed:
        raise GuestError(outcome, f"{file.name} on {MICROVM.name}")
    return outcome


def told(outcome: Outcome, unit: str, guest: Guest | None = None) -> list[Figure]:
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
        name = guest.file.name if guest else FLOOR_NAME
        raise GuestError(failed, f"the figures of {name}") from error
    return [replace(figure, tool=guest.tool if guest else "") for figure in figures]


def walls(rounds: Sequence[Sequence[Figure]], rate: float) -> Iterator[Figure]:
    """The figures of all rounds in nanoseconds. `rate` is in ticks per nanosecond."""
    for same in zip(*rounds, strict=True):
        times = [ticks / rate for figure in same for ticks in figure.samples]
        first = same[0]
        yield Figure(f"{first.name}.wall", "ns", times, floor_of(first.name), first.tool)


def floor_of(name: str) -> str:
    """The figure that no kernel could be below."""
    if name in (CROSS, SYSCALL):
        return ""
    return f"{SYSCALL if name in STAY_INSIDE else CROSS}.wall"
