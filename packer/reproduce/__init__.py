"""Building twice under circumstances that should not matter, and naming what they changed.

The two builds differ in the time, the time zone, the folder, the locale, the umask, the seed of
Python's hashes, the home directory and the cache; SOURCE_DATE_EPOCH is theirs both, if it is set.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import packer
from packer.atlas.chart import Atlas, Chart
from packer.errors import PackError, Problem
from packer.manifest import DEMONSTRATION

LARGEST_PROJECT = 256 << 20
"""Bytes of a project's folder that are copied to build it elsewhere."""

LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "node_modules")
MAP = ".map"


@dataclass(frozen=True)
class Circumstances:
    """What should not matter. `shift` in seconds from now."""

    folder: str
    shift: int
    umask: int
    environment: Mapping[str, str]


TWO = (
    Circumstances(
        "one", 0, 0o022,
        {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "1", "USER": "one", "LANG": "C"},
    ),
    Circumstances(
        "another place/with a longer name", 400 * 86400 + 12345, 0o077,
        {"TZ": "Pacific/Chatham", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2", "USER": "another",
         "LANG": "tr_TR.UTF-8"},
    ),
)  # fmt: skip
VARIED = ("time", "time zone", "folder", "locale", "umask", "hash seed", "home", "cache")


def check(manifest: Path, targets: Sequence[str], *, debug: bool = False) -> list[str]:
    """The names of the files, which are all the same in both builds.

    PackError: KP2601 names the field or instruction of each file that differs, KP2602 is a build
    that fails only under other circumstances, KP2603 a project that is too large to be copied.
    """
    with tempfile.TemporaryDirectory(prefix="kpack-check-") as scratch:
        made = [_build(Path(scratch, str(n)), one, manifest, targets, debug)
                for n, one in enumerate(TWO)]  # fmt: skip
        first, second = ({path.name: path for path in folder.iterdir()} for folder in made)
        problems = [
            problem
            for name in sorted(first.keys() | second.keys())
            if (problem := _difference(name, first.get(name), second.get(name)))
        ]
        if problems:
            # A map holds digests of its files, so it differs whenever one of them does.
            of_files = [one for one in problems if not one.place.endswith(MAP)]
            raise PackError(of_files or problems)
        return sorted(first)


def _build(
    root: Path, how: Circumstances, manifest: Path, targets: Sequence[str], debug: bool
) -> Path:
    """The folder with the files of a build under these circumstances."""
    home, output = root / how.folder, root / "output"
    home.mkdir(parents=True)
    here, cwd = _project(manifest, home / "project")
    words = ["build", "-f", str(here), "-o", str(output)]
    words += [word for target in targets for word in ("-t", target)]
    words += ["--debug"] if debug else []
    environment = {
        **{name: value for name, value in os.environ.items() if name != "KPACK_CACHE"},
        **how.environment,
        "HOME": str(home),
        "KPACK_CACHE": str(home / "cache"),
        "PYTHONPATH": str(Path(packer.__file__).parents[1]),
        "KPACK_CHECK": f"{how.shift} {how.umask}",
    }
    done = subprocess.run(
        [sys.executable, "-m", "packer.reproduce.child", *words],
        cwd=cwd, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        text = f"a build in {cwd} fails, and said:\n{done.stderr.strip()}"
        raise PackError([Problem("KP2602", str(manifest), text)])
    return output


def _project(manifest: Path, copy: Path) -> tuple[Path, Path]:
    """A manifest, and where a build of it is to stand: in a copy of its folder, or, as what kpack
    ships lies where it is installed, in an empty one.
    """
    if manifest == DEMONSTRATION:
        copy.mkdir()
        return manifest, copy
    folder = manifest.absolute().parent
    size = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            size += path.stat().st_size if path.is_file() else 0
        if size > LARGEST_PROJECT:
            text = f"its folder has more than {LARGEST_PROJECT >> 20} MiB, too many to copy"
            raise PackError([Problem("KP2603", str(manifest), text, "keep it in one of its own")])
    shutil.copytree(folder, copy, ignore=LEFT_OUT, symlinks=True)
    return copy / manifest.name, copy


def _difference(name: str, first: Path | None, second: Path | None) -> Problem | None:
    """What differs between a file of two builds, by the first leaf that does."""
    if first is None or second is None:
        return Problem("KP2601", name, "is made in one of two builds only")
    one, other = first.read_bytes(), second.read_bytes()
    if one == other:
        return None
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if at is None:
        text = f"has {len(one):,} bytes in one build and {len(other):,} in another"
        return Problem("KP2601", name, text)
    text = f"{one[at]:#04x} and {other[at]:#04x} at offset {at:#x}{_whose(first, name, at)}"
    help = f"of {', '.join(VARIED)}, one decides what is there: let the content decide"
    return Problem("KP2601", name, f"two builds differ: {text}", help)


def _whose(path: Path, name: str, offset: int) -> str:
    """The leaf that owns a byte, from the map of its build."""
    for found in path.parent.glob(f"*{MAP}"):
        atlas = Atlas.read(found)
        if name in atlas.files:
            leaf = Chart(atlas, name, path.read_bytes()).leaf_at(offset)
            return f", {leaf.part.name} {leaf.path}".rstrip()
    return ""
