"""The map of a build, read back: its parts, symbols and types."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kobjects.errors import unknown_name
from kobjects.kernel.addresses import Kernel
from packer.atlas import seal
from packer.atlas.parts import Part
from packer.atlas.types import Types
from packer.errors import PackError, Problem


class Atlas:
    """The map of a build. `files` are the names of what was built, in the build's order.

    symbols       the kernel's: virtual addresses by name
    task_symbols  `task.NAME.label` -> the virtual address in the task's own space
    manifest      file:line of what the manifest says, by `Part.manifest` and key; "" is all of it
    claims        what the stages say of their code, as `packer.claims` writes it
    without       the guard that was left out (packer/ablation); nearly always ""
    """

    def __init__(self, content: Mapping[str, Any], place: str) -> None:
        """PackError KP2503 for a map of a build that failed, which has a layout and no files."""
        if content["schema"] != seal.SCHEMA or "files" not in content:
            text = "is the map of a build that failed: it has a layout, and no files"
            if content["schema"] != seal.SCHEMA:
                text = f"is of version {content['schema']}, and this kpack reads {seal.SCHEMA}"
            raise PackError([Problem("KP2503", place, text, seal.AGAIN)])
        self.place = place
        self.name: str = content["image"]
        self.digest: str = content["digest"]
        self.layout: Mapping[str, Any] = content["layout"]
        self.kernel: Mapping[str, Any] = content["kernel"]
        self.symbols: Mapping[str, int] = content["symbols"]
        self.task_symbols: Mapping[str, int] = content["task_symbols"]
        self.manifest: Mapping[str, Mapping[str, str]] = content["manifest"]
        self.without: str = content["without"]
        self.claims: Sequence[Mapping[str, Any]] = content["claims"]
        self.files: Mapping[str, Mapping[str, Any]] = {f["name"]: f for f in content["files"]}
        self.types = Types(content["types"])
        sources = content["sources"]
        self.parts: Sequence[Part] = [
            Part(number, node, self.types, sources) for number, node in enumerate(content["parts"])
        ]

    @classmethod
    def read(cls, path: Path) -> Atlas:
        """The map in a file. PackError as `packer.atlas.seal.read`, and KP2503."""
        return cls(seal.read(path), str(path))

    def part(self, name: str) -> Part:
        """The region, unit or reserved region of that name. UnknownNameError, with what is near."""
        found = self._named.get(name)
        if found is None:
            raise unknown_name(self.name, name, self._named, "part")
        return found

    @functools.cached_property
    def _named(self) -> dict[str, Part]:
        """Padding has no name; of several equal names the first counts."""
        return {part.name: part for part in reversed(self.parts) if part.is_ != "padding"}

    def physical(self, address: int) -> int | None:
        """The physical address of a virtual one in the kernel's windows, else None."""
        window = self.kernel["virtual"] - self.kernel["physical"]
        for base in (window, int(Kernel.DIRECT)):
            if base <= address < base + (1 << 30 if base == window else 1 << 32):
                return int(address - base)
        return None

    def at_physical(self, address: int) -> tuple[Part, int] | None:
        """The part that lies at a physical address, and how far into it; the kernel's before that
        of boot code, which is free memory when the kernel runs.
        """
        return next(self.all_at(address), None)

    def all_at(self, address: int) -> Iterator[tuple[Part, int]]:
        """Likewise every part that is loaded there: the boot codes of several files may be."""
        for part in self._placed:
            if part.physical is not None and part.physical <= address < part.physical + part.size:
                yield part, address - part.physical

    @functools.cached_property
    def _placed(self) -> list[Part]:
        return sorted(
            (part for part in self.parts if part.physical is not None),
            key=lambda part: (part.virtual is None, part.physical),
        )
