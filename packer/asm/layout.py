"""Items → a unit: offsets, the shortest branches, padding, and what is left for the linker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from packer.asm.expressions import Sum
from packer.asm.items import Align, Branch, Chunk, Label, Mode, Org, Patch, Placed
from packer.asm.source import Complaint, Place, Report
from packer.asm.unit import Fixup, Line, Unit

# The recommended multi-byte NOPs: Intel SDM 2, "NOP".
_NOPS = (
    "", "90", "6690", "0f1f00", "0f1f4000", "0f1f440000", "660f1f440000", "0f1f8000000000",
    "0f1f840000000000", "660f1f840000000000",
)  # fmt: skip


def lay_out(items: Sequence[Placed], report: Report, mode: int = 64) -> Unit:
    """Give every item its offset and bytes; the first is `mode`-bit code. Complaints go to the
    report.
    """
    labels = {item.name for item in items if isinstance(item, Label)}
    _widen_external(items, labels)
    sizes, offsets = _settle(items)
    builder = _Builder(offsets, report, mode)
    for item, size in zip(items, sizes, strict=True):
        with report.catching(item.place):
            builder.add(item, size)
    return builder.unit()


def _widen_external(items: Sequence[Placed], labels: set[str]) -> None:
    """A branch out of the unit has its full size."""
    for item in items:
        if isinstance(item, Branch) and not labels.issuperset(item.target.symbols()) and item.near:
            item.use_near = True


def _settle(items: Sequence[Placed]) -> tuple[list[int], dict[str, int]]:
    """Sizes of all items and offsets of all labels, with every branch as short as it can be.

    Branches start short and only ever grow, so this ends.
    """
    while True:
        sizes, starts, offsets = _measure(items)
        grown = False
        for item, start, size in zip(items, starts, sizes, strict=True):
            if isinstance(item, Branch) and not item.use_near and item.near:
                distance = _evaluate(item.target, offsets)
                if distance is not None and not -128 <= distance - start - size < 128:
                    item.use_near = grown = True
        if not grown:
            return sizes, offsets


def _measure(items: Sequence[Placed]) -> tuple[list[int], list[int], dict[str, int]]:
    """Size and start of each item, and the offset of each label, with branches as they are now."""
    here, sizes, starts, offsets = 0, [], [], {}
    for item in items:
        if isinstance(item, Label):
            offsets[item.name] = here
            size = 0
        elif isinstance(item, Mode):
            size = 0
        elif isinstance(item, Chunk):
            size = len(item.code)
        elif isinstance(item, Branch):
            size = item.size
        elif isinstance(item, Align):
            size = -here % item.boundary
        else:
            size = max(0, item.offset - here)
        starts.append(here)
        sizes.append(size)
        here += size
    return sizes, starts, offsets


def _evaluate(value: Sum, offsets: Mapping[str, int]) -> int | None:
    """The value with labels at their offsets in the unit; None if it names other symbols."""
    total = value.constant
    for name, factor in value.symbols().items():
        if name not in offsets:
            return None
        total += factor * offsets[name]
    return total


class _Builder:
    """Collects the unit's bytes, lines and fix-ups in order."""

    def __init__(self, offsets: dict[str, int], report: Report, mode: int) -> None:
        self._offsets = offsets
        self._report = report
        self._code = bytearray()
        self._lines: list[Line] = []
        self._fixups: list[Fixup] = []
        self._behind_data = True
        self._modes = {0: mode}

    def unit(self) -> Unit:
        return Unit(
            bytes(self._code),
            self._offsets,
            tuple(self._lines),
            tuple(self._fixups),
            tuple(self._modes.items()),
        )

    def add(self, item: Placed, size: int) -> None:
        if isinstance(item, Mode):
            self._modes[len(self._code)] = item.bits
        elif isinstance(item, Chunk):
            self._behind_data = item.is_data
            self._line(item.place, item.code, item.is_data, item.patches)
        elif isinstance(item, Branch):
            self._behind_data = False
            self._branch(item)
        elif isinstance(item, Align):
            fill = bytes(size) if self._behind_data else _nops(size, item.mode)
            self._line(item.place, fill, True)
        elif isinstance(item, Org):
            here = len(self._code)
            self._line(item.place, bytes(size), True)
            if here > item.offset:
                raise Complaint(
                    "KP1016", f".org {item.offset:#x}, but the unit is already {here:#x} bytes long"
                )

    def _branch(self, item: Branch) -> None:
        if item.use_near:
            code, width = item.near, item.displacement
        else:
            code, width = item.short, 1
        patch = Patch(len(code), width, item.target, relative=True, signed=True)
        self._line(item.place, code + bytes(width), False, (patch,))

    def _line(
        self, place: Place, code: bytes, is_data: bool, patches: Sequence[Patch] = ()
    ) -> None:
        start = len(self._code)
        self._code += code
        if code:
            text = place.source.strip()
            self._lines.append(Line(start, len(code), place.file, place.line, text, is_data))
        for patch in patches:
            with self._report.catching(place):
                self._patch(patch, place, start, start + len(code))

    def _patch(self, patch: Patch, place: Place, start: int, end: int) -> None:
        """Write the value if it is known within the unit, else leave a fix-up."""
        symbol, number = self._reduce(patch)
        where = start + patch.offset
        if symbol is None or (patch.relative and symbol in self._offsets):
            if symbol is not None:
                number += self._offsets[symbol] - end
            field = _field(number, patch)
            self._code[where : where + patch.size] = field
            return
        kind: Literal["absolute", "relative"] = "relative" if patch.relative else "absolute"
        self._fixups.append(
            Fixup(
                where, patch.size, kind, symbol, number, end, patch.signed or patch.relative,
                place.file, place.line, patch.value.column, place.source,
            )
        )  # fmt: skip

    def _reduce(self, patch: Patch) -> tuple[str | None, int]:
        """The value as at most one symbol plus a number: differences of labels are numbers."""
        number = patch.value.constant
        count, symbol = 0, None
        for name, factor in patch.value.symbols().items():
            if name in self._offsets:
                number += factor * self._offsets[name]
                count += factor
                if factor > 0 and symbol is None:
                    symbol = name
            elif factor != 1 or (symbol is not None and symbol not in self._offsets):
                raise _too_much(patch)
            else:
                symbol = name
        own = symbol in self._offsets
        if count == (1 if own else 0):
            if symbol is not None and own:
                number -= self._offsets[symbol]
            return symbol, number
        if count == 0 and own and not patch.relative:
            return None, number
        raise _too_much(patch)


def _too_much(patch: Patch) -> Complaint:
    names = ", ".join(patch.value.symbols())
    return Complaint(
        "KP1017", f"{names}: this sum is neither one address nor a distance",
        "an address is one symbol plus a number; a distance is the difference of two labels here",
        column=patch.value.column, unknown=patch.value.symbols(),
    )  # fmt: skip


def _field(number: int, patch: Patch) -> bytes:
    bits = 8 * patch.size
    highest = 1 << (bits - 1 if patch.signed else bits)
    if not -(1 << bits - 1) <= number < highest:
        if patch.relative and patch.size == 1:
            raise Complaint(
                "KP1018", f"the target is {number} bytes away and this jump reaches -128 to 127",
                "jump around a jmp", column=patch.value.column,
            )  # fmt: skip
        raise Complaint("KP1022", f"{number:#x} doesn't fit {bits} bits", column=patch.value.column)
    return (number % (1 << bits)).to_bytes(patch.size, "little")


def _nops(size: int, mode: int) -> bytes:
    if mode == 16:
        return b"\x90" * size
    longest = len(_NOPS) - 1
    return bytes.fromhex(_NOPS[longest] * (size // longest) + _NOPS[size % longest])
