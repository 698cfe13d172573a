"""ROMs of ours: the header, the kernel and the code, and whether they are those it was made of."""

from __future__ import annotations

import hashlib

from kobjects.formats.area import Area
from kobjects.formats.node import Node, Survey
from kobjects.kernel.rom import ROM_SIGNATURE, RomHeader


def recognise(survey: Survey, area: Area) -> Node | None:
    """A file that begins with our signature."""
    if area.read(0, len(ROM_SIGNATURE)) != ROM_SIGNATURE:
        return None
    node = survey.node("rom", "firmware image", area)
    with survey.bounded(node):
        child = survey.try_record(node, "header", RomHeader, area, 0)
        if child is None:
            return node
        header: RomHeader = child.value
        if header.rom_size != area.size:
            child.complain(f"{header.rom_size} bytes, but {area.size} are there", "rom_size")
            return node
        kernel = area.part(header.kernel, header.kernel_size)
        code = area.part(header.code, area.size - min(header.code, area.size))
        if kernel.size < header.kernel_size or not code.size:
            child.complain("kernel and code are not all in the file", "kernel_size")
            return node
        survey.spend(kernel.size + code.size)
        digest = hashlib.sha256(kernel.read(0, kernel.size))
        digest.update(code.read(0, code.size))
        if digest.digest()[: len(header.digest)] != header.digest:
            child.complain("kernel and code are not those that it was made of", "digest")
    return node
