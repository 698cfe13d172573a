"""What kpack's exit status says."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """0 is success; every other one says who has to look where."""

    OK = 0
    CHECK_FAILED = 1
    USAGE = 2
    SOURCE = 3
    """The manifest or a source is wrong."""
    TOOL = 4
    """A tool is missing or refuses."""
    GUEST = 5
    """The guest failed, or ended without saying that it passed."""
    TIME_OUT = 6
    RESET = 7
    """The machine was reset, or a triple fault would have reset it."""
    INTERRUPTED = 130
