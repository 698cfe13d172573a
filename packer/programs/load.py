"""What a system is made of besides its sources: compiled programs, and boot modules."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from packer.asm import AsmError
from packer.cache import assemble
from packer.errors import PackError, Problem, shown
from packer.programs import elf
from packer.programs.flatten import executable, flatten
from packer.sources import raise_together, read_sources
from stages.model import Module, System, Task
from stages.names import task_names
from stages.tasks.roster import with_own_programs

T = TypeVar("T")


def loaded(system: System) -> System:
    """The system with every file read, and every program for a loader made.

    PackError has what is wrong with all files, AsmError with all sources of such programs.
    """
    system = with_own_programs(system)
    tasks = _each(system.tasks, _task)
    return dataclasses.replace(system, tasks=tasks, modules=_each(system.modules, _module))


def _task(task: Task) -> Task:
    return dataclasses.replace(task, executable=elf.read(task.elf)) if task.elf else task


def _module(module: Module) -> Module:
    if module.program is None:
        return dataclasses.replace(module, contents=_read(module.file)) if module.file else module
    task = _task(module.program)
    made = task.executable
    if made is None:
        made = executable(assemble(read_sources(task.program), task_names(task)), task)
    task = dataclasses.replace(task, executable=made)
    return dataclasses.replace(module, program=task, contents=flatten(task, made))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        text = f"cannot be read: {error.strerror}"
        raise PackError([Problem("KP2401", shown(path), text)]) from error


def _each(things: Iterable[T], make: Callable[[T], T]) -> list[T]:
    """All things made; what speaks against any of them is raised together."""
    made: list[T] = []
    problems: list[Problem] = []
    failed: list[AsmError] = []
    for thing in things:
        try:
            made.append(make(thing))
        except PackError as error:
            problems += error.problems
        except AsmError as error:
            failed.append(error)
    if problems:
        raise PackError(problems)
    raise_together(failed)
    return made
