"""The tasks of a manifest, and what each may name and touch."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path as FilePath

import stages
from kobjects.devices.pic import Pic
from kobjects.kernel.addresses import Kernel, Page, User
from kobjects.kernel.thread import Thread, ThreadLimit
from packer.asm.source import did_you_mean
from packer.manifest.positions import Path
from packer.manifest.reader import Reader
from packer.manifest.wards import WARD_KEYS, read_ward
from stages.model import Assembly, Capability, System, Task
from stages.names import Device
from stages.tasks.objects import BOOT_INFO, MACHINE, OF_TASK, RIGHTS, inventory
from stages.tasks.threads import MOST_OBJECTS

SHIPPED = "kpack:"
"""How a program's name begins that lies in the stages instead of beside the manifest."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SHORT_RIGHTS = {"r": "read", "w": "write", "x": "execute"}
TASK_KEYS = (
    *("name", "program", "priority", "supervisor", "ports", "physical", "framebuffer"),
    *("capabilities", "stack_pages", "fpu", "frames", "objects", "slots", "root", "elf", "modules"),
    *("roster", *WARD_KEYS),
)
MOST_STACK_PAGES = 16
MOST_FRAMES = 2**20
SLOT_COUNTS = (64, 1024)
BADGED = ("endpoint", "notification", "irq")
"""Kinds of capability that have a badge; that of the last two is the bits that they signal."""
LINES = [str(line) for line in range(16) if line not in (0, 2)]
"""Of the 8259s, as tasks may have them: 0 is the kernel's, 2 connects the second one."""
MOST_PORTS = 64
"""In one range."""
LONGEST_NAME = len(Thread().name) - 1
"""Of a task, in characters; the kernel keeps it with a zero behind."""
RAM = range(Kernel.LOW_MEMORY, 0x8000_0000)
"""Physical addresses that are memory on every machine with so much of it, never a device."""
INTERRUPT_CONTROLLERS = range(Device.INTERRUPT_CONTROLLERS, Device.INTERRUPT_CONTROLLERS_END)

_RANGE = re.compile(r"(0x[0-9a-fA-F]+|\d+)(?:\s*-\s*(0x[0-9a-fA-F]+|\d+))?")


def read_tasks(reader: Reader, folder: FilePath, frames: Collection[str]) -> list[Task]:
    """Every [[task]]. `folder` is what programs are relative to."""
    paths = list(reader.elements(("task",)))
    names = [reader.value((*path, "name"), str) for path in paths]
    for path, name in zip(paths, names, strict=True):
        first = paths[names.index(name)]
        if first != path:
            text = f"there are two tasks {name}; the other is in line {reader.line(first)}"
            reader.note("KP3008", (*path, "name"), text)
    tasks = [
        _task(reader, path, name, _Known(folder, names, frames))
        for path, name in zip(paths, names, strict=True)
    ]
    _check_budgets(reader, paths, tasks, frames)
    return tasks


def _check_budgets(
    reader: Reader, paths: Sequence[Path], tasks: Sequence[Task], frames: Collection[str]
) -> None:
    """Note a second root, and the task whose objects are more than there can be of all together."""
    roots = [path for path, one in zip(paths, tasks, strict=True) if one.root]
    for path in roots[1:]:
        text = (
            f"a second root: the rest of the memory is the root's of line {reader.line(roots[0])}"
        )
        reader.note("KP3008", (*path, "root"), text, "give this task its own frames and objects")
    left = MOST_OBJECTS - len(inventory(System("", (), tasks, list(frames))))
    for path, one in zip(paths, tasks, strict=True):
        if one.objects > left >= 0:
            text = f"objects is {one.objects}; of {MOST_OBJECTS} that there can be {left} are left"
            reader.note("KP3006", (*path, "objects"), text)
        left -= one.objects


def check_name(reader: Reader, path: Path, name: str, longest: int = 64, *, key: bool) -> None:
    """Note a name that assembly could not spell."""
    if name and not (NAME.fullmatch(name) and len(name) <= longest):
        text = f"{name!r} is no name: letters, digits and _, at most {longest}"
        reader.note("KP3006", path, text, key=key)


class _Known:
    """What a task can refer to."""

    def __init__(self, folder: FilePath, tasks: Sequence[str], frames: Collection[str]) -> None:
        self.folder = folder
        self.targets: dict[str, Collection[str]] = {
            **dict.fromkeys(OF_TASK, tasks),
            "frame": (BOOT_INFO, *frames),
            "irq": LINES,
            "hardware": (MACHINE,),
        }


