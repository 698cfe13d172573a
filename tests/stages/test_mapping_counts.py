"""A Frame's counts of mappings, where they end.

So many are more than a test can make: the image says that they are there.
"""

from __future__ import annotations

import dataclasses
from functools import partial

import pytest

from kobjects.kernel.abi import Status
from kobjects.kernel.object import ObjectHeader
from packer.image import Image
from stages.tasks.objects import inventory
from tests.stages.object_calls import copy, made, map_, slot, unmap

pytestmark = pytest.mark.boot

HERE, MORE = 0x1000_0000, slot(20)
PAGE = '{ frame = "page", rights = ["read", "write", "execute"] }'
MOST = 0x8000
"""Of each kind."""


def counting(kind: str, count: int, image: Image) -> Image:
    """The image whose shared frame has so many mappings of a kind."""
    start = image.symbols.physical("object_table") - image.layout.window.start
    at = start + inventory(image.system)["frame", "page"]
    load = bytearray(image.load)
    header = ObjectHeader.parse(load[at : at + ObjectHeader.size])
    load[at : at + ObjectHeader.size] = header.edit({kind: count}).build()
    return dataclasses.replace(image, load=bytes(load))


@pytest.mark.parametrize("way", ["fpu = false", "fpu = true"], ids=["quick", "slow"])
@pytest.mark.parametrize(("kind", "rights"), [("writable_mappings", 3), ("executable_mappings", 5)])
def test_a_count_never_overflows(kind: str, rights: int, way: str) -> None:
    """The last one fits, the next does not; others of the Frame's rights still do."""
    steps = [
        copy("page", MORE, 7),
        copy("page", slot(21), 7),
        map_("page", HERE + 0x2000, 1),
        map_(slot(21), HERE, rights),
        map_(MORE, HERE + 0x1000, rights, Status.NO_QUOTA),
        map_(MORE, HERE + 0x1000, 1),
        unmap(MORE),
        unmap(slot(21)),
        map_(MORE, HERE, rights),
        map_(slot(21), HERE + 0x1000, 8 - rights, Status.W_XOR_X),
    ]
    full = partial(counting, kind, MOST - 1)
    played = made(steps, way, change=full, page=PAGE)
    for step, found in zip(steps, played.results["maker"], strict=True):
        assert found.status is step.status, step
    header = played.memory.header(inventory(played.image.system)["frame", "page"])
    counts = {"writable_mappings": 0, "executable_mappings": 0} | {kind: MOST}
    assert {name: getattr(header, name) for name in counts} == counts
