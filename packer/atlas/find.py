"""Which map is that of a file: the one that has its digest, so that no other is ever believed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from packer.atlas.chart import Atlas, Chart
from packer.errors import PackError, Problem


def open_chart(image: Path, data: Any, map_path: Path | None = None) -> Chart:
    """The map of a file, whose bytes are `data`: the one that is named, or among the maps in the
    file's folder the one that has its digest.

    PackError: KP2502 the map is not as it was written; KP2504 the file is not as it was built, with
    the parts that differ; KP2505 there is no map of it.
    """
    digest = hashlib.sha256(data).hexdigest()
    paths = [map_path] if map_path else sorted(image.absolute().parent.glob("*.map"))
    broken: list[Problem] = []
    named: list[Atlas] = []
    for path in paths:
        try:
            atlas = Atlas.read(path)
        except PackError as error:
            broken += error.problems
            continue
        for name, file in atlas.files.items():
            if file["sha256"] == digest:
                return Chart(atlas, name, data)
        named.append(atlas)
    if map_path and broken:
        raise PackError(broken)
    for atlas in named:
        if image.name in atlas.files:
            raise PackError([_changed(Chart(atlas, image.name, data), image)])
    if broken:
        raise PackError(broken)
    raise PackError([_unmapped(image, named, map_path)])


def _changed(chart: Chart, image: Path) -> Problem:
    text = f"is not the file that {chart.atlas.place} is of: "
    if len(chart.data) != chart.size:
        text += f"it has {len(chart.data):,} bytes, and that had {chart.size:,}"
    else:
        spans = chart.changed()
        first = spans[0]
        text += f"{first.part.name} at {first.start:#x} differs"
        text += f", and {len(spans) - 1} more parts" if len(spans) > 1 else ""
    help = "build it again, or name its own map with --map"
    return Problem("KP2504", str(image), text, help)


def _unmapped(image: Path, atlases: Sequence[Atlas], named: Path | None) -> Problem:
    if named:
        names = ", ".join(name for atlas in atlases for name in atlas.files)
        text = f"is none of the files that {named} is of: {names}"
    else:
        text = f"has no map: no *.map in {image.absolute().parent} has its digest"
    help = "kpack build writes one beside the image; name another with --map"
    return Problem("KP2505", str(image), text, help)
