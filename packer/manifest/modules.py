"""The boot modules of a manifest: files, and programs that a task in ring 3 starts."""

from __future__ import annotations

import re
from pathlib import Path as FilePath

from kobjects.kernel.module import ModuleLimit
from kobjects.kernel.program import ProgramLimit
from packer.manifest.positions import Path
from packer.manifest.reader import TYPES, Reader
from packer.manifest.tasks import (
    MOST_FRAMES,
    MOST_STACK_PAGES,
    check_name,
    compiled,
    read_ports,
    sources,
)
from packer.manifest.wards import WARD_KEYS, read_ward
from stages.model import Capability, Module, Task
from stages.tasks.threads import MOST_OBJECTS

NAME = re.compile(r"[!-~]+")
PROGRAM_KEYS = (
    *("program", "elf", "priority", "stack_pages", "fpu", "capabilities"),
    *("start", "ports", "frames", "objects", "modules", *WARD_KEYS),
)


def read_modules(reader: Reader, folder: FilePath) -> list[Module]:
    """Every module, in order. `folder` is what files are relative to."""
    names = reader.keys(("modules",))
    if len(names) > ModuleLimit.MODULES:
        text = f"{len(names)} modules; an image holds {int(ModuleLimit.MODULES)}"
        reader.note("KP3006", ("modules",), text, key=True)
    return [_module(reader, ("modules", name), name, folder) for name in names]


def _module(reader: Reader, path: Path, name: str, folder: FilePath) -> Module:
    if not NAME.fullmatch(name) or len(name) > ModuleLimit.NAME_BYTES:
        limit = int(ModuleLimit.NAME_BYTES)
        text = f"{name!r} is no name of a module: letters, digits and signs, at most {limit}"
        reader.note("KP3006", path, text, key=True)
    if reader.is_a(path, dict):
        autostart = reader.value((*path, "start"), bool, False)
        program, places = _program(reader, path, folder), reader.places(path)
        return Module(name, program=program, autostart=autostart, places=places)
    if not reader.is_a(path, str):
        text = f"{name} is neither {TYPES[str]}, a file, nor {TYPES[dict]}, a program"
        reader.note("KP3005", path, text)
        return Module(name)
    return Module(name, file=folder / reader.value(path, str), places=reader.places(path))


def _program(reader: Reader, path: Path, folder: FilePath) -> Task:
    """A task that nobody has started yet: only the names of its capabilities are known."""
    reader.table(path, PROGRAM_KEYS)
    wanted = reader.strings((*path, "capabilities"), [])
    for each, name in wanted:
        check_name(reader, each, name, ProgramLimit.NAME_BYTES, key=False)
        if [other for _, other in wanted].index(name) != each[-1]:
            reader.note("KP3008", each, f"the capability {name} is already wanted")
    if len(wanted) > ProgramLimit.CAPABILITIES:
        text = f"{len(wanted)} capabilities; a program holds {int(ProgramLimit.CAPABILITIES)}"
        reader.note("KP3006", (*path, "capabilities"), text)
    return Task(
        name=str(path[-1]),
        program=sources(reader, path, folder),
        priority=reader.integer((*path, "priority"), 0, 255),
        capabilities=[Capability(name, "", "", frozenset()) for _, name in wanted],
        stack_pages=reader.integer((*path, "stack_pages"), 1, MOST_STACK_PAGES, 1),
        fpu=reader.value((*path, "fpu"), bool, False),
        elf=compiled(reader, (*path, "elf"), folder),
        ports=read_ports(reader, (*path, "ports")),
        frames=reader.integer((*path, "frames"), 0, MOST_FRAMES, Task.frames),
        objects=reader.integer((*path, "objects"), 0, MOST_OBJECTS, Task.objects),
        modules=reader.value((*path, "modules"), bool, False),
        **read_ward(reader, path),
    )
