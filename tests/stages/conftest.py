"""Keeps the tests' assembled units out of the user's cache; can put guests on the debug build."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

import pytest

import packer.build
from packer.image import Image
from stages.invariants.stage import checked
from stages.model import System


@pytest.fixture(scope="session", autouse=True)
def private_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One folder for the whole run; programs that a test starts use it too."""
    pytest.MonkeyPatch().setenv("KPACK_CACHE", str(tmp_path_factory.mktemp("units")))


if os.environ.get("KERNEL_INVARIANTS"):  # `make invariants`: every guest runs on the debug build
    _build = packer.build.build

    def _checked(system: System, *args: Any, **options: Any) -> Image:
        return _build(dataclasses.replace(system, stages=checked(system.stages)), *args, **options)

    packer.build.build = _checked
