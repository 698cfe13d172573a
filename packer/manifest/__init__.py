"""The manifest: which stages, tasks, capabilities and targets an image has. `load` reads one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import stages
from packer.asm.source import Diagnostic, Place
from packer.errors import shown
from packer.formats import FORMATS
from packer.manifest.modules import read_modules
from packer.manifest.reader import ManifestError, Reader
from packer.manifest.tasks import check_name, read_tasks, refer
from packer.manifest.wards import check_roster
from stages.kernel import STAGES
from stages.model import Stage, System

__all__ = ["FILE_NAME", "Manifest", "ManifestError", "find", "load", "parse"]

FILE_NAME = "kpack.toml"
DEMONSTRATION = Path(stages.__file__).parent / "user" / "demonstration.toml"
"""The manifest of the image that kpack ships."""


@dataclass(frozen=True)
class Manifest:
    """What a manifest says. `targets` are those that it names, at least one."""

    path: Path
    system: System
    targets: Sequence[str]


def find(folder: Path) -> Path:
    """The manifest of a folder: its kpack.toml, or else the demonstration's."""
    own = folder / FILE_NAME
    return own if own.exists() else DEMONSTRATION


def load(path: Path) -> Manifest:
    """Read a manifest. ManifestError has everything that is wrong with it, each with its place."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"is not UTF-8 text: the byte at {error.start}") from error
    return parse(text, path, {stage.name: stage for stage in STAGES})


def parse(text: str, path: Path, known_stages: Mapping[str, Stage]) -> Manifest:
    """Read the text of the manifest at `path`, which programs are relative to. As `load`."""
    reader = Reader(shown(path), text)
    reader.table((), ("image", "frames", "modules", "task"))
    frames = _frames(reader)
    system = System(
        name=_name(reader),
        stages=_stages(reader, known_stages),
        tasks=read_tasks(reader, path.parent, frames),
        frames=frames,
        modules=read_modules(reader, path.parent),
    )
    check_roster(reader, system.tasks, system.modules)
    if reader.is_empty(("task",)):
        reader.note("KP3004", (), "the manifest has no [[task]]")
    targets = _targets(reader)
    reader.finish()
    return Manifest(path, system, targets)


def _name(reader: Reader) -> str:
    reader.table(("image",), ("name", "targets", "stages"))
    name: str = reader.value(("image", "name"), str)
    if name and not name.replace("-", "").replace("_", "").isalnum():
        text = f"{name!r} is no name for files: letters, digits, - and _"
        reader.note("KP3006", ("image", "name"), text)
    return name


def _targets(reader: Reader) -> list[str]:
    path = ("image", "targets")
    targets = reader.strings(path)
    for each, target in targets:
        refer(reader, each, target, FORMATS, "target")
    if path in reader and reader.is_empty(path):
        reader.note("KP3004", path, f"no target; there are {', '.join(FORMATS)}")
    return list(dict.fromkeys(target for _, target in targets))


def _stages(reader: Reader, known: Mapping[str, Stage]) -> list[Stage]:
    """The stages that the manifest names, in the kernel's own order; all if it names none."""
    path = ("image", "stages")
    wanted = reader.strings(path, [])
    for each, name in wanted:
        refer(reader, each, name, known, "stage")
    names = {name for _, name in wanted} if path in reader else known.keys()
    return [stage for name, stage in known.items() if name in names]


def _frames(reader: Reader) -> list[str]:
    names = reader.keys(("frames",))
    for name in names:
        check_name(reader, ("frames", name), name, key=True)
        reader.table(("frames", name), ())
    return names


def _unreadable(path: Path, text: str) -> ManifestError:
    return ManifestError([Diagnostic("KP3001", Place(shown(path), 1, 1, 1, ""), text)])
