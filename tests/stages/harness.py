"""Boots small systems of tasks and gives back what they printed.

A guest is a manifest in `guests/` with its programs beside it. Its judge prints what it saw as
lines of words, so that all comparing is done here, in Python.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

import packer.build
from packer.build import artifacts, build
from packer.image import Artifact, Image
from packer.machine import qemu
from packer.machine.outcome import MARKER, Outcome
from packer.machine.qemu import MEMORY, TARGETS, Launch, Machine
from packer.machine.qmp import Monitor
from packer.machine.run import Company, run
from packer.manifest import load, parse
from stages.kernel import STAGES
from stages.model import Assembly, BootCode, System

GUESTS = Path(__file__).parent / "guests"
TIMEOUT = 20.0
"""Seconds; a boot takes about one."""


def system(manifest: str | Path) -> System:
    """The system of a manifest: a path, a file's name in `guests/`, or the text itself.

    Programs in a text are relative to `guests/`.
    """
    if isinstance(manifest, str) and "\n" in manifest:
        known = {stage.name: stage for stage in STAGES}
        return parse(manifest, GUESTS / "text.toml", known).system
    return load(GUESTS / manifest).system


def with_program(of: System, task: str, name: str, text: str) -> System:
    """The system with generated text behind a task's program; `name` is what errors show."""
    more = Assembly(GUESTS / name, generate=lambda: text)
    tasks = [
        dataclasses.replace(each, program=[*each.program, more]) if each.name == task else each
        for each in of.tasks
    ]
    assert task in {each.name for each in tasks}
    return dataclasses.replace(of, tasks=tasks)


def boot(
    what: System | Image | str | Path,
    *,
    target: str = "pvh",
    memory: int = MEMORY,
    icount: bool = True,
    cpu: str = Launch.cpu,
    machine: Machine | None = None,
    marker: str = MARKER,
    timeout: float = TIMEOUT,
    ask: Callable[[Monitor], None] | None = None,
) -> Outcome:
    """Build, boot on the target's usual machine or the given one, and judge. `memory` is in MiB.

    Under icount a slice ends at the same instruction in every run, however busy the host is. `ask`
    looks at the machine when it stands still: at its end, or paused when the time is up.
    """
    if isinstance(what, str | Path):
        what = system(what)
    image = build(what) if isinstance(what, System) else what
    (artifact, _) = artifacts(image, [target])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, artifact.name)
        path.write_bytes(artifact.data)
        launch = Launch(memory=memory, icount=icount, cpu=cpu, stay=ask is not None)
        return run(
            path, machine or TARGETS[target][0], launch,
            timeout=timeout, marker=marker, company=Company(at_end=ask),
        )  # fmt: skip


def changed(patch: pytest.MonkeyPatch, options: Mapping[str, str]) -> None:
    """From now on QEMU starts with other values of these options."""

    def command(*args: object) -> list[str]:
        words = qemu.command(*args)  # type: ignore[arg-type]
        for option, value in options.items():
            words[words.index(option) + 1] = value
        return words

    patch.setattr("packer.machine.run.command", command)


def wrapped(target: str, image: Image, code: BootCode) -> Artifact:
    """The file of a target with boot code that is not the usual."""
    # The name in packer.build, because tests/ablation looks on there.
    wrap: Callable[..., Artifact] = packer.build.FORMATS[target]  # type: ignore[attr-defined]
    return wrap(image, code)


def passed(outcome: Outcome) -> Outcome:
    """The outcome, if it is a pass; else the test fails and shows what the machine said."""
    told = f"{outcome.reason}\n{outcome.serial}\n{outcome.registers}\n{outcome.errors}"
    assert outcome.passed, told
    return outcome


def lines(outcome: Outcome) -> list[str]:
    """What came over the serial line, without what ends the lines."""
    return [line.rstrip() for line in outcome.serial.splitlines()]


def words(outcome: Outcome, key: str) -> Iterator[list[int]]:
    """The hexadecimal words of each line that begins with the key, in the order of printing."""
    for line in lines(outcome):
        first, *rest = line.split() or [""]
        if first == key:
            yield [int(word, 16) for word in rest]


def labels(image: Image, task: str) -> dict[str, int]:
    """The labels of a task's program by the address where they run."""
    return image.units[f"task.{task}.text"].labels()


def held(monitor: Monitor, image: Image, name: str) -> bytes:
    """What a machine's memory holds where the image has a region or unit."""
    place = image.layout.placement(name)
    return monitor.memory(place.physical, place.size)