def _task(reader: Reader, path: Path, name: str, known: _Known) -> Task:
    reader.table(path, TASK_KEYS)
    check_name(reader, (*path, "name"), name, LONGEST_NAME, key=False)
    slots = reader.integer((*path, "slots"), *SLOT_COUNTS, SLOT_COUNTS[0])
    if slots not in SLOT_COUNTS:
        text = f"a table has {' or '.join(map(str, SLOT_COUNTS))} slots, not {slots}"
        reader.note("KP3006", (*path, "slots"), text)
    capabilities = _capabilities(reader, (*path, "capabilities"), known, slots)
    return Task(
        name=name,
        program=sources(reader, path, known.folder),
        priority=reader.integer((*path, "priority"), 0, 255),
        capabilities=capabilities,
        stack_pages=reader.integer((*path, "stack_pages"), 1, MOST_STACK_PAGES, 1),
        ports=read_ports(reader, (*path, "ports")),
        physical=_physical(reader, (*path, "physical")),
        framebuffer=reader.value((*path, "framebuffer"), bool, False),
        supervisor=_supervisor(reader, (*path, "supervisor"), capabilities),
        fpu=reader.value((*path, "fpu"), bool, False),
        frames=reader.integer((*path, "frames"), 0, MOST_FRAMES, Task.frames),
        objects=reader.integer((*path, "objects"), 0, MOST_OBJECTS, Task.objects),
        slots=slots,
        root=reader.value((*path, "root"), bool, False),
        elf=compiled(reader, (*path, "elf"), known.folder),
        modules=reader.value((*path, "modules"), bool, False),
        roster=reader.value((*path, "roster"), bool, False),
        places=reader.places(path),
        **read_ward(reader, path),
    )


def sources(reader: Reader, task: Path, folder: FilePath) -> list[Assembly]:
    """The sources of a task that has no compiled program."""
    files: list[FilePath] = []
    path = (*task, "program")
    if (*task, "elf") in reader:
        if path in reader:
            text = "a task has a program in assembly or an ELF file, not both"
            reader.note("KP3006", (*task, "elf"), text, key=True)
        return []
    for each, word in reader.strings(path):
        shipped = word.startswith(SHIPPED)
        start = FilePath(stages.__file__).parent if shipped else folder
        files.append(start / word.removeprefix(SHIPPED))
        if not files[-1].is_file():
            help = "" if shipped else "programs are looked for beside the manifest"
            reader.note("KP3009", each, f"there is no file {word}", help)
    if path in reader and reader.is_empty(path):
        reader.note("KP3004", path, "a program has at least one file")
    return [Assembly(file) for file in files]


def compiled(reader: Reader, path: Path, folder: FilePath) -> FilePath | None:
    """A file that may be compiled later than the manifest is read."""
    return folder / reader.value(path, str) if path in reader else None


def _capabilities(reader: Reader, path: Path, known: _Known, slots: int) -> list[Capability]:
    names = reader.keys(path)
    if len(names) >= slots:
        text = f"{len(names)} capabilities; a task's table holds {slots - 1}"
        reader.note("KP3006", path, text, key=True)
    found = (_capability(reader, (*path, name), name, known) for name in names)
    return [capability for capability in found if capability]


def _capability(reader: Reader, path: Path, name: str, known: _Known) -> Capability | None:
    check_name(reader, path, name, key=True)
    kinds = [kind for kind in RIGHTS if (*path, kind) in reader]
    if not reader.table(path, (*RIGHTS, "rights", "badge")):
        return None
    if len(kinds) != 1:
        text = f"capability {name} names {' and '.join(kinds) or 'no object'}"
        reader.note("KP3004", path, text, f"give one of {', '.join(RIGHTS)}", key=True)
        return None
    kind = kinds[0]
    target = reader.value((*path, kind), str)
    what = "task" if kind in OF_TASK else kind
    refer(reader, (*path, kind), target, known.targets[kind], what)
    badge = reader.integer((*path, "badge"), 0, 2**64 - 1, 0)
    if kind not in BADGED and (*path, "badge") in reader:
        reader.note("KP3006", (*path, "badge"), f"{kind} capabilities have no badge", key=True)
    return Capability(name, kind, target, _rights(reader, (*path, "rights"), kind), badge)


