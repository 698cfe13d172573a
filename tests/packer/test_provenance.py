"""Every byte has exactly one owner, and the ledger accepts no other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kobjects.firmware.mbr import MasterBootRecord
from packer.asm import SourceText, assemble
from packer.provenance import (
    CodePart,
    Kind,
    Ledger,
    Owner,
    PaddingPart,
    Part,
    Provenance,
    SchemaPart,
)

SOURCE = """
first:
    nop
.inner:
    jmp     first
second:
    .byte   1, 2, 3
    .align  16
"""


class Blocks:
    """A part whose leaves have the given sizes."""

    def __init__(self, sizes: list[int], *, size: int | None = None) -> None:
        self.name = "blocks"
        self.size = sum(sizes) if size is None else size
        self._sizes = sizes

    def owners(self) -> Iterator[Owner]:
        start = 0
        for size in self._sizes:
            yield Owner(start, size, Kind.FIELD, self.name, path=str(start))
            start += size


def code_part() -> CodePart:
    return CodePart("unit", assemble([SourceText("unit.asm", SOURCE)], {}))


def described(part: Part) -> list[tuple[int, int, str, str, str]]:
    return [(o.start, o.size, o.kind.value, o.path, o.place) for o in part.owners()]


def test_code_is_owned_by_its_lines_with_the_nearest_label() -> None:
    assert described(code_part()) == [
        (0, 1, "instruction", "first", "unit.asm:3"),
        (1, 2, "instruction", "first.inner", "unit.asm:5"),
        (3, 3, "data", "second", "unit.asm:7"),
        (6, 10, "data", "second+0x3", "unit.asm:8"),
    ]


def test_a_structure_is_owned_by_its_leaf_fields_down_to_elements() -> None:
    owners = list(SchemaPart("mbr", MasterBootRecord).owners())
    assert sum(owner.size for owner in owners) == 512
    lba = next(owner for owner in owners if owner.path == "partitions[2].first_lba")
    assert (lba.start, lba.size, lba.kind) == (0x1BE + 2 * 16 + 8, 4, Kind.FIELD)
    assert lba.text == "first sector, counted from the start of the disk"
    assert lba.place == str(MasterBootRecord.source)


def test_padding_says_why_it_is_there() -> None:
    ledger = Ledger()
    ledger.pad(16, "room to grow")
    data, owners = ledger.finish()
    assert data == bytes(16)
    assert list(owners) == [Owner(0, 16, Kind.PADDING, "padding", text="room to grow")]


@given(st.lists(st.lists(st.integers(1, 9), max_size=6), max_size=6))
def test_the_owners_of_a_ledger_add_up_to_its_bytes(parts: list[list[int]]) -> None:
    ledger = Ledger()
    for sizes in parts:
        ledger.add(Blocks(sizes), bytes(sum(sizes)))
        ledger.pad(len(ledger) + len(sizes) % 3, "between")
    data, owners = ledger.finish()
    assert owners.size == len(data)
    owned = [byte for owner in owners for byte in range(owner.start, owner.end)]
    assert owned == list(range(len(data)))
    for offset in range(len(data)):
        owner = owners.at(offset)
        assert owner.start <= offset < owner.end


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.data())
def test_a_cut_keeps_the_owners_of_what_is_left(sizes: list[int], data: st.DataObject) -> None:
    whole = sum(sizes)
    skip = data.draw(st.integers(0, whole))
    size = data.draw(st.integers(0, whole - skip))
    ledger = Ledger()
    ledger.add(Blocks(sizes), bytes(size), skip)
    _, owners = ledger.finish()
    expected = [o.path for o in Blocks(sizes).owners() for _ in range(o.size)][skip : skip + size]
    assert [owner.path for owner in owners for _ in range(owner.size)] == expected


def test_an_included_image_keeps_its_owners() -> None:
    inner = Ledger()
    inner.add(Blocks([2, 3]), b"abcde")
    outer = Ledger()
    outer.pad(4, "before")
    outer.include(*inner.finish())
    data, owners = outer.finish()
    assert data == b"\0\0\0\0abcde"
    assert [(o.start, o.part) for o in owners] == [(0, "padding"), (4, "blocks"), (6, "blocks")]


def test_more_bytes_than_the_part_has_are_refused() -> None:
    with pytest.raises(ValueError, match="blocks has 0x3 bytes, not 0x1 \\+ 0x3"):
        Ledger().add(Blocks([3]), b"abc", 1)


def test_padding_backwards_is_refused() -> None:
    ledger = Ledger()
    ledger.pad(8, "header")
    with pytest.raises(ValueError, match="table: 0x4 lies before the end, 0x8"):
        ledger.pad(4, "table")


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        (Blocks([2, 3], size=6), "blocks: 0x6 bytes, of which 0x5 have owners"),
        (PaddingPart("fine", 0), ""),
    ],
)
def test_a_part_that_leaves_bytes_out_is_refused(part: Part, problem: str) -> None:
    ledger = Ledger()
    ledger.add(part, bytes(part.size))
    _, owners = ledger.finish()
    if problem:
        with pytest.raises(ValueError, match=problem):
            list(owners)
    else:
        assert list(owners) == []


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_an_offset_outside_is_an_error(offset: int) -> None:
    with pytest.raises(IndexError, match="lies outside the 0x0 bytes"):
        Provenance(()).at(offset)
