"""The programs of a system's tasks that were compiled elsewhere."""

from __future__ import annotations

import dataclasses

from packer.errors import PackError, Problem
from packer.programs import elf
from stages.model import System, Task


def loaded(system: System) -> System:
    """The system with every ELF file read. PackError has what is wrong with all of them."""
    problems: list[Problem] = []
    tasks: list[Task] = []
    for task in system.tasks:
        try:
            executable = None if task.elf is None else elf.read(task.elf)
            tasks.append(dataclasses.replace(task, executable=executable))
        except PackError as error:
            problems += error.problems
    if problems:
        raise PackError(problems)
    return dataclasses.replace(system, tasks=tasks)
