"""What a manifest says of supervision: who has the roster, and who is started again when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kobjects.kernel.addresses import User
from kobjects.kernel.module import ModuleLimit
from kobjects.kernel.roster import Restart, RosterLimit
from packer.manifest.positions import Path
from packer.manifest.reader import Reader
from stages.model import Module, System, Task
from stages.tasks.objects import all_capabilities
from stages.tasks.roster import holder, members, programs, told_by, with_own_programs

WARD_KEYS = ("operator", "restart", "restarts", "restart_delay")
RESTARTS = {each.name.lower(): each for each in Restart}
SMALL_TABLE = 64
"""Slots of what the supervisor starts."""

MOST_RESTARTS = 2**16 - 1
MOST_DELAY = 2**32 - 1


def read_ward(reader: Reader, path: Path) -> dict[str, Any]:
    """What a task or a program says of its supervision, by the names of Task's fields."""
    word = reader.value((*path, "restart"), str, "never")
    if word not in RESTARTS:
        text = f"restart is {word!r}; there are {', '.join(RESTARTS)}"
        reader.note("KP3006", (*path, "restart"), text)
    delay = (*path, "restart_delay")
    return {
        "operator": reader.value((*path, "operator"), bool, False),
        "restart": RESTARTS.get(word, Restart.NEVER),
        "restarts": reader.integer((*path, "restarts"), 0, MOST_RESTARTS, Task.restarts),
        "restart_delay": reader.integer(delay, 0, MOST_DELAY, Task.restart_delay),
    }


def check_roster(reader: Reader, tasks: Sequence[Task], modules: Sequence[Module]) -> None:
    """Note what the holder of the roster could not do with what the manifest says."""
    system = System("", (), tasks, (), modules)
    keeper = holder(system)
    if keeper is None:
        return
    _check_holder(reader, system, keeper)
    known = programs(system)
    seen: dict[int, str] = {}
    for index, task in enumerate(tasks):
        path = ("task", index)
        told = told_by(task, system)
        if told:
            _check_badge(reader, (*path, "capabilities", told.name), task.name, told.badge, seen)
        if task.restart:
            _check_restart(reader, (*path, "restart"), system, task)
        if task.name in known and known[task.name].task.restart:
            text = f"{task.name} is a task of the image, whose own restart counts"
            where = ("modules", task.name, "restart")
            reader.note("KP3006", where, text, f"say it in line {reader.line(path)} and behind")


def _check_restart(reader: Reader, path: Path, system: System, task: Task) -> None:
    """Note why a task of the image could not be started again from what the image has of it."""
    keeper = holder(system)
    assert keeper is not None
    if not told_by(task, system):
        text = f"{keeper.name}, which would start {task.name} again, is not told of its end"
        help = f"say supervisor = NAME, of a capability for {keeper.name} with a badge"
        reader.note("KP3004", path, text, help)
    elif task.name not in programs(system):
        lost = [one.name for one in task.capabilities if one.kind == "notification"]
        what = f"its capability {lost[0]} is a notification" if lost else ""
        if task.slots != SMALL_TABLE:
            what = f"its table has {task.slots} slots"
        if what:
            text = f"{task.name} can't be started again as it is: {what}"
            help = f"give a program {task.name} in [modules], which is started instead"
            reader.note("KP3004", path, text, help)


def _check_badge(reader: Reader, path: Path, name: str, badge: int, seen: dict[int, str]) -> None:
    """Note a badge that doesn't tell one ward. `seen` has the names of those before by theirs."""
    most = RosterLimit.PROGRAM_BADGE - 1
    if not 0 < badge <= most:
        text = f"{name} would be told from others by badge {badge}"
        reader.note("KP3006", path, text, f"give it one from 1 to {most:#x}", key=True)
    elif badge in seen:
        text = f"{name} and {seen[badge]} have badge {badge}, by which they are told apart"
        reader.note("KP3008", (*path, "badge"), text)
    seen.setdefault(badge, name)


def _check_holder(reader: Reader, system: System, keeper: Task) -> None:
    index = system.tasks.index(keeper)
    path = ("task", index)
    others = [each.name for each in system.tasks if each.roster and each is not keeper]
    if others:
        text = f"{keeper.name} and {others[0]} both have the roster; one task can"
        reader.note("KP3008", (*path, "roster"), text)
    if not (keeper.root and keeper.modules):
        text = f"{keeper.name} has the roster, but not root = true and modules = true"
        reader.note("KP3004", (*path, "roster"), text, "it starts programs out of the whole budget")
    modules = len(with_own_programs(system).modules)
    if modules > ModuleLimit.MODULES:
        text = f"{modules} modules, with those of tasks with restart; an image holds "
        reader.note("KP3006", ("modules",), text + str(int(ModuleLimit.MODULES)), key=True)
    wards = len(members(system))
    if wards > RosterLimit.WARDS:
        text = f"{wards} tasks and programs; a roster holds {int(RosterLimit.WARDS)}"
        reader.note("KP3006", (*path, "roster"), text)
    count = len(all_capabilities(keeper, system))
    if count >= keeper.slots:
        text = f"{keeper.name} gets {count} capabilities; its table holds {keeper.slots - 1}"
        reader.note("KP3006", (*path, "roster"), text, "give it slots = 1024")
    for address, span in keeper.physical.items():
        if address + len(span) > User.ROSTER:
            text = f"devices at {address:#x} reach into the roster at {int(User.ROSTER):#x}"
            reader.note("KP3006", (*path, "physical"), text)
