"""What these tests share: a cache of their own for assembled units, and a short run."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.run import Run


@pytest.fixture(scope="session", autouse=True)
def private_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    pytest.MonkeyPatch().setenv("KPACK_CACHE", str(tmp_path_factory.mktemp("units")))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path, repeat=2, say=lambda text: None, note=lambda text: None)