def _rights(reader: Reader, path: Path, kind: str) -> frozenset[str]:
    fields = RIGHTS[kind][1].fields
    known = [name for name, field in fields.items() if not field.reserved]
    found = set()
    for each, word in reader.strings(path):
        right = SHORT_RIGHTS.get(word, word)
        if right in known:
            found.add(right)
        else:
            help = did_you_mean(word, known) or f"there are {', '.join(known)}"
            reader.note("KP3007", each, f"{kind} capabilities have no right {word}", help)
    return frozenset(found)


def refer(reader: Reader, path: Path, name: str, known: Collection[str], what: str) -> None:
    """Note a name that refers to nothing."""
    if name and name not in known:
        help = did_you_mean(name, known)
        reader.note("KP3007", path, f"there is no {what} {name}", help)


def _supervisor(reader: Reader, path: Path, capabilities: list[Capability]) -> str | None:
    if path not in reader:
        return None
    name: str = reader.value(path, str)
    endpoints = [each.name for each in capabilities if each.kind == "endpoint"]
    if name in [each.name for each in capabilities if each.kind != "endpoint"]:
        reader.note("KP3007", path, f"the capability {name} is not for an endpoint")
    else:
        refer(reader, path, name, endpoints, "capability of this task that is named")
    named = [each for each in capabilities if each.name == name and each.kind == "endpoint"]
    if any("call" not in each.rights for each in named):
        text = f"the capability {name} has no right call, and the kernel calls for this task"
        reader.note("KP3007", path, text)
    return name


def read_ports(reader: Reader, path: Path) -> list[range]:
    """Ranges of I/O ports; none if there is no such key."""
    found = []
    for each, word in reader.strings(path, []):
        ports = _range(reader, each, word, 0xFFFF)
        if ports is None:
            continue
        found.append(ports)
        if len(ports) > MOST_PORTS:
            text = f"{word} is {len(ports)} ports; a range has at most {MOST_PORTS}"
            reader.note("KP3006", each, text)
        for port in Pic:
            if port in ports:
                text = f"{word} has port {port:#x}, an interrupt controller's"
                reader.note("KP3006", each, text, "the kernel grants it to nobody")
                break
    if len(found) > ThreadLimit.PORT_RANGES:
        text = f"{len(found)} ranges of ports; a task has at most {int(ThreadLimit.PORT_RANGES)}"
        reader.note("KP3006", path, text, key=True)
    return found


def _physical(reader: Reader, path: Path) -> dict[int, range]:
    """Virtual address -> physical range."""
    found: dict[int, range] = {}
    for word in reader.keys(path):
        each = (*path, word)
        address = _range(reader, each, word, 2**47, key=True)
        physical = _range(reader, each, reader.value(each, str), 2**52 - 1)
        if address is None or physical is None:
            continue
        if (address.start | physical.start | physical.stop) % Page.SIZE:
            text = f"{word} and {reader.value(each, str)} are not whole pages of {int(Page.SIZE)}"
            reader.note("KP3006", each, text, key=True)
        end = address.start + len(physical)
        if not User.DEVICES <= address.start < end <= User.FONT:
            room = f"{int(User.DEVICES):#x} to {User.FONT - 1:#x}"
            text = f"{address.start:#x} to {end - 1:#x} is outside of {room}, where devices go"
            reader.note("KP3006", each, text, key=True)
        if physical.start < RAM.stop and RAM.start < physical.stop:
            text = f"{reader.value(each, str)} is memory, not a device"
            reader.note("KP3006", each, text, "frames are shared through [frames]")
        controllers = INTERRUPT_CONTROLLERS
        if physical.start < controllers.stop and controllers.start < physical.stop:
            text = f"{reader.value(each, str)} holds interrupt controllers, which are the kernel's"
            reader.note("KP3006", each, text)
        found[address.start] = physical
    return found


def _range(
    reader: Reader, path: Path, word: str, highest: int, *, key: bool = False
) -> range | None:
    """The numbers of `FIRST-LAST` or of one number."""
    found = _RANGE.fullmatch(word.strip())
    if found is None:
        example = "0x500000" if key else "0x3f8-0x3ff"
        text = f"{word!r} is no {'address' if key else 'range'}"
        reader.note("KP3006", path, text, f"write it like {example}", key=key)
        return None
    first = int(found[1], 0)
    last = int(found[2], 0) if found[2] else first
    if not first <= last <= highest:
        reader.note("KP3006", path, f"{word} does not rise, or passes {highest:#x}", key=key)
        return None
    return range(first, last + 1)
