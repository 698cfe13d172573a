"""The map: its totals add up, it is there when the layout failed, and it reads well."""

from __future__ import annotations

import json

from hypothesis import given

from packer.layout import Group, Piece, Window
from packer.map import describe, render
from packer.placement import place
from stages.model import Access
from tests.packer.test_layout import WINDOW, pieces


def small(limit: int = 0x400000) -> list[Piece]:
    return [
        Piece("kernel.text", "the kernel's code", 0x123, Access.TEXT, Group.TEXT),
        Piece("idt", "stage interrupts", 0x1000, Access.RODATA, Group.RODATA, align=4096),
        Piece("counter", "stage tasks", 8, Access.DATA, Group.DATA),
        Piece("stack", "stage tasks", 0x1800, Access.DATA, Group.RESERVED, 4096, guard=True),
    ]


@given(pieces())
def test_totals_are_the_sums_of_the_entries(given: list[Piece]) -> None:
    described = describe(place(given, WINDOW), "test")
    assert json.loads(json.dumps(described)) == described
    entries = [entry for group in described["groups"] for entry in group["entries"]]
    totals = described["totals"]
    for kind, total in (("piece", "placed"), ("padding", "padding"), ("guard", "guards")):
        assert totals[total] == sum(entry["size"] for entry in entries if entry["kind"] == kind)
    together = totals["placed"] + totals["padding"] + totals["guards"]
    assert together == totals["loaded"] + totals["reserved"]
    assert together == sum(group["size"] for group in described["groups"])
    for group in described["groups"]:
        assert group["size"] == sum(entry["size"] for entry in group["entries"])


@given(pieces())
def test_entries_follow_each_other_without_holes(given: list[Piece]) -> None:
    described = describe(place(given, WINDOW), "test")
    reached = described["window"]["physical"]
    for group in described["groups"]:
        for entry in group["entries"]:
            assert entry["physical"] == reached
            assert entry["virtual"] == reached + WINDOW.base
            reached += entry["size"]


def test_the_schema_of_the_data_is_numbered() -> None:
    assert describe(place([], WINDOW), "empty")["schema"] == 1


def test_the_text_of_a_small_map() -> None:
    assert render(place(small(), WINDOW), "small").splitlines() == [
        "small: physical 0x200000 is seen at 0xffffffff80200000, "
        "and the window ends at physical 0x400000",
        "",
        "virtual           physical       size  rights  name",
        "                                4,096  text",
        "ffffffff80200000    200000        291  r-x     kernel.text",
        "ffffffff80200123    200123      3,805          (padding: idt is r--, kernel.text r-x)",
        "                                4,096  read-only data",
        "ffffffff80201000    201000      4,096  r--     idt",
        "                                4,096  data",
        "ffffffff80202000    202000          8  rw-     counter",
        "ffffffff80202008    202008      4,088          (padding: rest of the last loaded page)",
        "                               12,288  reserved, zero at entry",
        "ffffffff80203000    203000      4,096  ---     (guard page below stack)",
        "ffffffff80204000    204000      6,144  rw-     stack",
        "ffffffff80205800    205800      2,048          (padding: rest of the last reserved page)",
        "",
        "                               12,288  loaded",
        "                               12,288  reserved, zero at entry",
        "                               24,576  together, which are",
        "                               10,539  placed",
        "                                9,941  padding",
        "                                4,096  guards",
    ]


def test_a_layout_that_failed_has_a_map_with_its_problems() -> None:
    layout = place(small(), Window(WINDOW.start, 0x205000, WINDOW.base))
    assert [problem["code"] for problem in describe(layout, "small")["problems"]] == ["KP2004"]
    text = render(layout, "small")
    assert "ffffffff80204000    204000      6,144  rw-     stack" in text
    assert text.endswith(
        "stack: error[KP2004]: [0x204000, 0x205800) crosses the end of the kernel's window at "
        "0x205000; the image ends at 0x205800 with stack, 2,048 bytes too far\n"
    )
