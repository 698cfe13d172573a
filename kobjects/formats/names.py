"""Names that files and sections have, as steps of a path."""

from __future__ import annotations

import re

_ODD = re.compile(r"[\[\]/\x00-\x1f\x7f]")


def unique_step(name: str, taken: dict[str, int]) -> str:
    """`[name]`, without what a path could not say; numbered if that is taken already. `taken` has
    the names so far, each with the number of those that wanted it.
    """
    plain = step = _ODD.sub("_", name) or "_"
    while step in taken:
        taken[plain] += 1
        step = f"{plain}~{taken[plain]}"
    taken[step] = 1
    return f"[{step}]"


def text_at(table: bytes, offset: int) -> str:
    """The text at an offset of a table of texts that end in zero bytes; at most 256 of it."""
    return table[offset : offset + 256].split(b"\0")[0].decode("ascii", "backslashreplace")
