"""What the run with every guard found, kept for the next run over the same tree.

It is the half of a short run, and says the same as long as no source, test or tool has changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
from collections.abc import Sequence
from pathlib import Path

from packer.asm import Unit
from tests.ablation.ledger import Ledger

FOLDERS = ("kobjects", "stages", "packer", "bench", "tests")
OWN = {"__pycache__", "ablation"}
"""Parts of paths that do not count: what is made, and what only leaves guards out."""


def digest(tests: Sequence[str]) -> str:
    """Of all that the run depends on, but for the machine and what is installed."""
    found = hashlib.sha256(repr((tests, os.environ.get("KERNEL_INVARIANTS"))).encode())
    for folder in FOLDERS:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and not OWN & set(path.parts):
                found.update(f"{path} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()


def load(path: Path, key: str) -> tuple[Ledger, dict[str, Unit]] | None:
    """The ledger and the assembled units of the last run, if that was over the same tree."""
    with contextlib.suppress(OSError, EOFError, pickle.UnpicklingError), path.open("rb") as file:
        if pickle.load(file) == key:
            ledger = Ledger()
            ledger.accounts, units = pickle.load(file)
            return ledger, units
    return None


def save(path: Path, key: str, ledger: Ledger, units: dict[str, Unit]) -> None:
    with path.open("wb") as file:
        pickle.dump(key, file)
        pickle.dump((ledger.accounts, units), file)
