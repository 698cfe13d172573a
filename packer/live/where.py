"""Where in an image's code an address lies: unit, label, source line."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kobjects.cpu.paging import PAGE_SIZE
from kobjects.kernel.addresses import User
from packer.image import Image, LinkedUnit


@dataclass(frozen=True)
class Where:
    """An instruction. `place` and `text` are empty where there is no source, as in an ELF file.

    owner  the kernel's unit, or the task
    label  the nearest label with the distance from it
    place  file:line
    text   the line itself
    """

    owner: str
    label: str = ""
    place: str = ""
    text: str = ""

    def __str__(self) -> str:
        return f"{self.owner}, {self.label}" if self.label else self.owner


@dataclass(frozen=True)
class Code:
    """A run of code that some page tables map."""

    owner: str
    start: int
    end: int
    labels: Mapping[str, int]
    unit: LinkedUnit | None = None


def locate(image: Image, address: int, cr3: int) -> Where | None:
    """What lies at a virtual address with these page tables; None outside of all code. All tasks'
    code has the same addresses.
    """
    for code in _in_force(image, cr3):
        if code.start <= address < code.end:
            before = [label for label, at in code.labels.items() if at <= address]
            near = max(before, key=lambda label: code.labels[label], default=None)
            label = f"{near} + {address - code.labels[near]:#x}" if near else ""
            return Where(code.owner, label, *_line(code, address))
    return None


def _line(code: Code, address: int) -> tuple[str, str]:
    if code.unit is None:
        return "", ""
    lines = [line for line in code.unit.unit.lines if line.size]
    index = bisect.bisect_right([line.offset for line in lines], address - code.start) - 1
    line = lines[index]
    return f"{line.file}:{line.line}", line.text.strip()


def _in_force(image: Image, cr3: int) -> Iterator[Code]:
    root = cr3 & -PAGE_SIZE
    for task in image.system.tasks:
        if image.symbols.physical(f"pml4.{task.name}") != root:
            continue
        if task.executable is None:
            yield _code(image.units[f"task.{task.name}.text"])
            continue
        labels = {label.name: label.address for label in task.executable.labels}
        for segment in task.executable.segments:
            if segment.access.executable:
                end = segment.address + segment.size
                yield Code(f"task.{task.name}", segment.address, end, labels)
    yield from (_code(unit) for unit in image.units.values() if unit.address >= User.LIMIT)


def _code(unit: LinkedUnit) -> Code:
    return Code(unit.name, unit.address, unit.end, unit.labels(), unit)
