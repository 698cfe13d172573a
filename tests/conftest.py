"""What all tests share: the hypothesis profiles, the path to programs, the project's place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# The same examples in every run, so that a red build is red again on the next machine. New seeds
# are the campaign's task: `make campaign`.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("campaign", max_examples=5000, deadline=None, print_blob=True)
settings.load_profile("fixed")

# Debian leaves sfdisk's folder out of the path of people who are not root.
os.environ["PATH"] += os.pathsep + "/usr/sbin"


@pytest.fixture(scope="session")
def root() -> Path:
    """The top folder of the project."""
    return ROOT
