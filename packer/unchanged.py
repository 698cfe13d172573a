"""Knowing that a build would make what is there already, without importing what builds.

A build is watched: every file that it opens for reading, and every module of Python that it uses,
is noted with its digest in the user's cache, and so are the files that it made. When all of them
are still as they were, the same build would make the same files, for a build depends on nothing
else (`kpack build --check` shows that). Imports nothing heavy.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from packer.files import temporary

ENVIRONMENT = ("SOURCE_DATE_EPOCH", "PYTHONHASHSEED")
"""Variables that a build reads; the second only that its effect would be seen."""

RACY = 2 * 10**9
"""Nanoseconds: a file that changed so shortly before it was noted may change again unseen."""

KEEP = 64
"""Notes that stay."""

_opened: set[str] | None = None
"""What was opened while a build is watched."""


class Note:
    """What is known of one build: named by all that was asked for."""

    def __init__(self, cache: Path, asked: Sequence[object]) -> None:
        words = [sys.version, os.getcwd(), *(os.environ.get(name) for name in ENVIRONMENT), *asked]
        digest = hashlib.sha256(json.dumps([str(word) for word in words]).encode()).hexdigest()
        self.path = cache / "builds" / f"{digest}.json"

    def recall(self) -> Mapping[Path, int] | None:
        """The files that such a build made and their sizes, if it would make them again."""
        try:
            note = json.loads(self.path.read_bytes())
            if any(os.path.lexists(path) for path in note["absent"]):
                return None
            for path, (size, changed, digest) in note["inputs"].items():
                if not _same(path, size, changed, digest, note["when"]):
                    return None
            for path, (_, digest) in note["outputs"].items():
                if _digest(path) != digest:
                    return None
            os.utime(self.path)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return {Path(path): size for path, (size, _) in note["outputs"].items()}

    def keep(self, inputs: set[str], absent: Sequence[Path], outputs: Sequence[Path]) -> None:
        """Note a build. What cannot be noted costs the next build time and nothing else."""
        made = {str(path.absolute()) for path in outputs}
        with contextlib.suppress(OSError):
            note = {
                "when": time.time_ns(),
                "inputs": {
                    path: _known(path) for path in sorted(inputs - made) if os.path.isfile(path)
                },
                "absent": [str(path.absolute()) for path in absent],
                "outputs": {str(path): [path.stat().st_size, _digest(path)] for path in outputs},
            }
            self.path.parent.mkdir(parents=True, exist_ok=True)
            written = temporary(self.path)
            written.write_text(json.dumps(note))
            os.replace(written, self.path)
            _prune(self.path.parent)


@contextlib.contextmanager
def watched(cache: Path) -> Iterator[set[str]]:
    """The files that are read inside the block, complete when it is left: those that are opened,
    but for the cache's own, and the sources of all modules that are loaded by then.
    """
    global _opened
    _listen()
    found: set[str] = set()
    _opened = set()
    try:
        yield found
    finally:
        inside = str(cache.absolute()) + os.sep
        read = {path for path in _opened if not path.startswith(inside) and _counts(path)}
        _opened = None
        modules = list(sys.modules.values())
        sources = {str(getattr(module, "__file__", None) or "") for module in modules}
        found |= read | {os.path.abspath(path) for path in sources if path}


def _counts(path: str) -> bool:
    return not path.endswith(".pyc") and not path.startswith(("/proc/", "/dev/", "/sys/"))


_listening = False


def _listen() -> None:
    """Hear of each file that Python opens; a hook stays for the life of the process."""
    global _listening
    if _listening:
        return
    _listening = True

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and _opened is not None:
            path, mode, flags = arguments
            reads = "r" in mode if isinstance(mode, str) else not (int(str(flags)) & 3)
            if reads and isinstance(path, str | bytes | os.PathLike):
                _opened.add(os.path.abspath(os.fsdecode(path)))

    sys.addaudithook(hook)


def _known(path: str) -> list[object]:
    """Size, time of change and digest of a file."""
    status = os.stat(path)
    return [status.st_size, _changed(status), _digest(path)]


def _same(path: str, size: int, changed: int, digest: str, when: int) -> bool:
    status = os.stat(path)
    if status.st_size != size:
        return False
    if _changed(status) == changed < when - RACY:
        return True
    return _digest(path) == digest


def _changed(status: os.stat_result) -> int:
    """When a file changed last. Its own time can be set back; that of its entry can't."""
    return max(status.st_mtime_ns, status.st_ctime_ns)


def _digest(path: str | Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _prune(folder: Path) -> None:
    notes = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    for path in notes[: max(0, len(notes) - KEEP)]:
        path.unlink(missing_ok=True)
