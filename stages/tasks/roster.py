"""The roster: what the task with `roster = true` is told of the others, and may do with them.

Behind the capabilities that its manifest names it has one with every right for Space, Thread and
Endpoint of each task of the image, itself included, then for each device interrupt that a task
takes. The roster says which handle is whose, and where the labels of each program lie.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from construct import Bytes

from kobjects.kernel.addresses import Page, User
from kobjects.kernel.roster import Grant, Roster, RosterLimit, TaskSymbol, Ward, WardFlags
from stages.model import Access, Capability, Label, Module, Region, Symbols, System, Task
from stages.names import handle_of
from stages.tasks.objects import (
    OF_WARD,
    RIGHTS,
    all_capabilities,
    interrupts,
    module_pages,
    roster_frames,
)

ROSTER = "roster"
SYMBOLS = "task_symbols"
LONGEST_LABEL = 23


class Program(NamedTuple):
    """A ward that is no task of the image: its place among the modules, and what it is made of."""

    number: int
    task: Task
    autostart: bool
    own: bool


def holder(system: System) -> Task | None:
    """The task that has the roster."""
    return next((task for task in system.tasks if task.roster), None)


def programs(system: System) -> dict[str, Program]:
    """The modules that are programs, by name. The first module is number 1."""
    return {
        module.name: Program(number, module.program, module.autostart, module.own)
        for number, module in enumerate(system.modules, 1)
        if module.program
    }


def with_own_programs(system: System) -> System:
    """The system with a module for each task of the image that is to be started again and has no
    program of its name among the modules.
    """
    known = {module.name for module in system.modules}
    wanted = [task for task in system.tasks if task.restart and task.name not in known]
    if holder(system) is None or not wanted:
        return system
    own = [Module(task.name, program=task, own=True) for task in wanted]
    return dataclasses.replace(system, modules=[*system.modules, *own])


def members(system: System) -> dict[str, Task]:
    """Everybody in the roster by name: the tasks of the image, then the other programs."""
    others = {name: program.task for name, program in programs(system).items()}
    return {task.name: task for task in system.tasks} | {
        name: task for name, task in others.items() if name not in _names(system.tasks)
    }


def _names(tasks: Sequence[Task]) -> set[str]:
    return {task.name for task in tasks}


def labels(task: Task) -> list[Label]:
    """The labels of a program that places are told by, lowest first: not its local ones, and at the
    end one without a name, behind which nothing is its.
    """
    found = list(task.executable.labels if task.executable else task.labels)
    owners = {label.name for label in found if label.name}
    ends = [
        Label(each.address + each.size, 0, "", 0)
        for each in (task.executable.segments if task.executable else ())
        if each.access.executable
    ]
    told = [label for label in found if label.name.rpartition(".")[0] not in owners]
    return sorted([*told, *ends[-1:]])


def plan_roster(system: System) -> list[Region]:
    """Nothing unless a task has the roster."""
    if holder(system) is None:
        return []
    size = (
        symbols_size(system) + sum(len(grants(task, system)) for task in system.tasks) * Grant.size
    )
    rodata, page = Access.RODATA, int(Page.SIZE)
    return [
        Region(ROSTER, Roster, fill_roster, rodata, page),
        Region(SYMBOLS, Bytes(max(size, TaskSymbol.size)), fill_symbols, rodata, page),
    ]


def symbols_size(system: System) -> int:
    """Bytes of the labels of all wards."""
    return sum(len(labels(task)) for task in members(system).values()) * TaskSymbol.size


def grants(task: Task, system: System) -> list[Grant]:
    """What the manifest gives a task of the image and the holder of the roster could give again."""
    places = list(members(system))
    keeper = holder(system)
    given = all_capabilities(keeper, system) if keeper else []
    found = []
    for index, one in enumerate(task.capabilities):
        if one.kind in OF_WARD:
            target = places.index(one.target)
        elif one.kind == "irq":
            target = int(one.target)
        elif one.kind == "frame" and one.target in roster_frames(system):
            target = handle_of(_place(given, one.target))
        elif one.kind == "hardware":
            target = 0
        else:
            continue
        kind, rights = RIGHTS[one.kind]
        found.append(
            Grant(
                badge=one.badge,
                slot=handle_of(index),
                target=target,
                type=kind,
                rights=int(rights(**dict.fromkeys(one.rights, True))),
            )
        )
    return found


def _place(given: Sequence[Capability], frame: str) -> int:
    """Where the keeper's own capability with every right for a frame is: the last of them."""
    return max(
        index for index, one in enumerate(given) if (one.kind, one.target) == ("frame", frame)
    )


