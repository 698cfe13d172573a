"""The house rules that a machine can hold: who may import whom, what a file may hold and say."""

from __future__ import annotations

import ast
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent

PACKAGES = ("kobjects", "stages", "packer", "bench")
"""In the direction of imports: each may import itself and those before it."""

ONE_ROOM = {
    "click": "packer/cli",
    "rich": "packer/cli",
    "keystone": "packer/asm",
    "capstone": "packer/asm",
    "qemu": "packer/machine",
}
"""Libraries that only one room knows, so that the rest neither waits for them nor needs them."""

INSTALLED_BY = {
    "construct": "construct",
    "click": "click",
    "rich": "rich",
    "numpy": "numpy",
    "elftools": "pyelftools",
    "keystone": "keystone-engine",
    "capstone": "capstone",
    "qemu": "qemu.qmp",
}
"""Every module from outside that the packages import, and the distribution that has it."""

LONGEST_FILE = 300
LONGER_FILES: dict[str, str] = {}
"""Files that are longer, each with the reason."""

LONGEST_FUNCTION = 40
LONGER_FUNCTIONS: dict[str, str] = {}
"""`file:function` of those that are longer (docstrings aside), each with the reason."""


class Import(NamedTuple):
    """One imported module, by its full dotted name."""

    file: str
    line: int
    module: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


def files(*suffixes: str) -> list[Path]:
    """The project's own files (nothing made or installed), as paths from its top."""
    found = []
    for folder, inner, names in os.walk(ROOT):
        inner[:] = sorted(name for name in inner if not is_made(name))
        here = Path(folder).relative_to(ROOT)
        found += [here / name for name in sorted(names) if name.endswith(suffixes)]
    return found


def is_made(folder: str) -> bool:
    """Whether a folder of that name holds what tools made, not what people wrote."""
    return folder.startswith(".") or folder in ("build", "__pycache__")


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"), str(file))


def imports(file: Path) -> Iterator[Import]:
    """Everything that a file imports, inside functions and under TYPE_CHECKING too."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(str(file), node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            package = file.parent.parts[: len(file.parent.parts) - node.level + 1]
            above = package if node.level else ()
            module = ".".join((*above, *filter(None, [node.module])))
            yield Import(str(file), node.lineno, module)


def all_imports() -> list[Import]:
    return [found for file in files(".py") if in_packages(file) for found in imports(file)]


def in_packages(file: Path) -> bool:
    return file.parts[0] in PACKAGES


def listing(lines: list[object]) -> str:
    return "\n" + "\n".join(f"  {line}" for line in lines)


def test_imports_run_one_way() -> None:
    wrong = [
        found
        for found in all_imports()
        if (target := found.module.partition(".")[0]) in PACKAGES
        and PACKAGES.index(target) > PACKAGES.index(found.file.partition("/")[0])
    ]
    assert not wrong, listing([*wrong, f"allowed: {' <- '.join(PACKAGES)}"])


def test_some_libraries_are_known_in_one_room_only() -> None:
    wrong = [
        f"{found}, which only {room} may"
        for found in all_imports()
        if (room := ONE_ROOM.get(found.module.partition(".")[0]))
        and not found.file.startswith(f"{room}/")
    ]
    assert not wrong, listing([*wrong])


HOSTED = {("gdb", "packer/live/gdb.py")}
"""Modules that only a program with a Python of its own has, and the file that runs there."""


def test_every_library_is_declared_in_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    declared = [*project["dependencies"], *extras["inspect"], *extras["kpack"]]
    names = {re.split(r"[<>=~!\[; ]", requirement)[0] for requirement in declared}
    outside = [
        found
        for found in all_imports()
        if (top := found.module.partition(".")[0]) not in PACKAGES
        and top not in sys.stdlib_module_names
        and INSTALLED_BY.get(top) not in names
        and (top, found.file) not in HOSTED
    ]
    assert not outside, listing([*outside])


def test_nobody_imports_a_star() -> None:
    stars = [
        f"{file}:{node.lineno}"
        for file in files(".py")
        for node in ast.walk(tree(file))
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    ]
    assert not stars, listing([*stars])


def test_files_are_short_or_have_a_reason() -> None:
    lengths = {
        str(file): (ROOT / file).read_text(encoding="utf-8").count("\n")
        for file in files(".py", ".asm", ".sh")
    }
    longer = {name: length for name, length in lengths.items() if length > LONGEST_FILE}
    wrong = [f"{name}: {longer[name]} lines" for name in longer.keys() - LONGER_FILES.keys()]
    stale = [f"{name}: no longer long" for name in LONGER_FILES.keys() - longer.keys()]
    assert not wrong + stale, listing([*wrong, *stale])


def test_functions_are_short_or_have_a_reason() -> None:
    lengths = {
        f"{file}:{node.name}": code_lines(node)
        for file in files(".py")
        for node in ast.walk(tree(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    longer = {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION}
    wrong = [f"{name}: {longer[name]} lines" for name in longer.keys() - LONGER_FUNCTIONS.keys()]
    stale = [f"{name}: no longer long" for name in LONGER_FUNCTIONS.keys() - longer.keys()]
    assert not wrong + stale, listing([*wrong, *stale])


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many lines a function has from its `def` to its end, its docstring not counted."""
    first, last = function.body[0], function.body[-1]
    total = (last.end_lineno or 0) - function.lineno + 1
    if ast.get_docstring(function, clean=False) is None:
        return total
    return total - ((first.end_lineno or 0) - first.lineno + 1)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_opens_with_a_map_of_its_rooms(package: str) -> None:
    text = (ROOT / package / "README.md").read_text(encoding="utf-8")
    parents = {file.parts[1] for file in files(".py", ".asm") if file.parts[0] == package}
    rooms = {name for name in parents if not name.startswith("__")}
    missing = sorted(name for name in rooms if name not in text)
    assert not missing, f"{package}/README.md does not mention {', '.join(missing)}"


def test_assembly_takes_offsets_from_schemas() -> None:
    typed = re.compile(r"\[\s*[a-z0-9]+\s*[+-]\s*(0x[0-9a-f]+|[0-9]{2,})\s*\]")
    wrong = [
        f"{file}:{number}: {line.strip()}"
        for file in files(".asm")
        for number, line in enumerate((ROOT / file).read_text(encoding="utf-8").splitlines(), 1)
        if typed.search(line.partition(";")[0])
    ]
    assert not wrong, listing([*wrong])


def test_documents_that_are_named_exist() -> None:
    """A mention of a Markdown file leads somewhere: from the file, its package or the top."""
    mention = re.compile(r"(?<![\w/.:}-])[\w./-]+\.md\b")
    wrong = [
        f"{file}:{number}: {name}"
        for file in files(".py", ".asm", ".sh", ".md", ".toml")
        for number, line in enumerate((ROOT / file).read_text(encoding="utf-8").splitlines(), 1)
        for name in mention.findall(line)
        if not any((ROOT / start / name).is_file() for start in (file.parent, file.parts[0], "."))
    ]
    assert not wrong, listing([*wrong])


def test_no_file_names_the_machine_it_was_written_on() -> None:
    places = "|".join(re.escape(f"{place}/") for place in {ROOT, Path.home()})
    wrong = [
        f"{file}: {place}"
        for file in files(".py", ".asm", ".sh", ".md", ".toml", ".txt", ".json")
        for place in re.findall(rf"(?<![\w.])(?:{places})", (ROOT / file).read_text("utf-8"))
    ]
    assert not wrong, listing([*wrong])
