"""ACPI tables as they lie in a dump, one or several, and the pointers and tables of firmware."""

from __future__ import annotations

from kobjects.firmware.acpi import AcpiTable, Rsdp, Rsdp1
from kobjects.firmware.acpitable import RSDP_SIGNATURE
from kobjects.firmware.efi import SYSTEM_TABLE_SIGNATURE, EfiSystemTable
from kobjects.formats.area import Area
from kobjects.formats.node import Node, Survey


def recognise(survey: Survey, area: Area) -> Node | None:
    """A root pointer, EFI's system table, or ACPI tables one after the other."""
    if area.read(0, 8) == RSDP_SIGNATURE and area.size >= Rsdp1.size:
        later = area.read(Rsdp1.offset("revision"), 1) >= b"\2" and area.size >= Rsdp.size
        return survey.record("rsdp", Rsdp if later else Rsdp1, area, 0)
    if area.read(0, 8) == SYSTEM_TABLE_SIGNATURE.to_bytes(8, "little"):
        if area.size >= EfiSystemTable.size:
            return survey.record("efi", EfiSystemTable, area, 0)
        return None
    if not _is_table(area, 0):
        return None
    node = survey.node("acpi", "ACPI tables", area)
    with survey.bounded(node):
        place = 0
        while place < area.size and _is_table(area, place):
            name = f"tables[{len(node.children)}]"
            child = survey.try_record(node, name, AcpiTable, area, place)
            if child is None:
                break
            child.label = str(child.value.signature)
            place += child.size
    return node


def _is_table(area: Area, place: int) -> bool:
    """Whether a table can begin there: a signature, and a length that fits."""
    head = area.read(place, AcpiTable.least)
    if len(head) < AcpiTable.least:
        return False
    signature, length = head[:4], int.from_bytes(head[4:8], "little")
    plain = all(chr(byte).isupper() or chr(byte).isdigit() or byte == 95 for byte in signature)
    return plain and signature.isascii() and AcpiTable.least <= length <= area.size - place
