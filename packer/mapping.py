"""Files as memory: read where they lie, changed in memory alone; and writing parts of a file."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from packer.errors import PackError, Problem


@contextmanager
def mapped(path: Path) -> Iterator[memoryview]:
    """The bytes of a file or a disk. They can be changed, which does not change the file."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            if not size:
                yield memoryview(bytearray())
                return
            mapping = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY)
    except OSError as error:
        raise PackError([_problem("KP2202", path, "read", error)]) from error
    try:
        yield memoryview(mapping)
    finally:
        with suppress(BufferError):  # something still looks at it; it goes when that goes
            mapping.close()


def write_spans(path: Path, spans: list[tuple[int, bytes]]) -> None:
    """Write bytes at offsets of a file that is there, and nothing else of it."""
    try:
        with open(path, "r+b") as file:
            for offset, data in spans:
                file.seek(offset)
                file.write(data)
    except OSError as error:
        raise PackError([_problem("KP2201", path, "written", error)]) from error


def _problem(code: str, path: Path, what: str, error: OSError) -> Problem:
    return Problem(code, str(path), f"cannot be {what}: {error.strerror or error}")