def fill_symbols(symbols: Symbols) -> bytes:
    """Labels, and the grants behind them."""
    system = symbols.system
    every = [label for task in members(system).values() for label in labels(task)]
    data = b"".join(
        TaskSymbol(address=label.address, name=label.name.encode()[:LONGEST_LABEL]).build()
        for label in every
    )
    data += b"".join(one.build() for task in system.tasks for one in grants(task, system))
    return data or TaskSymbol().build()


def symbols_of(name: str, symbols: Symbols) -> tuple[int, int]:
    """Where the kernel finds a task's TaskSymbols, and how many: none unless there is a roster."""
    if holder(symbols.system) is None:
        return 0, 0
    where = symbols[SYMBOLS]
    for other, task in members(symbols.system).items():
        if other == name:
            return where, len(labels(task))
        where += len(labels(task)) * TaskSymbol.size
    raise KeyError(name)


def fill_roster(symbols: Symbols) -> Roster:
    system = symbols.system
    task = holder(system)
    assert task is not None
    first = len(task.capabilities)
    irqs = [0] * RosterLimit.LINES
    for index, line in enumerate(interrupts(system), first + len(OF_WARD) * len(system.tasks)):
        irqs[int(line)] = handle_of(index)
    pages = len(all_capabilities(task, system)) - len(module_pages(system))
    wards = list(_wards(system, first))
    return Roster(
        count=len(wards),
        first_free=len(all_capabilities(task, system)) + 1,
        slots=task.slots,
        own=system.tasks.index(task),
        irqs=tuple(irqs),
        module_frames=handle_of(pages),
        module_pages=len(module_pages(system)),
        wards=(*wards, *[Ward()] * (RosterLimit.WARDS - len(wards))),
    )


def _wards(system: System, first: int) -> Iterator[Ward]:
    """Handles begin behind the `first` capabilities of the holder's own."""
    known = programs(system)
    where = User.ROSTER + Roster.size
    grants_at = where + symbols_size(system)
    for index, (name, task) in enumerate(members(system).items()):
        program = known.get(name)
        in_image = index < len(system.tasks)
        given = len(grants(task, system)) if in_image else 0
        space, thread, endpoint = (
            handle_of(first + index * len(OF_WARD) + kind) if in_image else 0
            for kind in range(len(OF_WARD))
        )
        yield Ward(
            name=name.encode(),
            badge=badge_of(task, system) if in_image else RosterLimit.PROGRAM_BADGE + index,
            space=space,
            thread=thread,
            endpoint=endpoint,
            module=program.number if program else 0,
            symbols=where,
            symbol_count=len(labels(task)),
            restart=task.restart,
            flags=WardFlags(
                autostart=program is not None and program.autostart,
                operator=task.operator,
                own_program=program is not None and program.own,
            ),
            restarts=task.restarts,
            delay=task.restart_delay,
            grants=grants_at,
            grant_count=given,
        )
        grants_at += given * Grant.size
        where += len(labels(task)) * TaskSymbol.size


def badge_of(task: Task, system: System) -> int:
    """The badge of a task's faults, as the holder of the roster sees it; 0: it is told of none."""
    capability = told_by(task, system)
    return capability.badge if capability else 0


def told_by(task: Task, system: System) -> Capability | None:
    """The task's capability by which the kernel tells the holder of the roster of its faults."""
    keeper = holder(system)
    for each in task.capabilities:
        if keeper and (each.name, each.kind, each.target) == (
            task.supervisor, "endpoint", keeper.name,
        ):  # fmt: skip
            return each
    return None
