"""The map of an image: every byte of the kernel's window, as a table or as data.

A map needs sizes and addresses only, so there is one even when the layout has problems.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from packer.layout import Gap, Group, Layout, Piece
from stages.model import Placement

SCHEMA = 1
"""Version of the data that `describe` gives."""

TITLES = {
    Group.TEXT: "text",
    Group.RODATA: "read-only data",
    Group.DATA: "data",
    Group.TASKS: "the tasks' programs, and what is loaded last",
    Group.RESERVED: "reserved, zero at entry",
}


def describe(layout: Layout, name: str) -> dict[str, Any]:
    """The map as JSON can hold it: sizes in bytes, addresses as numbers.

    Each total is the sum of its entries: `placed` of the pieces, `padding` and `guards` of the
    gaps; the three together are `loaded` + `reserved`.
    """
    base = layout.window.base
    entries = [(gap.group, _gap(gap, base)) for gap in layout.gaps]
    for piece, place in zip(layout.pieces, layout.placements, strict=True):
        entries.append((piece.group, _piece(piece, place)))
    entries.sort(key=lambda entry: (entry[1]["physical"], entry[1]["size"]))
    groups = {group: [entry for its, entry in entries if its is group] for group in Group}
    sums = {
        kind: sum(entry["size"] for _, entry in entries if entry["kind"] == kind)
        for kind in ("piece", "padding", "guard")
    }
    return {
        "schema": SCHEMA,
        "image": name,
        "window": {
            "physical": layout.window.start,
            "virtual": layout.window.start + base,
            "limit": layout.window.limit,
        },
        "groups": [
            {"name": TITLES[group], "size": sum(e["size"] for e in members), "entries": members}
            for group, members in groups.items()
            if members
        ],
        "totals": {
            "loaded": layout.loaded_end - layout.window.start,
            "reserved": layout.end - layout.loaded_end,
            "placed": sums["piece"],
            "padding": sums["padding"],
            "guards": sums["guard"],
        },
        "problems": [vars(problem) for problem in layout.problems],
    }


def render(layout: Layout, name: str) -> str:
    """The map for a person, ending in a newline."""
    return "\n".join(_lines(describe(layout, name))) + "\n"


def _piece(piece: Piece, place: Placement) -> dict[str, Any]:
    return {
        "kind": "piece",
        "virtual": place.virtual,
        "physical": place.physical,
        "size": place.size,
        "access": place.access.value,
        "name": place.name,
        "note": piece.origin,
    }


def _gap(gap: Gap, base: int) -> dict[str, Any]:
    return {
        "kind": "guard" if gap.guard else "padding",
        "virtual": gap.physical + base,
        "physical": gap.physical,
        "size": gap.size,
        "access": "---" if gap.guard else "",
        "name": "",
        "note": gap.reason,
    }


def _lines(described: dict[str, Any]) -> Iterator[str]:
    window, totals = described["window"], described["totals"]
    yield (
        f"{described['image']}: physical {window['physical']:#x} is seen at "
        f"{window['virtual']:#x}, and the window ends at physical {window['limit']:#x}"
    )
    yield ""
    yield f"{'virtual':16}  {'physical':>8}  {'size':>9}  rights  name"
    for group in described["groups"]:
        yield f"{'':26}  {group['size']:>9,}  {group['name']}"
        for entry in group["entries"]:
            what = {
                "piece": entry["name"],
                "padding": f"(padding: {entry['note']})",
                "guard": f"({entry['note']})",
            }[entry["kind"]]
            yield (
                f"{entry['virtual']:016x}  {entry['physical']:8x}  {entry['size']:>9,}  "
                f"{entry['access']:6}  {what}"
            )
    yield ""
    yield f"{'':26}  {totals['loaded']:>9,}  loaded"
    yield f"{'':26}  {totals['reserved']:>9,}  reserved, zero at entry"
    yield f"{'':26}  {totals['loaded'] + totals['reserved']:>9,}  together, which are"
    for kind in ("placed", "padding", "guards"):
        yield f"{'':26}  {totals[kind]:>9,}  {kind}"
    for problem in described["problems"]:
        yield ""
        yield f"{problem['place']}: error[{problem['code']}]: {problem['text']}"
