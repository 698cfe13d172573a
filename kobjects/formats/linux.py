"""Linux's bzImage, and other kernels of its boot protocol."""

from __future__ import annotations

from kobjects.firmware.bzimage import HEADER_MAGIC, SETUP_HEADER, SetupHeader
from kobjects.formats.area import Area
from kobjects.formats.names import text_at
from kobjects.formats.node import Node, Survey


def recognise(survey: Survey, area: Area) -> Node | None:
    """A file with a setup header of protocol 2.00 or later."""
    place = SETUP_HEADER + SetupHeader.offset("header")
    if area.read(place, 4) != HEADER_MAGIC:
        return None
    if area.size < SETUP_HEADER + SetupHeader.size:
        return None
    node = survey.node("linux", "kernel of the Linux boot protocol", area)
    with survey.bounded(node):
        child = survey.try_record(node, "setup", SetupHeader, area, SETUP_HEADER)
        if child is not None:
            _check(node, child, area)
    return node


def _check(node: Node, child: Node, area: Area) -> None:
    header: SetupHeader = child.value
    node.label = f"protocol {header.version >> 8}.{header.version & 0xFF:02}"
    if header.kernel_version:
        version = text_at(area.read(0x200 + header.kernel_version, 256), 0)
        node.label = f"{version}, {node.label}"
    setup = ((header.setup_sects or 4) + 1) * 512
    if setup > area.size:
        child.complain(f"the setup ends at {setup:#x}, but the file has {area.size:#x} bytes",
                       "setup_sects")  # fmt: skip
    end = setup + header.payload_offset + header.payload_length
    if header.version >= 0x0208 and header.payload_length and end > area.size:
        child.complain(f"ends at {end:#x}, but the file has {area.size:#x} bytes",
                       "payload_length")  # fmt: skip
    if header.end > SetupHeader.size:
        return  # a later protocol: fields that are not known here
    last = max(
        (f for f in SetupHeader.fields.values() if f.offset + f.size <= header.end),
        key=lambda field: field.offset,
    )  # fmt: skip
    if last.name != "kernel_info_offset":
        node.label += f", header up to {last.name}"
