"""Writing files so that a reader, a second build or a full disk never meets half of one."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from packer.errors import PackError, Problem


def write_all(files: Mapping[Path, bytes]) -> None:
    """Write these files, or none of them. PackError names the path that cannot be written, and why.

    Folders are made as needed. Every file is complete under a temporary name beside its own before
    the first one takes its place.
    """
    waiting: dict[Path, Path] = {}
    try:
        for path, data in files.items():
            with _reported(path):
                if path.is_dir():
                    raise IsADirectoryError(0, "is a directory")
                path.parent.mkdir(parents=True, exist_ok=True)
                waiting[path] = temporary(path)
                with open(waiting[path], "xb") as stream:
                    stream.write(data)
        for path, written in waiting.items():
            with _reported(path):
                os.replace(written, path)
    finally:
        for written in waiting.values():
            with contextlib.suppress(OSError):
                written.unlink()


def cache_directory() -> Path:
    """Where this user's entries lie; KPACK_CACHE names another folder."""
    if chosen := os.environ.get("KPACK_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "kpack" / "units"


def temporary(path: Path) -> Path:
    """A name in the same folder that no other process uses."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


@contextlib.contextmanager
def _reported(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise PackError([Problem("KP2201", str(path), f"cannot be written: {reason}")]) from error
