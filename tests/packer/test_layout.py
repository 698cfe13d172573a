"""The layout: every rule of `packer.placement`, and the text of every complaint."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kobjects.cpu.paging import PAGE_SIZE
from packer.layout import Gap, Group, Layout, Piece, Window
from packer.placement import overlaps, place
from stages.model import Access, Placement

WINDOW = Window(start=0x200000, limit=0x400000, base=0xFFFFFFFF80000000)

ACCESS = {
    Group.TEXT: [Access.TEXT],
    Group.RODATA: [Access.RODATA],
    Group.DATA: [Access.DATA],
    Group.TASKS: [Access.RODATA],
    Group.RESERVED: list(Access),
}


@st.composite
def pieces(draw: st.DrawFn) -> list[Piece]:
    """Well-declared pieces of any kind, small enough to fit the window."""
    made = []
    for number in range(draw(st.integers(0, 20))):
        group = draw(st.sampled_from(Group))
        align = PAGE_SIZE if group is Group.TASKS else 1 << draw(st.integers(0, 14))
        made.append(
            Piece(
                name=f"piece{number}",
                origin="test",
                size=draw(st.integers(0, 3 * PAGE_SIZE)),
                access=draw(st.sampled_from(ACCESS[group])),
                group=group,
                align=align,
                guard=align >= PAGE_SIZE and draw(st.booleans()),
            )
        )
    return made


def pages(placement: Placement) -> range:
    return range(
        placement.physical // PAGE_SIZE, -(-(placement.physical + placement.size) // PAGE_SIZE)
    )


def extents(layout: Layout) -> list[Placement | Gap]:
    both: list[Placement | Gap] = [*layout.placements, *layout.gaps]
    return sorted(both, key=lambda extent: (extent.physical, extent.size))


@given(pieces())
def test_every_byte_of_the_window_belongs_to_one_placement_or_gap(given: list[Piece]) -> None:
    layout = place(given, WINDOW)
    assert layout.problems == ()
    reached = WINDOW.start
    for extent in extents(layout):
        assert extent.physical == reached
        reached += extent.size
    assert reached == layout.end
    assert sorted(p.name for p in layout.placements) == sorted(p.name for p in given)


@given(pieces())
def test_placements_keep_size_alignment_and_group_order(given: list[Piece]) -> None:
    layout = place(given, WINDOW)
    for piece, placement in zip(layout.pieces, layout.placements, strict=True):
        assert (placement.name, placement.size) == (piece.name, piece.size)
        assert placement.physical % piece.align == 0
        assert placement.virtual == placement.physical + WINDOW.base
        assert placement.loaded == (piece.group is not Group.RESERVED)
        assert placement.loaded == (placement.physical < layout.loaded_end) or not piece.size
    groups = [piece.group for piece in layout.pieces]
    assert groups == sorted(groups)


@given(pieces())
def test_accesses_never_share_a_page(given: list[Piece]) -> None:
    access: dict[int, Access] = {}
    for placement in place(given, WINDOW).placements:
        for page in pages(placement):
            assert access.setdefault(page, placement.access) is placement.access


@given(pieces())
def test_page_aligned_pieces_share_their_pages_with_nothing(given: list[Piece]) -> None:
    layout = place(given, WINDOW)
    owner: dict[int, Piece] = {}
    for piece, placement in zip(layout.pieces, layout.placements, strict=True):
        for page in pages(placement):
            other = owner.setdefault(page, piece)
            assert other is piece or not (piece.owns_pages or other.owns_pages)


@given(pieces())
def test_a_guard_is_a_whole_page_that_no_placement_touches(given: list[Piece]) -> None:
    layout = place(given, WINDOW)
    used = {page for placement in layout.placements for page in pages(placement)}
    guards = {gap.end: gap for gap in layout.gaps if gap.guard}
    for placement in layout.placements:
        assert placement.guard == (placement.physical in guards and placement.guard)
        if placement.guard:
            gap = guards[placement.physical]
            assert gap.size == PAGE_SIZE
            assert gap.physical // PAGE_SIZE not in used


@given(pieces())
def test_linker_symbols_mark_whole_pages(given: list[Piece]) -> None:
    layout = place(given, WINDOW)
    symbols = layout.linker_symbols()
    assert all(address % PAGE_SIZE == 0 for address in symbols.values())
    assert symbols["kernel.zero_start"] == symbols["kernel.loaded_end"]
    for placement in layout.placements:
        reserved = placement.virtual >= symbols["kernel.zero_start"]
        assert reserved == (not placement.loaded) or not placement.size
        assert symbols["kernel.start"] <= placement.virtual <= placement.end
        assert placement.end <= symbols["kernel.end"]


@given(pieces())
def test_runs_are_the_pages_of_one_access_that_follow_each_other(given: list[Piece]) -> None:
    layout = place(given, WINDOW)
    runs = layout.runs()
    placed = [placement for placement in layout.placements if placement.size]
    for placement in placed:
        (run,) = [run for run in runs if run.start <= placement.physical < run.end]
        assert placement.physical + placement.size <= run.end
        assert (run.access, run.loaded) == (placement.access, placement.loaded)
    for run, following in pairwise(runs):
        assert run.end == following.start
        assert (run.access, run.loaded) != (following.access, following.loaded)
    for run in runs:
        assert run.start % PAGE_SIZE == run.end % PAGE_SIZE == 0
        assert run.end <= layout.loaded_end if run.loaded else run.start >= layout.loaded_end
    assert not placed or runs[-1].end == layout.end


def data(name: str, size: int = 16, **more: object) -> Piece:
    fields = {"access": Access.DATA, "group": Group.DATA, "origin": "stage memory"} | more
    return Piece(name=name, size=size, **fields)  # type: ignore[arg-type]


def problems(*given: Piece) -> list[str]:
    return [str(problem) for problem in place(given, WINDOW).problems]


def test_pieces_of_one_name_are_refused_naming_who_brings_them() -> None:
    assert problems(data("idt"), data("idt", origin="stage interrupts")) == [
        "stage interrupts, idt: error[KP2001]: idt is already the name of a piece of stage memory"
    ]


@pytest.mark.parametrize("align", [0, -16, 24])
def test_odd_alignments_are_refused(align: int) -> None:
    assert problems(data("gdt", align=align)) == [
        f"stage memory, gdt: error[KP2002]: alignment {align} is not a power of two\n"
        "help: use 16 or 4096"
    ]


def test_a_guard_below_an_unaligned_piece_is_refused() -> None:
    assert problems(data("stack", align=16, guard=True)) == [
        "stage memory, stack: error[KP2003]: a guard page needs an alignment of 4096 or more, "
        "it has 16\nhelp: give it align=4096"
    ]


def test_the_piece_that_crosses_the_limit_is_named_with_both_numbers() -> None:
    assert problems(data("a", 0x1FF000), data("b", 0x1800), data("c", 0x100)) == [
        "b: error[KP2004]: [0x3ff000, 0x400800) crosses the end of the kernel's window at "
        "0x400000; the image ends at 0x400900 with c, 2,304 bytes too far\n"
        "help: the largest pieces, in bytes: a 2,093,056, b 6,144, c 256"
    ]


def test_filling_the_window_to_its_last_byte_is_allowed() -> None:
    assert problems(data("all", WINDOW.limit - WINDOW.start)) == []


EDGE = {"align": PAGE_SIZE, "edge": True}


def test_a_pair_at_the_edge_lies_together_where_the_loaded_bytes_end() -> None:
    given = [
        data("rest", 0x3000, group=Group.RESERVED, **EDGE),
        data("other", 0x800, group=Group.RESERVED),
        data("start", PAGE_SIZE, group=Group.TASKS, **EDGE),
        data("program", 0x10, group=Group.TASKS, access=Access.RODATA, align=PAGE_SIZE),
    ]
    layout = place(given, WINDOW)
    assert layout.problems == ()
    assert [one.name for one in layout.placements] == ["program", "start", "rest", "other"]
    start, rest = layout.placement("start"), layout.placement("rest")
    assert start.end == rest.virtual
    assert rest.physical == layout.loaded_end


def test_what_cannot_lie_together_at_the_edge_is_named() -> None:
    """The start does not end a page; and there is a second pair."""
    start = data("start", 0x800, group=Group.TASKS, **EDGE)
    rest = data("rest", 0x1000, group=Group.RESERVED, **EDGE)
    assert problems(start, rest) == [
        "rest: error[KP2006]: is to follow start where the image's bytes end; it lies at 0x201000, "
        "and start ends at 0x200800\nhelp: one pair of regions can be there, in whole pages"
    ]
    pairs = [
        data(f"{name}{number}", PAGE_SIZE, group=group, **EDGE)
        for number in (1, 2)
        for name, group in (("start", Group.TASKS), ("rest", Group.RESERVED))
    ]
    found = [str(problem).partition(";")[0] for problem in place(pairs, WINDOW).problems]
    assert found == [
        f"{other}: error[KP2006]: is to follow {one} where the image's bytes end"
        for one, other in (("start1", "start2"), ("rest1", "rest2"))
    ]


def test_all_problems_come_together_and_everything_is_still_placed() -> None:
    layout = place([data("a", align=3), data("a"), data("b", 0x200000)], WINDOW)
    assert [problem.code for problem in layout.problems] == ["KP2002", "KP2001", "KP2004"]
    assert [placement.name for placement in layout.placements] == ["a", "a", "b"]


def test_overlaps_name_both_things_and_both_places() -> None:
    found = overlaps([("boot", 0x100000, 0x100010), ("kernel.text", 0x200000, 0x1000)])
    assert [str(problem) for problem in found] == [
        "kernel.text: error[KP2005]: [0x200000, 0x201000) overlaps boot, "
        "which lies at [0x100000, 0x200010)"
    ]


def test_overlaps_finds_everything_inside_a_large_extent() -> None:
    inside = [("large", 0, 100), ("first", 10, 5), ("second", 50, 5), ("beside", 100, 5)]
    assert [problem.place for problem in overlaps(inside)] == ["first", "second"]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 8)), max_size=8))
def test_overlaps_says_nothing_iff_no_byte_is_claimed_twice(given: list[tuple[int, int]]) -> None:
    claimed = [byte for start, size in given for byte in range(start, start + size)]
    named = [(str(number), *extent) for number, extent in enumerate(given)]
    assert (not list(overlaps(named))) == (len(claimed) == len(set(claimed)))
