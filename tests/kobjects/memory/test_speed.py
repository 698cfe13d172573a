"""What page tables cost, held to the goals with room for a slow or busy machine, beside peers.

Under `--benchmark-enable` each is measured by pytest-benchmark; otherwise it runs as a test. A
peer's name follows an @. Peers read the same bytes and must come to the same numbers: construct and
ctypes are always there, dissect.cstruct and volatility3 come with the extra `peers`.
"""

from __future__ import annotations

import ctypes
import random
import timeit
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from construct import BitsInteger, BitStruct, ByteSwapped, Flag

from kobjects.cpu.paging import PageTableEntry
from kobjects.memory.physical import MemoryImage
from kobjects.memory.search import find_spaces
from kobjects.memory.space import AddressSpace
from tests.kobjects.memory.conftest import Linux

np = pytest.importorskip("numpy")

ROOM = 5
"""How much slower than the goal a run may be before it counts as broken."""

DICE = random.Random("page table")
TABLE = b"".join(DICE.getrandbits(64).to_bytes(8, "little") for _ in range(512))
MANY = TABLE * 64
ENTRY = PageTableEntry.parse(TABLE)
NAMES = [*PageTableEntry.fields]


def all_columns() -> list[Any]:
    columns = PageTableEntry.columns(MANY)
    return [columns[name] for name in NAMES]


