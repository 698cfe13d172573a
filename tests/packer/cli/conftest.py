"""kpack inside the test's own process, in an empty folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from packer.cli.main import status


class Said(NamedTuple):
    """What a command came to."""

    status: int
    out: str
    err: str


Kpack = Callable[..., Said]


@pytest.fixture
def kpack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Kpack:
    """Runs a command as if typed in an empty folder, where the test then is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("packer.cli.main._unwind_on_signals", lambda: None)

    def run(*words: str | Path) -> Said:
        ended = status([str(word) for word in words])
        return Said(ended, *capsys.readouterr())

    return run
