"""Line numbers for debuggers: DWARF 4, one compilation unit for each unit of code.

Only what a source line needs is there: where each unit lies, and which line of which file made
which bytes. Files have the names that errors show, so nothing of the machine that built is inside.
Source: DWARF Debugging Information Format, Version 4, sections "Line Number Information" and "Data
Representation".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum

from packer.asm import Line
from packer.image import LinkedUnit
from packer.provenance import Kind, Owner


class Tag(IntEnum):
    """DW_TAG_*, DW_CHILDREN_* and DW_LANG_*."""

    COMPILE_UNIT = 0x11
    CHILDREN_NO = 0
    LANG_ASSEMBLER = 0x8001


class Attribute(IntEnum):
    """DW_AT_*."""

    NAME = 0x03
    STMT_LIST = 0x10
    LOW_PC = 0x11
    HIGH_PC = 0x12
    LANGUAGE = 0x13
    COMP_DIR = 0x1B


class Form(IntEnum):
    """DW_FORM_*: how an attribute's value is written."""

    ADDR = 0x01
    DATA2 = 0x05
    DATA8 = 0x07
    STRING = 0x08
    SEC_OFFSET = 0x17


class LineOp(IntEnum):
    """DW_LNS_* and DW_LNE_*, and our choice of the parameters of special opcodes."""

    COPY = 1
    ADVANCE_PC = 2
    ADVANCE_LINE = 3
    SET_FILE = 4
    EXTENDED = 0
    END_SEQUENCE = 1
    SET_ADDRESS = 2
    BASE = 13
    """The first special opcode."""
    LINE_BASE = -5
    LINE_RANGE = 14


ARGUMENTS = bytes([0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1])
"""How many each standard opcode takes, from DW_LNS_copy on."""

VERSION = 4
ATTRIBUTES = (
    (Attribute.NAME, Form.STRING),
    (Attribute.COMP_DIR, Form.STRING),
    (Attribute.LANGUAGE, Form.DATA2),
    (Attribute.STMT_LIST, Form.SEC_OFFSET),
    (Attribute.LOW_PC, Form.ADDR),
    (Attribute.HIGH_PC, Form.DATA8),
)


class Section:
    """A section in the making: bytes, each with what it says. A part of a file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._pieces: list[tuple[bytes, str]] = []
        self.size = 0

    def add(self, data: bytes, what: str) -> None:
        self._pieces.append((data, what))
        self.size += len(data)

    def data(self) -> bytes:
        return b"".join(data for data, _ in self._pieces)

    def owners(self) -> Iterator[Owner]:
        offset = 0
        for data, what in self._pieces:
            yield Owner(offset, len(data), Kind.DATA, self.name, path=what)
            offset += len(data)


def sections(units: Iterable[LinkedUnit]) -> list[Section]:
    """.debug_abbrev, .debug_info and .debug_line for these units."""
    abbreviations, info, lines = (Section(f".debug_{name}") for name in ("abbrev", "info", "line"))
    abbreviations.add(_abbreviations(), "a compilation unit has no children, and six attributes")
    for unit in units:
        program = lines.size
        _add_lines(lines, unit)
        body = b"".join((
            (1).to_bytes(1, "little"),  # the abbreviation's number
            unit.name.encode() + b"\0",
            b".\0",
            Tag.LANG_ASSEMBLER.to_bytes(2, "little"),
            program.to_bytes(4, "little"),
            unit.address.to_bytes(8, "little"),
            len(unit.code).to_bytes(8, "little"),
        ))  # fmt: skip
        rest = VERSION.to_bytes(2, "little") + (0).to_bytes(4, "little") + b"\x08" + body
        info.add(len(rest).to_bytes(4, "little") + rest, f"where {unit.name} lies")
    return [abbreviations, info, lines]


def _abbreviations() -> bytes:
    pairs = b"".join(bytes(pair) for pair in ATTRIBUTES)
    return bytes([1, Tag.COMPILE_UNIT, Tag.CHILDREN_NO]) + pairs + bytes([0, 0, 0])


def _add_lines(section: Section, unit: LinkedUnit) -> None:
    """The program that a debugger runs to make the table of lines of one unit."""
    made = [line for line in unit.unit.lines if line.size]
    files = list(dict.fromkeys(line.file for line in made))
    names = b"".join(name.encode() + b"\0\0\0\0" for name in files)
    parameters = bytes([1, 1, 1, LineOp.LINE_BASE % 256, LineOp.LINE_RANGE, LineOp.BASE])
    tables = parameters + ARGUMENTS + b"\0" + names + b"\0"
    steps = list(_steps(made, files, unit))
    size = sum(len(step) for step, _ in steps)
    header = VERSION.to_bytes(2, "little") + len(tables).to_bytes(4, "little") + tables
    length = (len(header) + size).to_bytes(4, "little")
    section.add(length + header, f"the files of {unit.name}, and how its program is written")
    for step, what in steps:
        section.add(step, what)


def _steps(made: list[Line], files: list[str], unit: LinkedUnit) -> Iterator[tuple[bytes, str]]:
    """One for each line of source, and one for the end."""
    address = unit.address.to_bytes(8, "little")
    start = bytes([LineOp.EXTENDED, 9, LineOp.SET_ADDRESS]) + address
    at, line_at, file_at = 0, 1, files[0] if files else ""
    for line in made:
        step = start
        start = b""
        if line.file != file_at:
            step += bytes([LineOp.SET_FILE]) + unsigned(files.index(line.file) + 1)
            file_at = line.file
        step += _row(line.offset - at, line.line - line_at)
        at, line_at = line.offset, line.line
        yield step, f"{line.file}:{line.line}"
    end = bytes([LineOp.ADVANCE_PC]) + unsigned(len(unit.code) - at)
    yield start + end + bytes([LineOp.EXTENDED, 1, LineOp.END_SEQUENCE]), f"the end of {unit.name}"


def _row(bytes_on: int, lines_on: int) -> bytes:
    """The step to the next row: one special opcode where the distances are small."""
    special = lines_on - LineOp.LINE_BASE + LineOp.LINE_RANGE * bytes_on + LineOp.BASE
    if 0 <= lines_on - LineOp.LINE_BASE < LineOp.LINE_RANGE and special < 256:
        return bytes([special])
    step = bytes([LineOp.ADVANCE_PC]) + unsigned(bytes_on)
    return step + bytes([LineOp.ADVANCE_LINE]) + signed(lines_on) + bytes([LineOp.COPY])


def unsigned(value: int) -> bytes:
    """ULEB128."""
    digits = []
    while value >= 0x80:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])


def signed(value: int) -> bytes:
    """SLEB128."""
    digits = []
    while not -0x40 <= value < 0x40:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value & 0x7F])
