"""What went wrong while an image was packed: every problem at once, each with code and place."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import stages


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    code   stable, "KP" and four digits
    place  file:line:column, "region gdt, field [3].base", a path of the file system…; may be empty
    text   names the thing, and both things and both numbers where two disagree
    help   what to do about it; may be empty
    """

    code: str
    place: str
    text: str
    help: str = ""

    def __str__(self) -> str:
        lead = f"{self.place}: " if self.place else ""
        tail = f"\nhelp: {self.help}" if self.help else ""
        return f"{lead}error[{self.code}]: {self.text}{tail}"


class PackError(Exception):
    """An image that cannot be packed. Nothing has been written when this is raised."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def shown(path: Path) -> str:
    """A path for people: short, and the same wherever kpack's own sources are installed."""
    for root in (Path(stages.__file__).parents[1], Path.cwd()):
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return path.as_posix()


def raised(error: Exception) -> str:
    """What an exception says, and the line of ours or a stage's that it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "site-packages" not in frame.filename]
    where = f"{shown(Path(ours[-1].filename))}:{ours[-1].lineno}"
    return f"{type(error).__name__}: {error} ({where})"
