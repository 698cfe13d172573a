"""What mypy --strict and pyright know of a schema: its fields, their types, the constructor."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """\
import enum

from construct import Struct

from kobjects.record import Record, array, nested, octets, reserved_bytes, u8, u16, u32, u64
from kobjects.source import SDM3
from kobjects.word import Word, bit, bits, reserved


class Ring(enum.IntEnum):
    KERNEL = 0
    USER = 3


class Descriptor(Word, bits=8, source=SDM3("Segment Descriptors")):
    limit: int = bits("3:0", "in bytes")
    present: bool = bit(4)
    dpl: Ring = bits("6:5")
    zero: int = reserved("7")


class Entry(Record, size=16, origin=4):
    base: int = u64(at=0)
    count: int = u16(must=1)
    flags: Descriptor = u8()
    index: int = u8()
    name: bytes = octets(4)


class Table(Record, size=64):
    size: int = u8()
    parsed: bool = u8()
    docs: int = u8()
    index: int = u8()
    entries: tuple[Entry, ...] = array(Entry, 3)
    last: Descriptor = nested()
    rest: bytes = reserved_bytes(11)


descriptor = Descriptor(dpl=Ring.USER, present=True)
table = Table(entries=(Entry(count=2), Entry(), Entry()))

# What is right
reveal_type(descriptor.dpl)  # Ring
reveal_type(descriptor.present)  # bool
reveal_type(Descriptor.parse(b"x"))  # Descriptor
reveal_type(Descriptor[3].parse(b"xyz"))  # tuple[Descriptor, ...]
reveal_type(Descriptor[3][2].parse(b"xyzxyz"))  # tuple[tuple[Descriptor, ...], ...]
reveal_type(descriptor.replace(limit=3))  # Descriptor
reveal_type(Descriptor.from_int(3))  # Descriptor
reveal_type(descriptor | 1)  # int
reveal_type(Descriptor.build({"limit": 3}))  # bytes
reveal_type(descriptor.build())  # bytes
reveal_type(Descriptor.size)  # int
reveal_type(Descriptor.fields["dpl"].positions)  # tuple[tuple[int, int], ...]
reveal_type(Entry.fields["base"].offset)  # int
reveal_type(Entry().count)  # int
reveal_type(table.entries[0].flags.dpl)  # Ring
reveal_type(table.size)  # int
reveal_type(Table.offset("entries[1].base"))  # int
reveal_type(table.edit({"last.limit": 3}))  # Table
reveal_type(table.check()[0].path)  # str
Struct("descriptor" / Descriptor, "table" / Table[2])

# What is wrong
Descriptor(dlp=3)  # E unknown
Descriptor(dpl=3)  # E Ring
Descriptor(dpl="a")  # E Ring
Descriptor(3)  # E positional
descriptor.dlp  # E dlp
descriptor.limit = 3  # E read-only
Entry(cuont=3)  # E unknown
Entry(flags=3)  # E Descriptor
Entry().cuont  # E cuont
Entry().count = 3  # E read-only
Descriptor["a"]  # E str
Descriptor[3].parse(b"x")[0].dlp  # E dlp
"""

MESSAGES = {
    "mypy": {
        "unknown": "Unexpected keyword argument",
        "positional": "Too many positional arguments",
        "read-only": "is read-only",
        "dlp": '"Descriptor" has no attribute "dlp"',
        "cuont": '"Entry" has no attribute "cuont"; maybe "count"?',
        "Ring": 'expected "Ring"',
        "Descriptor": 'expected "Descriptor"',
        "str": 'argument type "str"|index type "str"',
    },
    "pyright": {
        "unknown": "No parameter named",
        "positional": "Expected 0 positional arguments",
        "read-only": "is read-only",
        "dlp": 'Attribute "dlp" is unknown',
        "cuont": 'Attribute "cuont" is unknown',
        "Ring": 'is not assignable to "Ring"',
        "Descriptor": 'is not assignable to "Descriptor"',
        "str": "No overloads|cannot be assigned",
    },
}
"""What each checker has to say of a line marked `# E word`."""

LINES = dict(enumerate(PROGRAM.splitlines(), 1))
WRONG = {number: line.split("# E ")[1] for number, line in LINES.items() if "# E " in line}
REVEALED = {
    number: line.split(")  # ")[1]
    for number, line in LINES.items()
    if line.startswith("reveal_type")
}


def said(output: str, kinds: str) -> dict[int, str]:
    """The messages of a kind by line, several lines of text to one message."""
    found: dict[int, str] = {}
    line = 0
    for text in output.splitlines():
        if start := re.search(rf"program\.py:(\d+):(?:\d+:? -)? ?({kinds}|\w+): (.*)", text):
            line = int(start[1]) if re.fullmatch(kinds, start[2]) else 0
            text = start[3]
        if line:
            found[line] = f"{found.get(line, '')} {text}"
    return found


def short(revealed: str) -> str:
    """A type as it would be written: no modules."""
    return re.sub(r"(\w+\.)+(?=\w)", "", revealed.split(" is ")[1].strip().strip('"'))


def run(command: list[str], root: Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)
    return done.stdout + done.stderr


def judge(checker: str, errors: dict[int, str], notes: dict[int, str]) -> None:
    assert errors.keys() == WRONG.keys(), errors
    for number, word in WRONG.items():
        assert re.search(MESSAGES[checker][word], errors[number]), errors[number]
    assert {number: short(note) for number, note in notes.items() if number in REVEALED} == REVEALED


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")
    return path


def test_mypy_knows_every_field(program: Path, root: Path) -> None:
    output = run([sys.executable, "-m", "mypy", "--strict", str(program)], root)
    judge("mypy", said(output, "error"), said(output, "note"))


def test_pyright_knows_every_field(program: Path, root: Path) -> None:
    pyright = [sys.executable, "-m", "pyright"]
    version = run([*pyright, "--version"], root)
    if not re.search(r"^pyright \d", version, re.MULTILINE):
        pytest.skip("pyright needs node, which it could not find or load")
    # Run among our packages, so that the program finds them.
    settings = program.with_name("pyrightconfig.json")
    settings.write_text(f'{{"extraPaths": ["{root}"]}}', encoding="utf-8")
    command = [*pyright, "--pythonpath", sys.executable, "--project", str(settings)]
    output = run(command, program.parent)
    judge("pyright", said(output, "error"), said(output, "information"))
