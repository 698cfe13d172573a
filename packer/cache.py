"""Assembled units on disk, so that only what changed is assembled again.

An entry's name is a digest of everything that the result depends on: the sources, the values of
the names that they mention, and the assembler itself. So an entry is never stale and never
rewritten, and two builds at once can only write the same bytes. A cache that cannot be read or
written costs time and nothing else.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import importlib.util
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from packer import asm
from packer.asm import Fixup, Line, SourceText, Unit
from packer.files import cache_directory, temporary

KEEP = 256
"""Entries that stay; beyond that the longest unused go."""

_WORD = re.compile(r"[A-Za-z_.$][\w.$]*")


def assemble(sources: Sequence[SourceText], names: Mapping[str, int], *, mode: int = 64) -> Unit:
    """What `packer.asm.assemble` gives for these, from the cache when it is there."""
    entry = cache_directory() / f"{_key(sources, names, mode)}.json"
    unit = _read(entry)
    if unit is None:
        unit = asm.assemble(sources, names, mode=mode)
        _write(entry, unit)
    return unit


def _key(sources: Sequence[SourceText], names: Mapping[str, int], mode: int) -> str:
    """Names that no source mentions do not count; a name that appears later does."""
    words = {word for source in sources for word in _WORD.findall(source.text)}
    used = sorted((word, names[word]) for word in words if word in names)
    content = [_assembler(), mode, [[source.name, source.text] for source in sources], used]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@functools.cache
def _assembler() -> list[str]:
    """What stands for the assembler's version: its own text, and which keystone is installed."""
    digest = hashlib.sha256()
    for path in sorted(Path(asm.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    keystone = importlib.util.find_spec("keystone")
    installed = keystone.origin if keystone and keystone.origin else ""
    stamp = str(os.stat(installed).st_mtime_ns) if installed else ""
    return [digest.hexdigest(), installed, stamp]


def _read(entry: Path) -> Unit | None:
    """The unit of an entry; None when there is none, or what is there is not whole."""
    try:
        digest, _, body = entry.read_bytes().partition(b"\n")
        if hashlib.sha256(body).hexdigest().encode() != digest:
            return None
        os.utime(entry)
    except OSError:
        return None
    stored = json.loads(body)
    return Unit(
        code=bytes.fromhex(stored["code"]),
        symbols=stored["symbols"],
        lines=tuple(Line(*row) for row in stored["lines"]),
        fixups=tuple(Fixup(*row) for row in stored["fixups"]),
        modes=tuple((offset, bits) for offset, bits in stored["modes"]),
    )


def _write(entry: Path, unit: Unit) -> None:
    stored = {
        "code": unit.code.hex(),
        "symbols": dict(unit.symbols),
        "lines": [_row(line) for line in unit.lines],
        "fixups": [_row(fixup) for fixup in unit.fixups],
        "modes": unit.modes,
    }
    body = json.dumps(stored).encode()
    with contextlib.suppress(OSError):
        entry.parent.mkdir(parents=True, exist_ok=True)
        written = temporary(entry)
        written.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        os.replace(written, entry)
        _prune(entry.parent)


def _row(record: Line | Fixup) -> list[object]:
    return [getattr(record, field.name) for field in dataclasses.fields(record)]


def _prune(folder: Path) -> None:
    entries = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    for path in entries[: max(0, len(entries) - KEEP)]:
        path.unlink(missing_ok=True)
