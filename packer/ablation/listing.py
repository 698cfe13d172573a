"""The instructions of a linked unit: what the source says beside the bytes that it made.

The sources are read by the assembler's own front-end, so that operands are known with constants
resolved, and each instruction is found in the unit by its line.
"""

from __future__ import annotations

import bisect
import dataclasses
import functools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from packer.asm import SourceText
from packer.asm.dialect import parse
from packer.asm.expressions import Sum
from packer.asm.items import Instruction
from packer.asm.lexer import tokens
from packer.asm.operands import Immediate
from packer.asm.source import Report
from packer.image import LinkedUnit
from stages.names import kernel_names


@dataclass(frozen=True)
class Coded:
    """One instruction.

    offset, code  its bytes in the unit
    label         the last label at or before it
    file          its source below `stages/`, or whatever the map shows of another
    turn          which of the equal statements behind that label it is, from 1
    """

    offset: int
    code: bytes
    label: str
    file: str
    source: Instruction
    turn: int = 1

    @property
    def name(self) -> str:
        """Such as `ipc/lookup.asm:lookup:jae .done`, with `#2` for the second: changes that do not
        concern it leave it as it is.
        """
        turn = f"#{self.turn}" if self.turn > 1 else ""
        return f"{self.file}:{self.label}:{self.text}{turn}"

    @property
    def text(self) -> str:
        """The statement without its comment, with single spaces."""
        return " ".join(self.source.place.source.partition(";")[0].split())

    @property
    def target(self) -> str:
        """The label that a direct jump or call names; else nothing."""
        if len(self.source.operands) != 1 or not isinstance(self.source.operands[0], Immediate):
            return ""
        value = self.source.operands[0].value
        return next(iter(value.terms)) if isinstance(value, Sum) and len(value.terms) == 1 else ""


@dataclass(frozen=True)
class Listing:
    """A unit's instructions in address order. `constants`: what names each `const` is made of."""

    unit: LinkedUnit
    codes: Sequence[Coded]
    constants: Mapping[str, frozenset[str]] = field(repr=False)

    @functools.cached_property
    def index(self) -> Mapping[int, int]:
        """Offset -> place in `codes`."""
        return {code.offset: number for number, code in enumerate(self.codes)}

    def at_label(self, label: str) -> int | None:
        """The place in `codes` of the instruction that a label of this unit stands before."""
        offset = self.unit.unit.symbols.get(label)
        return None if offset is None else self.index.get(offset)

    def names(self, code: Coded) -> frozenset[str]:
        """What the last operand is made of, outside of brackets, constants taken apart."""
        return self._expanded(_outside_brackets(code.source))

    def _expanded(self, names: frozenset[str]) -> frozenset[str]:
        found = set[str]()
        for name in names:
            parts = self.constants.get(name)
            found |= {name} if parts is None else self._expanded(parts)
        return frozenset(found)


def listing(linked: LinkedUnit, sources: Sequence[SourceText]) -> Listing:
    """The unit that was assembled from these sources with the kernel's names."""
    instructions = _instructions(tuple(sources))
    labels = sorted((offset, label) for label, offset in linked.unit.symbols.items())
    codes = list[Coded]()
    equal = Counter[tuple[str, str, str]]()
    for line in linked.unit.lines:
        source = None if line.is_data else instructions.get((line.file, line.line))
        if source is not None and line.size:
            code = linked.code[line.offset : line.offset + line.size]
            one = _coded(line.offset, code, source, labels)
            equal[one.file, one.label, one.text] += 1
            codes.append(dataclasses.replace(one, turn=equal[one.file, one.label, one.text]))
    return Listing(linked, codes, _constants(tuple(sources)))


def _coded(
    offset: int, code: bytes, source: Instruction, labels: Sequence[tuple[int, str]]
) -> Coded:
    last = bisect.bisect_right(labels, (offset, "\U0010ffff")) - 1
    label = labels[last][1] if last >= 0 else ""
    file = source.place.file.removeprefix("stages/")
    return Coded(offset, code, label, file, source)


@functools.cache
def _instructions(sources: tuple[SourceText, ...]) -> dict[tuple[str, int], Instruction]:
    report = Report([source.name for source in sources])
    items = parse(sources, kernel_names(), 64, report)
    report.finish()
    return {
        (item.place.file, item.place.line): item for item in items if isinstance(item, Instruction)
    }


@functools.cache
def _constants(sources: tuple[SourceText, ...]) -> dict[str, frozenset[str]]:
    found = {}
    for source in sources:
        for line in source.text.split("\n"):
            const, *rest = tokens(line)
            if const.kind == "name" and const.text == "const":
                name, _, *value = rest
                found[name.text] = frozenset(one.text for one in value if one.kind == "name")
    return found


def _outside_brackets(instruction: Instruction) -> frozenset[str]:
    operand = list[str]()
    depth = 0
    for token in _statement(instruction):
        depth += {"[": 1, "]": -1}.get(token[0], 0)
        if not depth and token[0] == ",":
            operand.clear()
        elif not depth and token[0] == "name":
            operand.append(token[1])
    return frozenset(operand)


def _statement(instruction: Instruction) -> Iterator[tuple[str, str]]:
    """Kind and text of the tokens behind the mnemonic."""
    for token in tokens(instruction.place.source):
        if token.column > instruction.column:
            yield token.kind, token.text
