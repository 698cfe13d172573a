"""Paging entries: the choice that bit 7 makes, units of addresses, and how an address splits."""

from __future__ import annotations

import construct
import pytest

from kobjects.cpu.paging import (
    PAGE_DIRECTORY,
    PAGE_DIRECTORY_POINTER,
    LinearAddress,
    PageDirectoryEntry,
    PageDirectoryEntry2M,
    PageDirectoryPointerEntry,
    PageDirectoryPointerEntry1G,
    PageTableEntry,
)
from kobjects.errors import KobjectsError

TABLE = PageDirectoryEntry(present=True, address=0x1000)
PAGE = PageDirectoryEntry2M(present=True, address=0x200000)


def test_bit_7_chooses_the_type() -> None:
    entries = PAGE_DIRECTORY[2].parse(TABLE.build() + PAGE.build())
    assert [type(entry) for entry in entries] == [PageDirectoryEntry, PageDirectoryEntry2M]
    assert entries == (TABLE, PAGE)
    upper = PAGE_DIRECTORY_POINTER[2].parse(TABLE.build() + PAGE.build())
    kinds = [PageDirectoryPointerEntry, PageDirectoryPointerEntry1G]
    assert [type(entry) for entry in upper] == kinds


def test_a_table_of_both_builds_what_it_parsed() -> None:
    data = b"".join(PageTableEntry.from_int(n << 5).build() for n in range(512))
    entries = PAGE_DIRECTORY[512].parse(data)
    assert PAGE_DIRECTORY[512].build(entries) == data


def test_the_choice_builds_ints_and_mappings_too() -> None:
    assert PAGE_DIRECTORY.build(0x2000E3) == (0x2000E3).to_bytes(8, "little")
    assert (
        PAGE_DIRECTORY.build({"large": True, "address": 0x400000})
        == PAGE.replace(present=False, address=0x400000).build()
    )
    assert PAGE_DIRECTORY.build({"address": 0x3000}) == b"\0\x30\0\0\0\0\0\0"


def test_the_choice_is_a_construct() -> None:
    pair = construct.Struct("count" / construct.Int8ul, "entry" / PAGE_DIRECTORY)
    parsed = pair.parse(b"\x01" + PAGE.build())
    assert type(parsed.entry) is PageDirectoryEntry2M
    assert pair.build(parsed) == b"\x01" + PAGE.build()
    assert PAGE_DIRECTORY.sizeof() == 8


def test_an_entry_of_another_level_is_refused_with_its_place() -> None:
    wrong = PageDirectoryPointerEntry(present=True)
    with pytest.raises(
        KobjectsError,
        match=r"\[1\]: takes PageDirectoryEntry or PageDirectoryEntry2M, not "
        r"PageDirectoryPointerEntry .* \(at offset 0x8\)",
    ):
        PAGE_DIRECTORY[2].build((TABLE, wrong))


def test_a_short_read_says_what_was_there() -> None:
    with pytest.raises(KobjectsError, match="expected 8 bytes, found 5"):
        PAGE_DIRECTORY.parse(bytes(5))


def test_addresses_are_bytes_and_must_be_aligned_to_the_page() -> None:
    assert PageTableEntry(address=0xFEE00000) == 0xFEE00000
    assert PageDirectoryPointerEntry1G.from_int(0x40000000).address == 1 << 30
    for entry, address in ((PageTableEntry, 0x1001), (PageDirectoryEntry2M, 0x1000)):
        with pytest.raises(KobjectsError, match="address"):
            entry(address=address)


def test_a_page_with_a_table_in_mind_breaks_a_rule() -> None:
    """Read as what it is not, by someone who did not look at bit 7."""
    read = PageDirectoryEntry.from_int(PAGE)
    assert [finding.path for finding in read.check()] == ["large"]


def test_nothing_is_wrong_with_an_entry_that_is_not_present() -> None:
    """Linux keeps swap entries there."""
    assert PageDirectoryEntry2M.from_int(0xFFFFFFFFFFFFFFFE).check() == []
    assert PageDirectoryEntry2M.from_int(0xFFFFFFFFFFFFFFFF).check() != []


def test_the_processors_view_of_an_address() -> None:
    """Intel's manual walks 9, 9, 9, 9 and 12 bits; Python's divmod does the same another way."""
    linear = 0xFFFF_8B56_4F82_2E80
    rest, offset = divmod(linear, 4096)
    numbers = []
    for _ in range(4):
        rest, number = divmod(rest, 512)
        numbers.append(number)
    split = LinearAddress.from_int(linear)
    assert [split.pt, split.pd, split.pdpt, split.pml4] == numbers
    assert split.offset == offset
    assert split.sign_extension == rest == 0xFFFF


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        (0, True),
        (0x7FFFFFFFFFFF, True),
        (0x800000000000, False),
        (0xFFFF7FFFFFFFFFFF, False),
        (0xFFFF800000000000, True),
        (0xFFFFFFFFFFFFFFFF, True),
    ],
)
def test_canonical_addresses(address: int, canonical: bool) -> None:
    assert LinearAddress.from_int(address).canonical is canonical
