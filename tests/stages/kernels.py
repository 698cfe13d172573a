"""The kernel with something of the test's own in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from stages.model import Assembly, Region, Stage, System
from tests.stages.harness import GUESTS

LEAVE = "    jmp     enter_tasks\n"
"""The kernel's last instruction before the tasks run."""


def patched(of: System, file: str, old: str, new: str) -> System:
    """The system whose kernel has `new` where its source of that name has `old`, once."""
    stages = [
        dataclasses.replace(stage, code=[_changed(part, file, old, new) for part in stage.code])
        for stage in of.stages
    ]
    changed = sum(
        one is not two for one, two in zip(_sources(of.stages), _sources(stages), strict=True)
    )
    assert changed == 1, f"{changed} sources {file} with {old!r}"
    return dataclasses.replace(of, stages=stages)


def with_stage(of: System, code: Sequence[Assembly] = (), regions: Sequence[Region] = ()) -> System:
    """The system with one stage more, which nobody calls."""
    return dataclasses.replace(of, stages=[*of.stages, Stage("test", code, regions)])


def instead_of_tasks(of: System, label: str, *sources: Assembly) -> System:
    """The system whose kernel, once every stage is up, jumps to a label of these sources."""
    of = patched(of, "entry.asm", LEAVE, f"    jmp     {label}\n")
    return with_stage(of, sources)


def guest(name: str) -> Assembly:
    return Assembly(GUESTS / name)


def _sources(stages: Sequence[Stage]) -> list[Assembly]:
    return [part for stage in stages for part in stage.code]


def _changed(part: Assembly, file: str, old: str, new: str) -> Assembly:
    if part.path.name != file or part.text().count(old) != 1:
        return part
    text = part.text().replace(old, new)
    return dataclasses.replace(part, generate=lambda: text)
