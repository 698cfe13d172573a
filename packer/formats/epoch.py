"""The moment that a file says it was made at: SOURCE_DATE_EPOCH's, or always the same one."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from packer.errors import PackError, Problem

VARIABLE = "SOURCE_DATE_EPOCH"
DEFAULT = datetime(1980, 1, 1, tzinfo=UTC)
"""The first moment that every file system can tell."""
START = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(2107, 12, 31, 23, 59, 59, tzinfo=UTC)
"""What FAT can still tell; ISO 9660 ends in 2155."""


def moment() -> datetime:
    """In UTC. The clock is never asked, so that a file is the same whenever it is made.

    PackError if the variable is set to something else than seconds since 1970, up to 2107.
    """
    text = os.environ.get(VARIABLE)
    if not text:
        return DEFAULT
    if text.isascii() and text.isdecimal() and int(text) <= (LAST - START).total_seconds():
        return START + timedelta(seconds=int(text))
    what = f"{VARIABLE} is {text!r} instead of seconds since 1970, up to the end of {LAST.year}"
    raise PackError([Problem("KP2211", "", what, f"unset {VARIABLE}, or: git log -1 --format=%ct")])
