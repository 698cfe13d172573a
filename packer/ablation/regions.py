"""What the loaded regions of an image hold, leaf by leaf, through their schemas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from construct import Construct

from kobjects.cpu.paging_choice import TableOrPage
from kobjects.record import leaves
from kobjects.word import Word
from packer.image import Image

TASK = "TASK"
"""Stands for the name of each task: what is done for one is done for all."""


@dataclass(frozen=True)
class Held:
    """A leaf: a Word, or a number's or a Construct's bytes.

    path    in the region, such as `[14]` or `tss.ist[0]`
    offset  in bytes from the region's start
    """

    region: str
    path: str
    offset: int
    data: bytes
    value: Word | None

    @property
    def name(self) -> str:
        """Such as `idt[14]` or `cpu.tss.ist[0]`."""
        dot = "" if self.path.startswith("[") or not self.path else "."
        return f"{self.region}{dot}{self.path}"


def held(image: Image) -> Iterator[Held]:
    """Every leaf of every region that is loaded, in the order of the regions."""
    for name, region in image.regions.items():
        if region.fill is not None:
            yield from _leaves(name, region.schema, image.contents(name))


def _leaves(name: str, schema: Construct[Any, Any], contents: bytes) -> Iterator[Held]:
    for leaf in leaves(schema):
        data = contents[leaf.offset : leaf.offset + leaf.size]
        value = leaf.codec.read(data) if _is_word(leaf.schema) else None
        yield Held(name, leaf.path, leaf.offset, data, value)


def role(image: Image, name: str) -> str:
    """A region's or unit's name with TASK where a task's own name stands."""
    tasks = {task.name for task in image.system.tasks}
    if name in {f"frame.{frame}" for frame in image.system.frames}:
        return name
    kind, dot, rest = name.partition(".")
    own, dot_too, unit = rest.partition(".")
    return f"{kind}.{TASK}{dot_too}{unit}" if dot and own in tasks else name


def _is_word(schema: Any) -> bool:
    return isinstance(schema, TableOrPage) or (
        isinstance(schema, type) and issubclass(schema, Word)
    )
