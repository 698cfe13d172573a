"""Changing fields of an image by the paths of its map, and the map that then belongs to it.

The map of an edited file has the digest that the file has now, and says under `edited` what was
changed. So the file still explains itself, and nobody takes it for what was built; a byte that
changes without this is still noticed.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kobjects.errors import FieldValueError, KobjectsError, UnknownNameError
from kobjects.patch import TRUTH
from kobjects.positions import parse_positions, placed, width
from packer.atlas import seal
from packer.atlas.chart import Chart
from packer.atlas.diff import Difference
from packer.atlas.types import Node, Type
from packer.atlas.where import Where, find


def edited(chart: Chart, changes: Mapping[str, str]) -> bytes:
    """The file's bytes with these fields changed. KobjectsError, which names the path, for one that
    leads to no field or a value that does not fit.
    """
    data = bytearray(chart.data)
    for path, text in changes.items():
        where = find(chart, path)
        try:
            start = chart.offset_in(where.part, where.inside)
            if where.spot is None or start is None:
                raise UnknownNameError("is no field of a structure in the file")
            before = bytes(data[start : start + where.size])
            data[start : start + where.size] = _changed(where, before, text)
        except KobjectsError as error:
            error.inside(path)
            raise
    return bytes(data)


def edited_map(path: Path, name: str, data: bytes, chart: Chart, done: list[Difference]) -> Node:
    """The map at `path` with the file `name` as it is now."""
    content = {key: value for key, value in seal.read(path).items() if key != "digest"}
    for file in content["files"]:
        if file["name"] == name:
            file["sha256"] = hashlib.sha256(data).hexdigest()
            file["crc32"] = [zlib.crc32(data[span.start : span.end]) for span in chart.spans]
            file["edited"] = [*file.get("edited", []), *(_note(one) for one in done)]
    return content


def alone(content: Node, name: str, new_name: str) -> Node:
    """A map of one of the files only, under another name: for a copy in another place."""
    files = [{**file, "name": new_name} for file in content["files"] if file["name"] == name]
    return {**content, "files": files}


def _note(one: Difference) -> dict[str, Any]:
    return {"path": one.path, "before": one.before, "after": one.after}


def _changed(where: Where, before: bytes, text: str) -> bytes:
    """The bytes of a field that takes the value that a person wrote."""
    assert where.spot is not None
    type_ = where.spot.type.chosen(before)
    if where.bits:
        row = next((row for row in type_.rows() if row["name"] == where.bits), None)
        if row is None:
            raise UnknownNameError(f"is not in a {type_.title}, which this entry is")
        value = _number(type_, row, text)
        return _written(type_, type_.number(before), row, value)
    if type_.is_ in ("number", "word"):
        value = _number(type_, type_.node if type_.is_ == "number" else {}, text)
        if not 0 <= value < 1 << 8 * type_.size:
            raise FieldValueError(f"{text} does not fit {8 * type_.size} bits")
        return value.to_bytes(type_.size, _order(type_))
    if type_.is_ == "bytes":
        return _octets(text, type_.size)
    raise FieldValueError("is no single value; name one of its parts")


def _order(type_: Type) -> Any:
    return type_.node.get("order", "little")


def _number(type_: Type, node: Node, text: str) -> int:
    """A number in any base, a member's name, or true and false."""
    if node.get("bool") and text.lower() in TRUTH:
        return int(TRUTH[text.lower()])
    members = type_.members_of(node)
    if text.upper() in members:
        return members[text.upper()]
    try:
        return int(text, 0)
    except ValueError:
        known = f", nor one of {', '.join(members)}" if members else ""
        raise FieldValueError(f"{text!r} is no number{known}") from None


def _written(type_: Type, word: int, row: Node, value: int) -> bytes:
    positions, unit = parse_positions(row["bits"]), row.get("unit", 1)
    most = ((1 << width(positions)) - 1) * unit
    if not 0 <= value <= most or value % unit:
        steps = f" in steps of {unit:#x}" if unit > 1 else ""
        raise FieldValueError(
            f"{value:#x} is out of range 0..{most:#x}{steps} (bits {row['bits']})"
        )
    for bits, low, to in placed(positions):
        ones = (1 << bits) - 1
        word = word & ~(ones << low) | (value // unit >> to & ones) << low
    return word.to_bytes(type_.size, _order(type_))


def _octets(text: str, size: int) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        raise FieldValueError(f"{text!r} is no hexadecimal number of bytes") from None
    if len(data) != size:
        raise FieldValueError(f"is {size} bytes, not {len(data)}")
    return data
