"""What a person means by a place in an image: an offset, an address, a symbol, or a path.

0x1c618      an offset in the file if the file has it, else a virtual address, else a physical one
file:0x200   virt:0xffffffff80200000   phys:0x200000
trap_entry   timer_tick+0x12   task.ping.start
gdt[3].dpl   idt[14]   thread.console.priority   mbr.partitions[0]   program_header[1].p_flags
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kobjects.errors import UnknownNameError, unknown_name
from kobjects.kernel.addresses import User
from packer.atlas.chart import Chart
from packer.atlas.parts import Part
from packer.atlas.types import Spot
from packer.errors import PackError, Problem

SPACES = ("file", "virt", "phys")
_NUMBER = re.compile(r"(?:(file|virt|phys):)?(0x[0-9a-fA-F_]+|\d[\d_]*)")
_DISTANCE = re.compile(r"(.+?)\+(0x[0-9a-fA-F]+|\d+)")


@dataclass(frozen=True)
class Where:
    """A part, and what in it is meant: `size` bytes from `inside` on.

    spot  in a structure: the field, or anything larger; None in all else
    bits  the field of a Word, if one is meant; else ""
    """

    part: Part
    inside: int
    size: int
    spot: Spot | None = None
    bits: str = ""


def find(chart: Chart, text: str) -> Where:
    """What a text leads to. PackError KP2506 for a number that is nowhere, UnknownNameError with
    what is near for a name or path.
    """
    number = _NUMBER.fullmatch(text.strip())
    if number:
        return _at_number(chart, number[1] or "", int(number[2].replace("_", ""), 0))
    if found := _DISTANCE.fullmatch(text.strip()):
        start = find(chart, found[1])
        inside = start.inside + int(found[2], 0)
        if inside >= start.part.size:
            raise _nowhere(chart, text, f"{start.part.name} ends at +{start.part.size:#x}")
        return _leaf(start.part, inside)
    return _at_name(chart, text.strip())


def names(chart: Chart) -> Mapping[str, list[Part]]:
    """The parts of a file by the names that a path may begin with: their own, lower case with _ for
    blanks, and the initials of three words or more. Several of one name are numbered: `name[1]`.
    """
    found: dict[str, list[Part]] = defaultdict(list)
    seen = dict.fromkeys(span.part for span in chart.spans)
    seen |= dict.fromkeys(part for part in chart.atlas.parts if part.reserved)
    for part in seen:
        if part.is_ != "padding":
            for name in _names_of(part.name):
                found[name].append(part)
    return found


def _names_of(name: str) -> Iterator[str]:
    yield name
    words = name.lower().split()
    if len(words) > 1:
        yield "_".join(words)
    if len(words) > 2:
        yield "".join(word[0] for word in words)


def _at_number(chart: Chart, space: str, number: int) -> Where:
    if space in ("", "file") and number < chart.size:
        span = chart.span_at(number)
        return _leaf(span.part, number - span.start + span.skip)
    if space == "file":
        raise _nowhere(chart, f"file:{number:#x}", f"the file has {chart.size:#x} bytes")
    physical: int | None = number
    if space != "phys":
        physical = chart.atlas.physical(number)
        if physical is None and (space == "" or _boots_at(chart, number)):
            physical = number
    found = None if physical is None else _placed(chart, physical)
    if found is None:
        raise _nowhere(chart, f"{space or 'virt'}:{number:#x}", _nothing(chart, number, physical))
    return _leaf(*found)


def _boots_at(chart: Chart, address: int) -> bool:
    """Whether boot code lies there, which sees itself at its physical address."""
    boot = chart.boot
    start = None if boot is None else boot.physical
    return boot is not None and start is not None and start <= address < start + boot.size


def _placed(chart: Chart, physical: int) -> tuple[Part, int] | None:
    """What lies there, of this file's boot code or of the kernel."""
    found = chart.atlas.at_physical(physical)
    boot = chart.boot
    if boot is not None and boot.physical is not None and _boots_at(chart, physical):
        return boot, physical - boot.physical
    return found if found and (found[0].virtual is not None or found[0] is boot) else None


def _nothing(chart: Chart, number: int, physical: int | None) -> str:
    """Why an address is nobody's."""
    for group in chart.atlas.layout["groups"]:
        for entry in group["entries"]:
            if physical is not None and 0 <= physical - entry["physical"] < entry["size"]:
                what = f"{entry['kind']}: {entry['note']}" if entry["note"] else entry["name"]
                return f"that is {what}"
    if User.MINIMUM <= number < User.LIMIT:
        return "a task's addresses are told by its symbols, such as task.NAME.label+0x10"
    kernel = chart.atlas.kernel
    return f"the kernel lies at {kernel['virtual']:#x}, physical {kernel['physical']:#x}"


def _nowhere(chart: Chart, what: str, why: str) -> PackError:
    return PackError([Problem("KP2506", chart.name, f"nothing is at {what}: {why}")])


def _leaf(part: Part, inside: int) -> Where:
    leaf = part.at(inside)
    spot = part.type.at(inside)[-1] if part.type else None
    return Where(part, leaf.inside, leaf.size, spot)


def _at_name(chart: Chart, text: str) -> Where:
    known = names(chart)
    for name in sorted(known, key=len, reverse=True):
        rest = text[len(name) :]
        if text.startswith(name) and (not rest or rest[0] in ".["):
            where = _in_parts(name, known[name], rest.removeprefix("."))
            if where is not None:
                return where
    try:
        part, inside = chart.symbol(text)
    except UnknownNameError:
        raise _unknown(chart, text, known) from None
    return _leaf(part, inside)


def _in_parts(name: str, parts: list[Part], path: str) -> Where | None:
    """What a path leads to in the one or the other of equal names; None if it is no path in them,
    as of code.
    """
    part = parts[0]
    if len(parts) > 1:
        found = re.match(r"\[(\d+)\]\.?", path)
        if found is None:
            raise UnknownNameError(f"there are {len(parts)} of {name}; say which: {name}[0]")
        if int(found[1]) >= len(parts):
            raise UnknownNameError(f"there are {len(parts)} of {name}, and no [{found[1]}]")
        part, path = parts[int(found[1])], path[found.end() :]
    if not path:
        return Where(part, 0, part.size, part.type.find("")[0] if part.type else None)
    if part.type is None:
        return None
    try:
        spot, bits = part.type.find(path)
    except UnknownNameError as error:
        error.inside(name)
        raise
    return Where(part, spot.offset, spot.size, spot, bits)


def _unknown(chart: Chart, text: str, known: Mapping[str, list[Part]]) -> UnknownNameError:
    """The error for a name that is neither part nor symbol; it tells what is near its start."""
    start = re.split(r"[\[+]", text)[0]
    everything = [*known, *chart.symbols()]
    error = unknown_name(chart.name, start, everything, "part or symbol")
    if "did you mean" not in str(error) and "." in start:
        return unknown_name(chart.name, start.partition(".")[0], everything, "part or symbol")
    return error
