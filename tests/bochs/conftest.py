"""Keeps the tests' assembled units out of the user's cache."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session", autouse=True)
def private_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    pytest.MonkeyPatch().setenv("KPACK_CACHE", str(tmp_path_factory.mktemp("units")))
