"""What a map records of a build: every part of every file, once, with all that explains it.

A *part* is what `packer.provenance` calls so: a unit of code, a structure, padding. A file is a
list of spans, each some bytes of a part; what is in several files is one part with several spans.
Leaves are not listed: they follow from a part's type, or from the lines of its code.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from packer.asm import Unit
from packer.atlas.schemas import Types
from packer.atlas.seal import SCHEMA
from packer.claims import claim_row
from packer.image import Artifact, Image
from packer.layout import Layout
from packer.map import describe
from packer.provenance import CodePart, PaddingPart, Part, SchemaPart, Span
from stages.model import System

Node = dict[str, Any]


def record(image: Image, artifacts: Sequence[Artifact], name: str) -> Node:
    """The map of a build, as JSON can hold it."""
    book = _Book(image)
    for span in image.owners.spans:
        book.of_kernel(span)
    files = [book.file(artifact) for artifact in artifacts]
    book.reserved()
    return {
        **layout_only(image.layout, name),
        "kernel": {
            "size": len(image.load),
            "sha256": hashlib.sha256(image.load).hexdigest(),
            "physical": image.layout.window.start,
            "virtual": image.layout.window.start + image.layout.window.base,
        },
        "files": files,
        "parts": book.parts,
        "types": book.types.table,
        "sources": list(book.sources),
        "symbols": dict(image.symbols),
        "task_symbols": _task_labels(image.system),
        "manifest": _manifest(image.system),
        "claims": _claims(image.system),
        "without": image.without,
    }


def layout_only(layout: Layout, name: str) -> Node:
    """The map of a build that came no further than its layout."""
    return {"schema": SCHEMA, "image": name, "layout": describe(layout, name)}


class _Book:
    """Parts and types as they are met, each with a number."""

    def __init__(self, image: Image) -> None:
        self.image = image
        self.parts: list[Node] = []
        self.types = Types()
        self.sources: dict[str, int] = {}
        self._numbers: dict[tuple[int, str], int] = {}
        self._kept: list[Part | Unit] = []
        self._told = [f"tasks.{task.name}" for task in image.system.tasks]
        self._told += [f"modules.{module.name}" for module in image.system.modules]

    def of_kernel(self, span: Span) -> None:
        """A part of the kernel, which has an address wherever it lies in a file."""
        window = self.image.layout.window
        physical = window.start + span.start - span.skip
        node = self.parts[self._number(span)]
        node["physical"], node["virtual"] = physical, physical + window.base

    def file(self, artifact: Artifact) -> Node:
        spans = []
        for span in artifact.owners.spans:
            number = self._number(span)
            spans.append([span.size, number, span.skip] if span.skip else [span.size, number])
        node: Node = {
            "name": artifact.name,
            "size": len(artifact.data),
            "sha256": hashlib.sha256(artifact.data).hexdigest(),
            "spans": spans,
            "crc32": [zlib.crc32(artifact.data[s.start : s.end]) for s in artifact.owners.spans],
        }
        if artifact.boot is not None:
            # A file may hold its boot code twice, linked for a disk and for a CD.
            wanted = id(artifact.boot.unit)
            boots = [n for (identity, _), n in self._numbers.items() if identity == wanted]
            for boot in boots:
                address = artifact.boot.address
                self.parts[boot] |= {"physical": address, "runs_at": address}
            node["boots"] = boots
        return node

    def reserved(self) -> None:
        """What the kernel finds zeroed: of it there are addresses and types, and no bytes."""
        for place in self.image.layout.placements:
            if not place.loaded:
                region = self.image.regions[place.name]
                node = self._structure(place.name, region.schema, "")
                at = {"physical": place.physical, "virtual": place.virtual, "reserved": True}
                self.parts.append(node | at)

    def _number(self, span: Span) -> int:
        part = span.part
        whose: Part | Unit = part.unit if isinstance(part, CodePart) else part
        key = id(whose), part.name
        if key not in self._numbers:
            self._kept.append(whose)  # an id is one's own only as long as the object lives
            self._numbers[key] = len(self.parts)
            self.parts.append(self._describe(part, span.set_by))
        return self._numbers[key]

    def _describe(self, part: Part, set_by: str) -> Node:
        if isinstance(part, CodePart):
            return self._code(part)
        if isinstance(part, SchemaPart):
            return self._structure(part.name, part.schema, set_by)
        if isinstance(part, PaddingPart):
            return {"is": "padding", "name": part.name, "size": part.size, "text": part.reason,
                    "set_by": set_by}  # fmt: skip
        leaves = [[o.size, o.kind.value, o.path, o.place, o.text] for o in part.owners()]
        return {"is": "leaves", "name": part.name, "size": part.size, "set_by": set_by,
                "leaves": leaves}  # fmt: skip

    def _structure(self, name: str, schema: Any, set_by: str) -> Node:
        node = {"is": "structure", "name": name, "size": schema.sizeof(),
                "type": self.types.add(schema)}  # fmt: skip
        node |= {"set_by": set_by} if set_by else {}
        told = self._teller(name) if name in self.image.regions else ""
        return node | ({"manifest": told} if told else {})

    def _code(self, part: CodePart) -> Node:
        unit = part.unit
        lines = [line for line in unit.lines if line.size]
        own = part.name in self.image.units
        told = self._teller(part.name) if own else ""
        return {
            "is": "code",
            "name": part.name,
            "size": part.size,
            **({"manifest": told} if told else {}),
            **({"runs_at": self.image.units[part.name].address} if own else {}),
            "modes": unit.modes,
            "labels": sorted((offset, label) for label, offset in unit.symbols.items()),
            "sizes": [line.size for line in lines],
            "data": _runs(line.is_data for line in lines),
            "source": _runs(
                self.sources.setdefault(line.file, len(self.sources)) for line in lines
            ),
            "line": [line.line for line in lines],
            "text": [line.text.strip() for line in lines],
        }

    def _teller(self, name: str) -> str:
        """Which table of the manifest a region or unit follows from, by what its name says."""
        kind, _, rest = name.partition(".")
        table = "modules" if kind == "module" else "tasks"
        whole = f"{table}.{rest}"
        return next((one for one in self._told if f"{whole}.".startswith(f"{one}.")), "")


def _manifest(system: System) -> Node:
    """Where the manifest speaks of each task and module, by what `_teller` gives."""
    told: Node = {f"tasks.{task.name}": dict(task.places) for task in system.tasks}
    return told | {f"modules.{module.name}": dict(module.places) for module in system.modules}


def _claims(system: System) -> list[Node]:
    """What the stages say of their code, for whoever proves the rest (packer/recorded.py)."""
    return [claim_row(claim) for stage in system.stages for claim in stage.claims]


def _task_labels(system: System) -> Node:
    """`task.NAME.label` -> where the task finds it, in its own space."""
    found: Node = {}
    for task in system.tasks:
        labels = task.executable.labels if task.executable else task.labels
        found |= {f"task.{task.name}.{label.name}": label.address for label in labels if label.name}
    return found


def _runs(values: Iterable[int]) -> list[list[int]]:
    """Equal neighbours as [value, count]."""
    return [[int(value), len(list(equal))] for value, equal in groupby(values)]
