"""Everything that is known of one place in an image: what it is, its value, and who says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from packer.atlas.chart import Chart
from packer.atlas.parts import Line, Part
from packer.atlas.types import Bits, Spot
from packer.atlas.where import Where

WIDEST = 16
"""Bytes that are shown of something larger."""


@dataclass(frozen=True)
class Explanation:
    """Of `where` in a file.

    offset       in the file; None for what is only in memory
    chain        in a structure: from the whole down to what is meant
    bits         the fields of a Word; of several, the one that is meant is `where.bits`
    line         of code: the line that made it
    instruction  of code, as capstone reads it
    set_by       who decided on the value, as file:line: the source of a stage, the manifest
    """

    chart: Chart
    where: Where
    offset: int | None
    data: bytes
    chain: list[Spot]
    bits: list[Bits]
    line: Line | None
    instruction: str
    set_by: list[str]

    @property
    def part(self) -> Part:
        return self.where.part

    @property
    def chosen(self) -> Bits | None:
        """The field of a Word that is meant."""
        return next((row for row in self.bits if row.name == self.where.bits), None)

    @property
    def path(self) -> str:
        """The path that leads here."""
        spot, name = self.where.spot, self.part.name
        if spot is None:
            return self.part.label_at(self.where.inside) or name
        inner = [spot.path] if spot.path else []
        inner += [self.where.bits] if self.where.bits else []
        path = ".".join(inner)
        return f"{name}{path}" if path.startswith("[") else ".".join([name, *inner])

    @property
    def value(self) -> str:
        """The value of the field that is meant, for a person; "" for anything larger and code."""
        if self.chosen:
            return self.chosen.shown
        spot = self.where.spot
        return spot.type.shown(self.data) if spot and self.data else ""

    @property
    def meaning(self) -> str:
        """What the author of the schema says of it; of padding why it is there."""
        if self.chosen and self.chosen.doc:
            return self.chosen.doc
        if self.where.spot:
            return self.where.spot.doc
        return self.part.at(self.where.inside).text if self.part.is_ != "code" else ""

    @property
    def manual(self) -> str:
        return self.where.spot.manual if self.where.spot else ""


def explain(chart: Chart, where: Where) -> Explanation:
    """Look up all of it. Without capstone there is no instruction."""
    part, spot = where.part, where.spot
    offset = None if part.reserved else chart.offset_in(part, where.inside)
    data = b"" if offset is None else bytes(chart.data[offset : offset + where.size])
    chain = _chain(part, spot) if spot else []
    bits = spot.type.bits(data) if spot and data and spot.type.rows() else []
    line = part.line_at(where.inside) if part.is_ == "code" else None
    instruction = _instruction(chart, where, line, data) if line else ""
    return Explanation(
        chart, where, offset, data, chain, bits, line, instruction, _set_by(chart, where)
    )


def _chain(part: Part, spot: Spot) -> list[Spot]:
    """The way to a spot, which may be larger than a leaf."""
    assert part.type is not None
    chain = part.type.at(spot.offset)
    return [each for each in chain if each.size > spot.size or len(each.path) <= len(spot.path)]


def _instruction(chart: Chart, where: Where, line: Line, data: bytes) -> str:
    if line.is_data:
        return ""
    from packer.asm.decode import decode

    part = where.part
    try:
        found = decode(
            data, part.runs_at + where.inside, line.bits, lambda at: chart.called(at, part)
        )
        return "; ".join(one.text for one in found)
    except ModuleNotFoundError:
        return ""


def _set_by(chart: Chart, where: Where) -> list[str]:
    part = where.part
    places = [part.line_at(where.inside).place] if part.is_ == "code" else []
    places += [part.set_by] if part.set_by else []
    told = chart.atlas.manifest.get(part.manifest, {})
    steps = where.spot.path.split(".") if where.spot else []
    key = next((step for step in steps if step in told), "")
    return places + ([told[key]] if told else [])


def plain(said: Explanation) -> dict[str, Any]:
    """As JSON can hold it: offsets and sizes in bytes, addresses as numbers, bytes hexadecimal."""
    part, address = said.part, _address(said)
    return {
        "path": said.path,
        "file": said.chart.name,
        "offset": said.offset,
        "size": said.where.size,
        "physical": address[0] if address else None,
        "virtual": address[1] if address else None,
        "part": {
            "kind": part.is_, "name": part.name, "size": part.size, "reserved": part.reserved,
            "offset": None if part.reserved else said.chart.offset_in(part),
        },
        "fields": [
            {"path": spot.path, "offset": spot.offset, "size": spot.size, "type": spot.type.title}
            for spot in said.chain
        ],
        "bits": [
            {
                "name": row.name, "bits": row.positions, "value": row.value, "shown": row.shown,
                "meaning": row.doc, "reserved": row.reserved, "meant": row is said.chosen,
            }
            for row in said.bits
        ],
        "bytes": said.data.hex(),
        "value": said.value,
        "meaning": said.meaning,
        "manual": said.manual,
        "set_by": said.set_by,
        "code": _plain_code(said),
    }  # fmt: skip


def _plain_code(said: Explanation) -> dict[str, Any] | None:
    if said.line is None:
        return None
    part, inside = said.part, said.where.inside
    return {
        "label": part.label_at(inside), "function": part.function_at(inside),
        "instruction": said.instruction, "source": said.line.text, "bits": said.line.bits,
    }  # fmt: skip


def render(said: Explanation) -> str:
    """For a person, from the file down to the value."""
    return "\n".join(_lines(said))


def _lines(said: Explanation) -> Iterator[str]:
    part, spot = said.part, said.where.spot
    yield f"{said.path}"
    yield f"{said.chart.name}: {said.chart.size:,} bytes"
    kind = part.type.title if part.type else {"code": "code"}.get(part.is_, part.is_)
    yield f"  {_range(said, 0, part.size):27}  {part.name}: {kind}, {part.size:,} bytes"
    for depth, each in enumerate(said.chain[1:], start=2):
        step = each.path.removeprefix(said.chain[depth - 2].path).removeprefix(".")
        place = _range(said, each.offset, each.size)
        yield f"{'  ' * depth}{place:{29 - 2 * depth}}  {step}: {each.type.title}"
    if spot is None and part.is_ == "code":
        yield f"    {_range(said, said.where.inside, said.where.size):25}  {said.path}"
    yield ""
    yield from _table(said)
    if said.bits and not said.chosen:
        yield ""
        yield from _bit_rows(said)


def _table(said: Explanation) -> Iterator[str]:
    address = _address(said)
    if address:
        virtual = f"virtual {address[1]:#x}, " if address[1] is not None else ""
        yield f"address   {virtual}physical {address[0]:#x}"
    if said.part.reserved:
        yield "bytes     none in any file: the kernel finds it zeroed"
    elif said.offset is None:
        yield f"bytes     not in {said.chart.name}"
    else:
        more = f" … {len(said.data):,} bytes" if len(said.data) > WIDEST else ""
        yield f"bytes     {said.data[:WIDEST].hex(' ')}{more}"
    if said.chosen and said.where.spot:
        yield f"bits      {said.chosen.positions} of {said.where.spot.type.title}"
    if said.line:
        what = said.instruction or ("data" if said.line.is_data else "")
        yield f"is        {what}" if what else "is        an instruction"
        yield f"source    {said.line.place}: {said.line.text}"
    if said.value:
        yield f"value     {said.value}"
    if said.meaning:
        yield f"meaning   {said.meaning}"
    for place in said.set_by[1:] if said.line else said.set_by:
        yield f"set by    {place}"
    if said.manual:
        yield f"manual    {said.manual}"


def _bit_rows(said: Explanation) -> Iterator[str]:
    rows = [row for row in said.bits if row.value or not row.reserved]
    wide = max(len(row.name) for row in rows)
    for row in rows:
        doc = f"  ; {row.doc}" if row.doc else ""
        yield f"  {row.positions:>12}  {row.name:{wide}}  {row.shown}{doc}"


def _range(said: Explanation, inside: int, size: int) -> str:
    """Where some bytes of the part lie in the file, or in memory."""
    start = said.chart.start_of(said.part)
    at = None if start is None else start + inside
    if at is not None:
        return f"{at:#09x}..{at + size:#x}"
    return "in memory" if said.part.reserved else "elsewhere"


def _address(said: Explanation) -> tuple[int, int | None] | None:
    part, inside = said.part, said.where.inside
    if part.physical is None:
        return None
    return part.physical + inside, None if part.virtual is None else part.virtual + inside
