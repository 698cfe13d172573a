"""Numbers that hold something off by being what they are, wherever a record has them.

Limits, which become as high as they go; interrupt stacks and masks of bits that are refused, which
become 0; the null object's keys, which every empty slot would equal if they were 0; and the I/O
map's bits, which forbid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from packer.ablation.guard import Edit, Guard
from packer.ablation.regions import Held, held, role
from packer.image import Image

HIGHEST = re.compile(r"(^|[._])(limit|max_priority|slot_count)$")
CLEARED = re.compile(r"(^|\.)(ist\[\d\]|bad_mask|io_bitmap|iomap_base)$")
NULL_OBJECT = re.compile(r"^\[0\]\.(generation|\w+_key)$")


def guards(image: Image) -> Iterator[Guard]:
    """Of all regions. What is done for one task is done for all: `thread.TASK.bad_mask`."""
    found: dict[str, list[Edit]] = {}
    for one in held(image):
        new = _without(one)
        if new is not None and new != one.data:
            name = role(image, one.region) + one.name.removeprefix(one.region)
            found.setdefault(name, []).append(Edit(one.region, one.offset, new))
    for name, edits in found.items():
        text = "as high as it goes" if HIGHEST.search(name) else "0"
        yield Guard(name, text, tuple(edits))


def _without(one: Held) -> bytes | None:
    if one.value is not None:
        return None
    if HIGHEST.search(one.path):
        return b"\xff" * len(one.data)
    cleared = CLEARED.search(one.path) or (
        one.region == "object_table" and NULL_OBJECT.search(one.path)
    )
    return bytes(len(one.data)) if cleared else None
