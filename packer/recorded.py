"""A subject for the checks from a file and its map, without any source."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from packer.atlas.chart import Chart
from packer.atlas.parts import Part
from packer.checks.result import Result
from packer.claims import read_claims
from packer.errors import Problem
from packer.layout import Window
from packer.subject import CodeUnit, Source, Subject
from stages.model import Access, Placement

TABLES = "pml4."


def subject(chart: Chart) -> Subject:
    """What the file's own bytes are, at the addresses that its map gives them."""
    atlas, kernel = chart.atlas, chart.atlas.kernel
    base = kernel["virtual"] - kernel["physical"]
    load = chart.load()
    places = list(_placements(chart))
    named = {part.name: part for part in atlas.parts if part.virtual is not None}

    def unit(name: str) -> CodeUnit | None:
        part = named.get(name)
        if part is None or part.physical is None:
            return None
        start = part.physical - kernel["physical"]
        return _unit(part, part.physical + base, load[start : start + part.size])

    return Subject(
        chart.name,
        load,
        Window(kernel["physical"], atlas.layout["window"]["limit"], base),
        atlas.symbols,
        places,
        unit("kernel.text"),
        unit("kernel.rodata"),
        [_unit(boot, boot.physical or 0, chart.bytes_of(boot)) for boot in chart.boots],
        [place.name.removeprefix(TABLES) for place in places if place.name.startswith(TABLES)],
        list(read_claims(atlas.claims)),
    )


def kernel_bytes(chart: Chart) -> Result:
    """Whether the file carries the kernel that its map was made of: every file of a build does."""
    digest = hashlib.sha256(chart.load()).hexdigest()
    recorded = chart.atlas.kernel["sha256"]
    problems = []
    if digest != recorded:
        text = f"carries a kernel of SHA-256 {digest}; its map says {recorded}"
        problems.append(Problem("KP2309", chart.name, text, "build it again"))
    return Result(
        "kernel bytes",
        "the file carries the kernel that all files of its build carry",
        {"bytes": chart.atlas.kernel["size"]},
        problems=problems,
    )


def _placements(chart: Chart) -> Iterator[Placement]:
    """In the order of their addresses. Of the kernel's parts some are padding."""
    for group in chart.atlas.layout["groups"]:
        for entry in group["entries"]:
            if entry["kind"] != "piece":
                continue
            part = chart.atlas.part(entry["name"])
            access = Access(entry["access"])
            at = entry["virtual"], entry["physical"], entry["size"]
            yield Placement(entry["name"], access, *at, loaded=not part.reserved)


def _unit(part: Part, address: int, code: bytes) -> CodeUnit:
    sources = [
        Source(line.offset, line.size, line.place, line.is_data, line.bits) for line in part.lines()
    ]
    labels = {label: address + offset for offset, label in part.labels}
    return CodeUnit(part.name, address, code, labels, sources)
