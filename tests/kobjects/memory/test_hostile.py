"""Bytes of the worst kind: everything ends soon, and raises our own errors only."""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kobjects.cpu.segments import SegmentSelector
from kobjects.errors import KobjectsError
from kobjects.memory.descriptors import read_tables
from kobjects.memory.dump import read_dump
from kobjects.memory.mappings import Mappings, Trouble
from kobjects.memory.modes import LEVEL_4, LEVEL_5, MODES, NO_PSE, OFF, PAE, PSE, Mode
from kobjects.memory.physical import MemoryImage
from kobjects.memory.search import find_spaces
from kobjects.memory.space import AddressSpace, TranslationError
from kobjects.memory.state import CpuState, SegmentRegister, TableRegister
from tests.kobjects.memory.test_formats import PAGE, core, cpu_note, lime

pytest.importorskip("numpy")

WALKED = [LEVEL_4, LEVEL_5, PAE, PSE, NO_PSE]
SECONDS = 5
"""Processor time that any of these may take on a slow machine."""


def soon(use: Callable[[], Any]) -> Any:
    start = time.process_time()
    result = use()
    assert time.process_time() - start < SECONDS
    return result


def table(entries: list[int], mode: Mode = LEVEL_4) -> bytes:
    kind = "Q" if mode.width == 8 else "I"
    return struct.pack(f"<{len(entries)}{kind}", *entries).ljust(4096, b"\0")


def walk(pages: list[bytes], limit: int = 1 << 22) -> Mappings:
    space = AddressSpace(MemoryImage.raw(b"".join(pages)), 0)
    found: Mappings = soon(lambda: space.walk(limit))
    return found


# What refers to itself


def test_a_table_that_maps_itself_everywhere_ends_at_the_limit() -> None:
    """512 to the fourth pages, 2^36, all of them the table."""
    found = walk([table([0x7] * 512)])
    assert len(found) <= 1 << 22
    assert found.counts[Trouble.LIMIT] == 1
    assert found.counts[Trouble.RECURSIVE] > 512
    (cut,) = (one for one in found.findings if one.kind == Trouble.LIMIT)
    assert "the limit is 4194304 pages" in cut.rule
    assert int(found.linear[-1]) < cut.linear


def test_a_small_limit_keeps_the_lowest_pages() -> None:
    whole = walk([table([0x1007]), table([0x2007] * 2), table([0x3007, 0x87]), table([0x7] * 512)])
    cut = walk(
        [table([0x1007]), table([0x2007] * 2), table([0x3007, 0x87]), table([0x7] * 512)], 100
    )
    assert len(whole) == 1026
    assert len(cut) == 100
    assert cut.linear.tolist() == whole.linear.tolist()[:100]
    assert cut.counts == {Trouble.LIMIT: 1}


def test_one_entry_that_refers_to_its_own_table_is_walked_and_told() -> None:
    """As Windows has it: the tables appear as pages of the last 512 GiB."""
    entries = [0] * 512
    entries[0], entries[0x1ED] = 0x1007, 0x0003
    found = walk([table(entries), table([0x87])])
    assert found.findings[0].path == "pml4[493]"
    assert str(found.findings[0]) == (
        "pml4[493]: 0x3, but the table at 0x0 is one of those above it"
    )
    own = found.find(0xFFFFF6FB7DBED000)
    assert own is not None
    assert own.physical == 0


# What is not there, or not allowed


def test_tables_outside_of_the_image_are_told() -> None:
    found = walk([table([0x1007, 0xFFFFFFFFFF007, 0x5007]), table([0x87])])
    assert len(found) == 1
    assert [str(one) for one in found.findings] == [
        "pml4[1]: 0xffffffffff000, but the pdpt at this address is not in the image",
        "pml4[2]: 0x5000, but the pdpt at this address is not in the image",
    ]


def test_a_root_outside_of_the_image_is_told() -> None:
    found = AddressSpace(MemoryImage.raw(PAGE), 0x9000).walk()
    assert len(found) == 0
    assert [str(one) for one in found.findings] == [
        "cr3: 0x9000, but the pml4 at this address is not in the image"
    ]


def test_reserved_bits_are_told_and_not_mapped() -> None:
    pages = [table([0x1007, 0x1087]), table([0x2007]), table([0x203087, 0x201087])]
    found = walk(pages)
    assert [one.linear for one in found] == [0x200000]
    assert [str(one) for one in found.findings] == [
        "pml4[1]: 0x1087, but bits 0x80 are reserved, and it is not used",
        "pml4[0].pdpt[0].pd[0]: 0x203087, but bits 0x2000 are reserved, and it is not used",
    ]


def test_address_bits_beyond_the_processors_are_reserved() -> None:
    memory = MemoryImage.raw(table([0x1007]) + table([0x87 | 1 << 40]))
    assert len(AddressSpace(memory, 0).walk()) == 1
    space = AddressSpace(memory, 0, physical_bits=40)
    assert len(space.walk()) == 0
    with pytest.raises(TranslationError) as caught:
        space.translate(0x1234)
    assert caught.value.reason == "reserved"
    assert str(caught.value) == (
        "pml4[0].pdpt[0]: 0x1234 is not mapped: the entry 0x10000000087 has reserved bits "
        "0x10000000000 (at offset 0x1000)"
    )


def test_no_execute_is_reserved_without_nxe() -> None:
    memory = MemoryImage.raw(table([0x1007]) + table([0x87 | 1 << 63]))
    assert not AddressSpace(memory, 0).walk()[0].executable
    assert len(AddressSpace(memory, 0, no_execute=False).walk()) == 0


