"""A guard, and the image without it: bytes for bytes, so that nothing else moves."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

from packer.image import Image, LinkedUnit


@dataclass(frozen=True)
class Edit:
    """`new` takes the place of as many bytes of a unit of code or a region.

    part    the unit's or region's name
    offset  in bytes from its start
    """

    part: str
    offset: int
    new: bytes


@dataclass(frozen=True)
class Guard:
    """Something that an image can be built without.

    name   stable: `kind:file:label:instruction` for code, the structure's own names for data
    text   what is left out
    edits  what that does to the bytes
    place  the name of the instruction that must be executed; else nothing
    side   the name of the instruction where a jump leads that is never made then, or the one behind
           it: nobody misses the jump who does not come there
    """

    name: str
    text: str
    edits: tuple[Edit, ...]
    place: str = ""
    side: str = ""


def without(image: Image, guard: Guard) -> Image:
    """The image with the guard's bytes replaced, in memory and in the units of code."""
    load = bytearray(image.load)
    for edit in guard.edits:
        place = image.layout.placement(edit.part)
        if edit.offset + len(edit.new) > place.size or not place.loaded:
            raise ValueError(f"{guard.name}: {edit.part} has no loaded byte at {edit.offset:#x}")
        start = place.physical - image.layout.window.start + edit.offset
        load[start : start + len(edit.new)] = edit.new
    units = {name: code_without(unit, guard) for name, unit in image.units.items()}
    return dataclasses.replace(image, load=bytes(load), units=units, without=guard.name)


def code_without(linked: LinkedUnit, guard: Guard) -> LinkedUnit:
    """The unit with those of the guard's edits that are its own; of boot code, too."""
    code = bytearray(linked.code)
    for edit in guard.edits:
        if edit.part == linked.name:
            code[edit.offset : edit.offset + len(edit.new)] = edit.new
    return dataclasses.replace(linked, code=bytes(code))


def by_name(guards: Iterable[Guard]) -> dict[str, Guard]:
    """The guards by name. ValueError for a name that two have: no test could tell them apart."""
    found: dict[str, Guard] = {}
    for guard in guards:
        if guard.name in found:
            raise ValueError(
                f"{guard.name} names two guards: {guard.text}; {found[guard.name].text}"
            )
        found[guard.name] = guard
    return found
