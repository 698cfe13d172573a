"""Headers that boot loaders look for in the first bytes of a kernel: Multiboot 1 and 2."""

from __future__ import annotations

from collections.abc import Iterator

from kobjects.errors import KobjectsError
from kobjects.firmware import multiboot, multiboot2
from kobjects.firmware.multiboot import MultibootHeader, MultibootHeaderLong
from kobjects.firmware.multiboot2 import Multiboot2Header
from kobjects.formats.area import Area
from kobjects.formats.node import Node, Survey

MOST_CANDIDATES = 64
"""Places with a magic number that are tried."""


def headers(survey: Survey, area: Area) -> Iterator[Node]:
    """The headers of a kernel whose sums are right; a loader takes no others."""
    head = area.read(0, multiboot2.SEARCH)
    for place in _places(head[: multiboot.SEARCH], multiboot.HEADER_MAGIC, 4):
        if (
            place + MultibootHeader.size <= len(head)
            and not MultibootHeader.parse(head[place:]).stale()
        ):
            flags = MultibootHeader.parse(head[place:]).flags
            long = flags.video_mode or flags.address_fields
            schema = MultibootHeaderLong if long else MultibootHeader
            if place + schema.size <= len(head):
                yield survey.record("multiboot", schema, area, place)
            break
    for place in _places(head, multiboot2.HEADER_MAGIC, 8):
        try:
            header = Multiboot2Header.parse(memoryview(head)[place:])
        except KobjectsError:
            continue
        if not header.stale():
            yield survey.record("multiboot2", Multiboot2Header, area.part(0, len(head)), place)
            break


def recognise(survey: Survey, area: Area) -> Node | None:
    """A flat kernel with a Multiboot header, which is no ELF file."""
    if area.read(0, 4) == b"\x7fELF":
        return None
    found = list(headers(survey, area))
    if not found:
        return None
    node = survey.node("kernel", "kernel for Multiboot", area)
    node.children += found
    return node


def _places(data: bytes, magic: int, step: int) -> Iterator[int]:
    wanted = magic.to_bytes(4, "little")
    place = data.find(wanted)
    for _ in range(MOST_CANDIDATES):
        if place < 0:
            return
        if place % step == 0:
            yield place
        place = data.find(wanted, place + 1)