OURS: dict[str, tuple[Callable[[], Any], int, float]] = {
    # what is done, elements, goal in ns for one
    "page_table.parse": (lambda: PageTableEntry[512].parse(TABLE), 512, 100),
    "page_table.one_field": (lambda: ENTRY.address, 1, 250),
    "page_table.all_fields": (lambda: ENTRY.asdict(), 1, 1000),
    "page_table.columns": (all_columns, len(MANY) // 8, 25),
}


def measured(use: Callable[[], Any], elements: int, runs: int = 0) -> float:
    """The best of some runs, in ns for one element."""
    runs = runs or max(1, 2000 // elements)
    return min(timeit.repeat(use, number=runs, repeat=7)) / runs / elements * 1e9


@pytest.mark.parametrize("name", OURS)
def test_the_goals_are_kept(name: str, benchmark: Any) -> None:
    use, elements, goal = OURS[name]
    benchmark.extra_info["elements"] = elements
    benchmark(use)
    best = measured(use, elements)
    assert best < goal * ROOM, f"{best:.0f} ns for one element; the goal is {goal}"


# Peers that decode every field of every entry: to be compared with all_fields

PIECES = [
    ("present", 1), ("writable", 1), ("user", 1), ("write_through", 1), ("cache_disable", 1),
    ("accessed", 1), ("dirty", 1), ("pat", 1), ("global_", 1), ("available", 3), ("address", 40),
    ("available_high", 7), ("protection_key", 4), ("no_execute", 1),
]  # fmt: skip
"""A page-table entry, low bit first, as peers want it declared."""


def construct_entry() -> Any:
    kinds = (name / (Flag if width == 1 else BitsInteger(width)) for name, width in PIECES[::-1])
    return ByteSwapped(BitStruct(*kinds))


class Bits(ctypes.LittleEndianStructure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [(name, ctypes.c_uint64, width) for name, width in PIECES]


@cache
def cstruct_entry() -> Any:
    library = pytest.importorskip("dissect.cstruct", reason="pip install dissect.cstruct").cstruct()
    members = "".join(f"uint64 {name} : {width};" for name, width in PIECES)
    library.load(f"struct Entry {{ {members} }};", compiled=True)
    return library.Entry


def by_construct() -> list[dict[str, int]]:
    found = construct_entry()[512].parse(TABLE)
    return [{name: int(entry[name]) for name, _ in PIECES} for entry in found]


def by_ctypes() -> list[dict[str, int]]:
    table = (Bits * 512).from_buffer_copy(TABLE)
    return [{name: getattr(entry, name) for name, _ in PIECES} for entry in table]


def by_cstruct() -> list[dict[str, int]]:
    return [{n: int(getattr(e, n)) for n, _ in PIECES} for e in cstruct_entry()[512](TABLE)]


def by_us() -> list[dict[str, int]]:
    return [entry.asdict() for entry in PageTableEntry[512].parse(TABLE)]


PEERS = {"construct": by_construct, "ctypes": by_ctypes, "dissect.cstruct": by_cstruct}


@pytest.mark.parametrize("peer", PEERS)
def test_peers_read_the_same_fields(peer: str, benchmark: Any) -> None:
    benchmark.extra_info["elements"] = 512
    benchmark.name = f"page_table.all_fields@{peer}"
    theirs = benchmark(PEERS[peer])
    ours = [
        {name: int(value) // PageTableEntry.fields[name].unit for name, value in entry.items()}
        for entry in by_us()
    ]
    assert theirs == ours


@pytest.mark.parametrize("peer", ["construct", "dissect.cstruct"])
def test_no_peer_that_has_names_for_values_is_quicker(peer: str) -> None:
    use = PEERS[peer]
    use()
    assert measured(by_us, 512) < measured(use, 512)


# The walk


def test_the_walk_of_a_linux(linux: Linux, benchmark: Any) -> None:
    """8,424 pages in at most 1 ms."""
    space = AddressSpace(MemoryImage.raw(linux.memory), linux.state.cr3)
    benchmark.name = "walk.linux"
    assert len(benchmark(space.walk)) == 8424
    best = measured(space.walk, 1, 20)
    assert best < 1e6 * ROOM, f"{best / 1e6:.2f} ms; the goal is 1"


def test_the_walk_of_a_million_pages(benchmark: Any) -> None:
    """4 GiB in pages of 4 KiB, through 2,048 page tables."""
    pages = np.arange(1 << 20, dtype=np.uint64) << np.uint64(12) | np.uint64(3)
    below = np.arange(2048, dtype=np.uint64) + np.uint64(6) << np.uint64(12) | np.uint64(3)
    tops = [[0x1003], [0x2003, 0x3003, 0x4003, 0x5003]]
    data = b"".join(np.array(top, np.uint64).tobytes().ljust(4096, b"\0") for top in tops)
    space = AddressSpace(MemoryImage.raw(data + below.tobytes() + pages.tobytes()), 0)
    benchmark.name = "walk.million"
    assert len(benchmark(space.walk)) == 1 << 20
    best = measured(space.walk, 1, 1)
    assert best < 60e6 * ROOM, f"{best / 1e6:.0f} ms; the goal is 60"


def test_the_search_of_256_mib(linux: Linux, benchmark: Any) -> None:
    memory = MemoryImage.raw(linux.memory)
    benchmark.name = "search.linux"
    assert len(benchmark.pedantic(find_spaces, (memory,), rounds=3).candidates) > 1


def test_volatility_maps_the_same_bytes(linux: Linux, benchmark: Any) -> None:
    contexts = pytest.importorskip(
        "volatility3.framework.contexts", reason="pip install volatility3"
    )
    physical = pytest.importorskip("volatility3.framework.layers.physical")
    intel = pytest.importorskip("volatility3.framework.layers.intel")
    context = contexts.Context()
    context.add_layer(physical.BufferDataLayer(context, "buffer", "physical", linux.memory))
    context.config["walk.memory_layer"] = "physical"
    context.config["walk.page_map_offset"] = linux.state.mode.root(linux.state.cr3)
    layer = intel.Intel32e(context, "walk", "layer")

    def walk() -> list[tuple[int, int, int]]:
        found = layer.mapping(0, layer.maximum_address, ignore_errors=True)
        return [(linear, size, at) for linear, size, at, _, _ in found]

    benchmark.name = "walk.linux@volatility3"
    theirs = benchmark.pedantic(walk, rounds=3)
    space = AddressSpace(MemoryImage.raw(linux.memory), linux.state.cr3)
    high = (1 << 64) - (1 << 48)
    for linear, _, at in theirs:
        assert space.translate(linear | (high if linear >> 47 else 0)).physical == at
    ours = space.walk()
    inside = ours.physical < len(linux.memory)
    assert sum(size for _, size, _ in theirs) == int(ours.size[inside].sum())
