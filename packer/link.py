"""From parts and addresses to one kernel: link its code, fill its structures, own every byte."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kobjects.errors import KobjectsError
from kobjects.kernel.addresses import User
from packer import origins
from packer.asm import AsmError, Unit
from packer.asm.source import did_you_mean
from packer.errors import PackError, Problem, raised
from packer.image import Image, LinkedUnit
from packer.layout import Gap, Layout
from packer.parts import SECTIONS, Parts, program_unit
from packer.provenance import CodePart, Ledger, Part, Provenance, SchemaPart
from packer.sources import raise_together
from stages.model import Placement, Symbols
from stages.names import kernel_names, task_names

Contents = dict[str, tuple[Part, bytes, str]]
"""Loaded bytes, their owners, and the line that decided on them, by the name of the placement."""


def link(parts: Parts, layout: Layout) -> Image:
    """The finished kernel. PackError has the problems of all regions, AsmError of all units."""
    if layout.problems:
        raise PackError(layout.problems)
    symbols = _symbols(parts, layout)
    units = _link_units(parts, layout, symbols)
    contents: Contents = {
        name: (CodePart(name, unit.unit), unit.code, "") for name, unit in units.items()
    }
    contents |= _fill_regions(parts, symbols)
    load, owners = _load(layout, contents)
    regions = {region.name: region for _, region in parts.regions}
    return Image(parts.system, layout, symbols, regions, units, load, owners)


def link_unit(
    name: str, unit: Unit, address: int, known: Mapping[str, int], constants: Iterable[str]
) -> LinkedUnit:
    """Fill a unit's references from `known`. AsmError lists all that are undefined.

    `constants` are the names that its sources were assembled with, for suggestions.
    """

    def resolve(symbol: str) -> int:
        if symbol in known:
            return known[symbol]
        raise KeyError(did_you_mean(symbol, {*known, *unit.symbols, *constants}) or symbol)

    return LinkedUnit(name, address, unit, unit.link(address, resolve))


def linkable(symbols: Symbols) -> dict[str, int]:
    """What the kernel's code may name: every symbol, and `physical.X`, where X lies in memory."""
    physical = {f"physical.{name}": symbols.physical(name) for name in symbols}
    return {**symbols, **physical}


def _symbols(parts: Parts, layout: Layout) -> Symbols:
    """Names of all placements, the linker's own, and the labels of the kernel's code."""
    addresses = layout.linker_symbols()
    owner = dict.fromkeys(addresses, "the linker")
    problems = []

    def define(name: str, address: int, whose: str) -> None:
        if name in addresses:
            text = f"{name} of {whose} is already a symbol of {owner[name]}"
            problems.append(Problem("KP2103", name, text, "rename one of them"))
        addresses[name], owner[name] = address, whose

    for place in layout.placements:
        define(place.name, place.virtual, "the layout")
    for unit in SECTIONS:
        if unit in parts.units:
            for label, offset in parts.units[unit].symbols.items():
                define(label, addresses[unit] + offset, unit)
    if problems:
        raise PackError(problems)
    return Symbols(parts.system, addresses, layout.placements, layout.window.base)


def _link_units(parts: Parts, layout: Layout, symbols: Symbols) -> dict[str, LinkedUnit]:
    known = linkable(symbols)
    wanted: list[tuple[str, int, Mapping[str, int], Mapping[str, int]]] = [
        (name, symbols.get(name, 0), known, kernel_names()) for name in SECTIONS
    ]
    # A task sees nothing of the kernel, so its program may name only its own labels.
    wanted += [
        (program_unit(task), int(User.TEXT), {}, task_names(task)) for task in parts.system.tasks
    ]
    linked: dict[str, LinkedUnit] = {}
    failed: list[AsmError] = []
    for name, address, visible, constants in wanted:
        try:
            if name in parts.units:
                linked[name] = link_unit(name, parts.units[name], address, visible, constants)
        except AsmError as error:
            failed.append(error)
    raise_together(failed)
    return linked


def _fill_regions(parts: Parts, symbols: Symbols) -> Contents:
    contents: Contents = {}
    problems: list[Problem] = []
    for origin, region in parts.regions:
        if region.fill is None:
            continue
        place = f"{origin}, region {region.name}"
        try:
            data = bytes(region.schema.build(region.fill(symbols)))
        except Exception as error:  # a stage may be anyone's: whatever it raises is its report
            problems.append(_fill_problem(place, error, symbols))
            continue
        if len(data) != region.schema.sizeof():
            text = f"its schema has {region.schema.sizeof()} bytes, its fill gave {len(data)}"
            problems.append(Problem("KP2112", place, text))
        set_by = origins.of_function(region.fill)
        contents[region.name] = (SchemaPart(region.name, region.schema), data, set_by)
    if problems:
        raise PackError(problems)
    return contents


def _fill_problem(place: str, error: Exception, symbols: Symbols) -> Problem:
    if isinstance(error, KobjectsError):
        field = f", field {error.path}" if error.path else ""
        return Problem("KP2110", place + field, error.problem)
    if isinstance(error, KeyError) and error.args and isinstance(error.args[0], str):
        name = error.args[0]
        return Problem("KP2111", place, f"there is no symbol {name}", did_you_mean(name, symbols))
    return Problem("KP2113", place, f"its fill raised {raised(error)}")


def _load(layout: Layout, contents: Contents) -> tuple[bytes, Provenance]:
    """All loaded pages in address order: each byte comes from a placement or from a gap."""
    ledger = Ledger()
    extents: list[Placement | Gap] = [*layout.placements, *layout.gaps]
    for extent in sorted(extents, key=lambda extent: (extent.physical, extent.size)):
        if extent.physical >= layout.loaded_end:
            break
        if isinstance(extent, Gap):
            ledger.pad(extent.end - layout.window.start, extent.reason)
        else:
            part, data, set_by = contents[extent.name]
            ledger.add(part, data, set_by=set_by)
    return ledger.finish()
