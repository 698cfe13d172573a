"""What the kernel's operations cost: the image of `guest/ipc.toml` measures them from ring 3.

Under icount a sample is instructions and the same in every run. Without, it is ticks of the
time-stamp counter, and becomes nanoseconds; those figures have names that end in `.wall`.
"""

from __future__ import annotations

from pathlib import Path

from bench import lines
from bench.clock import ticks_per_nanosecond
from bench.figures import INSTRUCTIONS, Figure
from bench.run import Run
from packer.build import artifacts, build
from packer.machine.outcome import GuestError, Outcome
from packer.machine.qemu import MICROVM, Launch
from packer.machine.run import run as boot
from packer.manifest import load

MANIFEST = Path(__file__).parents[1] / "guest" / "ipc.toml"
TICKS = "ticks"
TARGET = "pvh"


def measure(run: Run) -> list[Figure]:
    """GuestError if the guest does not pass."""
    file, *_ = artifacts(build(load(MANIFEST).system), [TARGET])
    image = run.folder / file.name
    image.write_bytes(file.data)
    run.say("ipc: counting instructions")
    counted = lines.figures(_passed(image, Launch(icount=True)).serial)
    run.say("ipc: taking times")
    rate = ticks_per_nanosecond(run.folder)
    timed = lines.figures(_passed(image, Launch()).serial)
    return [
        *(figure for figure in counted if figure.unit == INSTRUCTIONS),
        *(wall(figure, rate) for figure in timed if figure.unit == TICKS),
    ]


def wall(figure: Figure, ticks_per_nanosecond: float) -> Figure:
    """A figure in ticks as one in nanoseconds."""
    times = [ticks / ticks_per_nanosecond for ticks in figure.samples]
    return Figure(f"{figure.name}.wall", "ns", times)


def _passed(image: Path, launch: Launch) -> Outcome:
    outcome = boot(image, MICROVM, launch)
    if not outcome.passed:
        raise GuestError(outcome, f"{image.name} on {MICROVM.name}")
    return outcome
