"""Everything that goes into an image, gathered from its stages and tasks: sizes, no addresses."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from construct import ConstructError

from kobjects.cpu.paging import PAGE_SIZE
from kobjects.kernel.addresses import Kernel
from packer.asm import AsmError, Unit
from packer.cache import assemble
from packer.errors import PackError, Problem, raised, shown
from packer.layout import Group, Piece, Window
from packer.programs.flatten import end, labels
from packer.programs.load import loaded
from packer.sources import raise_together, read_sources
from stages.model import Access, Assembly, Region, System, Task
from stages.names import kernel_names, task_names

KERNEL_WINDOW = Window(int(Kernel.PHYSICAL), int(Kernel.LIMIT), int(Kernel.WINDOW))
"""Where a kernel lies."""

SECTIONS = {"kernel.text": Access.TEXT, "kernel.rodata": Access.RODATA}
"""The kernel's units of code, and which sources each takes."""

GROUPS = {Access.TEXT: Group.TEXT, Access.RODATA: Group.RODATA, Access.DATA: Group.DATA}


@dataclass(frozen=True)
class Parts:
    """What a system's image is made of.

    units    by name: kernel.text, kernel.rodata, then task.NAME.text of each task
    regions  with who brings each, for messages
    """

    system: System
    units: Mapping[str, Unit]
    regions: Sequence[tuple[str, Region]]

    def pieces(self) -> Iterator[Piece]:
        """What the layout has to place."""
        for name, unit in self.units.items():
            if name in SECTIONS:
                access = SECTIONS[name]
                yield Piece(name, "the kernel's code", len(unit.code), access, GROUPS[access])
            else:
                # The kernel only reads a program; the task's own tables let the task run it.
                yield Piece(name, "tasks", len(unit.code), Access.RODATA, Group.TASKS, PAGE_SIZE)
        for origin, region in self.regions:
            yield Piece(
                region.name,
                origin,
                region.schema.sizeof(),
                region.access,
                _group(region),
                region.align,
                region.guard,
                region.edge,
            )


def _group(region: Region) -> Group:
    if region.fill is None:
        return Group.RESERVED
    return Group.TASKS if region.edge else GROUPS[region.access]


def gather(system: System) -> Parts:
    """Assemble every source and plan every region.

    AsmError has the errors of all sources; PackError names tasks of one name, sources and compiled
    programs that cannot be used, and stages whose regions cannot be planned or have no size.
    """
    _check(system)
    system = loaded(system)
    code = [source for stage in system.stages for source in stage.code]
    wanted: list[tuple[str, Sequence[Assembly], Mapping[str, int]]] = [
        (unit, [source for source in code if source.section is section], kernel_names())
        for unit, section in SECTIONS.items()
    ]
    wanted += [
        (program_unit(task), task.program, task_names(task))
        for task in system.tasks
        if task.executable is None
    ]
    units: dict[str, Unit] = {}
    failed: list[AsmError] = []
    for name, sources, names in wanted:
        try:
            if sources:
                units[name] = assemble(read_sources(sources), names)
        except AsmError as error:
            failed.append(error)
    raise_together(failed)
    system = _with_labels(system, units)
    return Parts(system, units, _plan(system))


def _with_labels(system: System, units: Mapping[str, Unit]) -> System:
    """The system whose tasks say where the labels of their programs lie."""
    tasks = [
        dataclasses.replace(task, labels=[*labels(units[name]), end(units[name])])
        if (name := program_unit(task)) in units
        else task
        for task in system.tasks
    ]
    return dataclasses.replace(system, tasks=tasks)


def _check(system: System) -> None:
    """Each task needs a name of its own, and code a section that there is."""
    count = Counter(task.name for task in system.tasks)
    problems = [
        Problem("KP2104", f"task {name}", f"{number} tasks have this name", "rename one")
        for name, number in count.items()
        if number > 1
    ]
    problems += [
        Problem(
            "KP2107",
            shown(source.path),
            f"stage {stage.name} wants assembly as {source.section.value}, which no section is",
            "writable memory is a Region with a schema",
        )
        for stage in system.stages
        for source in stage.code
        if source.section not in SECTIONS.values()
    ]
    if problems:
        raise PackError(problems)


def _plan(system: System) -> list[tuple[str, Region]]:
    """All regions, with who brings each. A stage may be anyone's: what it raises is its report."""
    regions: list[tuple[str, Region]] = []
    problems: list[Problem] = []
    for stage in system.stages:
        origin = f"stage {stage.name}"
        try:
            planned = stage.all_regions(system)
        except Exception as error:
            problems.append(Problem("KP2105", origin, f"its plan raised {raised(error)}"))
            continue
        for region in planned:
            regions.append((origin, region))
            try:
                region.schema.sizeof()
            except ConstructError as error:
                place = f"{origin}, region {region.name}"
                text = f"its schema has no fixed size: {str(error).splitlines()[-1]}"
                problems.append(Problem("KP2106", place, text))
    if problems:
        raise PackError(problems)
    return regions


def program_unit(task: Task) -> str:
    """The name of the unit that a task's program is."""
    return f"task.{task.name}.text"
