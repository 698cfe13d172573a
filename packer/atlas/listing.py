"""The instructions of a unit, by function, told so that moving what they name is no change."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from packer.atlas.chart import Chart
from packer.atlas.parts import Line, Part

_ADDRESS = re.compile(r"(?: [+-])? ?0x[0-9a-f]+")


@dataclass
class Function:
    """The code from one label to the next that is not local: bytes, and a text for each line."""

    code: bytes = b""
    texts: list[str] = field(default_factory=list)


def functions(chart: Chart, part: Part, code: bytes) -> dict[str, Function]:
    """Of a unit, whose bytes are `code`. An address that has a name is told by that alone."""
    found: dict[str, Function] = {}
    for line in part.lines():
        one = found.setdefault(part.function_at(line.offset), Function())
        data = code[line.offset : line.offset + line.size]
        one.code += data
        one.texts.append(_text(chart, part, line, data))
    return found


def _text(chart: Chart, part: Part, line: Line, data: bytes) -> str:
    if line.is_data:
        called = chart.called(int.from_bytes(data, "little"), part) if line.size == 8 else ""
        return f"{line.text}  # {called or data.hex()}"
    from packer.asm.decode import decode

    decoded = list(
        decode(data, part.runs_at + line.offset, line.bits, lambda at: chart.called(at, part))
    )
    if sum(one.size for one in decoded) != len(data):
        return f"no instruction: {data.hex(' ')}"
    return "; ".join(_unplaced(one.text) for one in decoded)


def _unplaced(text: str) -> str:
    """`jae 0xffffffff80200c10 <lookup.done>` as `jae <lookup.done>`."""
    if not text.endswith(">"):
        return text
    start, _, name = text.rpartition(" <")
    return f"{_ADDRESS.sub('', start)} <{name}"
