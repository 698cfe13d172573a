"""A project to start from: tasks in assembly, C and Rust, and what compiles and boots them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import stages
from packer.errors import PackError, Problem
from packer.files import write_all

TEMPLATE = Path(stages.__file__).parent / "starter"
"""A project as it is, but for its name."""

NAMED = {"kpack.toml": 'name = "starter"'}
"""The files that name the image, and the line that does."""


def is_name(name: str) -> bool:
    """Whether an image may be called so: its files are."""
    return bool(name) and name.replace("-", "").replace("_", "").isalnum() and name.isascii()


def create(folder: Path, name: str) -> Sequence[Path]:
    """Write a project into an empty folder, which is made if need be: all of it or nothing.

    PackError names a folder in which something is, or a path that cannot be written.
    """
    if folder.is_dir() and (there := sorted(path.name for path in folder.iterdir())):
        text = f"the folder is not empty: it has {there[0]}"
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise PackError([Problem("KP2205", str(folder), text + more, "choose another folder")])
    files = {}
    for source in sorted(path for path in TEMPLATE.rglob("*") if path.is_file()):
        relative = source.relative_to(TEMPLATE)
        text = source.read_text(encoding="utf-8")
        if line := NAMED.get(relative.as_posix()):
            text = text.replace(line, line.replace("starter", name))
        files[folder / relative] = text.encode()
    write_all(files)
    return list(files)