def test_translations_say_which_entry_is_at_fault() -> None:
    memory = MemoryImage.raw(table([0x1007, 0x9007]) + table([0x2]))
    space = AddressSpace(memory, 0)
    cases = {
        0x40000000: ("not present", "pml4[0].pdpt[1]: 0x40000000 is not mapped: the entry is 0x0"),
        0: ("not present", "pml4[0].pdpt[0]: 0x0 is not mapped: the entry is 0x2"),
        1 << 39: ("missing", "pml4[1].pdpt[0]: 0x8000000000 is not translated: 8 bytes of"),
        1 << 47: ("not canonical", "0x800000000000 is no linear address"),
        -1: ("not canonical", "-0x1 is no linear address"),
    }
    for linear, (reason, text) in cases.items():
        with pytest.raises(TranslationError) as caught:
            space.translate(linear)
        assert caught.value.reason == reason
        assert text in str(caught.value)


def test_findings_are_few_however_many_there_are() -> None:
    found = walk([table([0x87] * 512)])
    assert found.counts == {Trouble.RESERVED: 512}
    assert len(found.findings) == 32


def test_without_paging_addresses_are_physical() -> None:
    space = AddressSpace(MemoryImage.raw(PAGE), 0, OFF)
    assert space.translate(0x123).physical == 0x123
    assert space.read(0x100, 3) == b"\0\1\2"
    assert len(space.walk()) == 0


# At random


def noise(dice: random.Random, pages: int, mode: Mode) -> bytes:
    """Memory full of entries, most of which lead into it."""
    width = 8 * mode.width
    rows = []
    for _ in range(pages * 4096 // mode.width):
        kind = dice.random()
        entry = dice.getrandbits(width)
        if kind < 0.7:
            entry = dice.randrange(pages) << 12 | dice.getrandbits(12)
        rows.append(entry if dice.random() < 0.1 or kind > 0.9 else entry & ~1)
    return struct.pack(f"<{len(rows)}{'Q' if mode.width == 8 else 'I'}", *rows)


@settings(max_examples=25)
@given(st.integers(), st.sampled_from(WALKED), st.integers(0, 1 << 64))
def test_a_walk_of_noise_agrees_with_translate(seed: int, mode: Mode, cr3: int) -> None:
    dice = random.Random(seed)
    space = AddressSpace(MemoryImage.raw(noise(dice, 8, mode)), cr3 % 0x9000, mode)
    found = soon(lambda: space.walk(1 << 14))
    for index in dice.sample(range(len(found)), min(20, len(found))):
        page = found[index]
        translation = space.translate(page.linear)
        assert (translation.physical, translation.size) == (page.physical, page.size)
        assert translation.rights == page.rights
    for _ in range(50):
        linear = dice.getrandbits(64 if mode.extended else 32)
        try:
            translation = space.translate(linear)
        except TranslationError as error:
            if error.reason != "not canonical" and Trouble.LIMIT not in found.counts:
                assert found.find(linear) is None
        else:
            page = found.find(linear)
            assert page is None or page.physical + linear - page.linear == translation.physical


@settings(max_examples=10)
@given(st.integers())
def test_a_search_in_noise_ends(seed: int) -> None:
    dice = random.Random(seed)
    memory = MemoryImage.raw(noise(dice, 16, dice.choice(WALKED)))
    for candidate in soon(partial(find_spaces, memory)).candidates:
        assert candidate.space.translate(candidate.itself).physical == candidate.cr3


def test_a_memory_full_of_tables_that_map_themselves_is_searched_up_to_a_budget() -> None:
    pages = [table([0] * 511 + [number << 12 | 3]) for number in range(64)]
    pages += [table([page << 12 | 3 for page in range(512)]) for _ in range(512 - 64)]
    memory = MemoryImage.raw(b"".join(pages))
    found = find_spaces(memory, [LEVEL_4])
    assert found.unjudged > 100
    assert len(found.candidates) + found.unjudged == 512


@settings(max_examples=40)
@given(st.binary(max_size=9000), st.integers(0, 1 << 64), st.sampled_from([*MODES.values()]))
def test_descriptor_tables_of_any_bytes_are_read(data: bytes, at: int, mode: Mode) -> None:
    space = AddressSpace(MemoryImage.raw(data), 0, mode)
    register = SegmentRegister(SegmentSelector.from_int(8), at % 0x3000, 0x67, 0)
    for base in (at, at % 0x3000):
        state = CpuState(
            0, 0, 0, 0, mode.extended, TableRegister(base, 0xFFFF), TableRegister(base, 0xFFF),
            {"tr": register},
        )  # fmt: skip
        tables = soon(partial(read_tables, space, state))
        assert len([*tables.findings]) < 100_000


@settings(max_examples=60)
@given(st.data())
def test_mutated_dumps_raise_nothing_of_someone_elses(data: st.DataObject) -> None:
    whole = data.draw(
        st.sampled_from([core([(0, PAGE), (0x1000, PAGE)], cpu_note()), lime((0, PAGE), (1, PAGE))])
    )
    mutant = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for _ in range(data.draw(st.integers(0, 8))):
        if mutant:
            mutant[data.draw(st.integers(0, min(len(mutant) - 1, 700)))] = data.draw(
                st.integers(0, 255)
            )
    try:
        dump = soon(lambda: read_dump(bytes(mutant)))
    except KobjectsError:
        return
    for known in dump.memory.ranges:
        assert len(dump.memory.read(known.start, 16 if known.end - known.start > 16 else 1)) > 0
    for cpu in dump.cpus:
        soon(partial(AddressSpace(dump.memory, cpu.cr3, cpu.mode).walk, 1 << 12))
