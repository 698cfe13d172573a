"""Names that files and sections have, as steps of a path."""

from __future__ import annotations

import re

_ODD = re.compile(r"[\[\]/\x00-\x1f\x7f]")


def unique_step(name: str, taken: set[str]) -> str:
    """`[name]`, without what a path could not say; numbered if that is taken already."""
    plain = _ODD.sub("_", name) or "_"
    step, number = plain, 2
    while step in taken:
        step, number = f"{plain}~{number}", number + 1
    taken.add(step)
    return f"[{step}]"


def text_at(table: bytes, offset: int) -> str:
    """The text at an offset of a table of texts that end in zero bytes; at most 256 of it."""
    return table[offset : offset + 256].split(b"\0")[0].decode("ascii", "backslashreplace")
