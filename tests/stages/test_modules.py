"""Boot modules, as a task sees them: where the directory says, readable and nothing else, beside
memory of its own; and not at all by a task that did not ask.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kobjects.kernel.abi import Status
from kobjects.kernel.addresses import Page, User
from kobjects.kernel.module import ModuleDirectory, ModuleKind
from packer.manifest import parse
from stages.kernel import STAGES
from tests.stages.harness import GUESTS, boot, passed, with_program
from tests.stages.table import Result, results, rows_text
from tests.stages.test_memory import FAULTED, READ, RET, WRITE, Step, mapped, touched

TEXT = b"words that a task reads\n" * 300
SHORT = b"8 bytes\n"

START = int(User.MODULES)
FIRST = START + ModuleDirectory.size
SECOND = FIRST + 2 * Page.SIZE
BESIDE = START + 16 * Page.SIZE


def word(data: bytes, offset: int = 0) -> int:
    return int.from_bytes(data[offset : offset + 8].ljust(8, b"\0"), "little")


def entry(number: int, field: str) -> int:
    return START + ModuleDirectory.offset(f"modules[{number}].{field}")


READER: list[Step] = [
    touched("count", "read", START, 2),
    touched("name", "read", entry(0, "name"), word(b"long.txt")),
    touched("offset", "read", entry(0, "offset"), FIRST - START),
    touched("length", "read", entry(0, "length"), len(TEXT)),
    touched("kind", "read", entry(0, "kind"), ModuleKind.FILE),
    touched("second.name", "read", entry(1, "name"), word(b"short")),
    touched("second.offset", "read", entry(1, "offset"), SECOND - START),
    touched("no_third", "read", entry(2, "name"), 0),
    touched("start", "read", FIRST, word(TEXT)),
    touched("middle", "read", FIRST + 4096 + 3, word(TEXT, 4096 + 3)),
    touched("last", "read", FIRST + len(TEXT) - 8, word(TEXT, len(TEXT) - 8)),
    touched("behind", "read", FIRST + len(TEXT), 0),
    touched("short", "read", SECOND, word(SHORT)),
    touched("directory.write", "write", START, FAULTED),
    touched("module.write", "write", FIRST, FAULTED),
    touched("module.execute", "execute", FIRST, FAULTED),
    touched("past_all", "read", SECOND + Page.SIZE, FAULTED),
    mapped("taken", "cap.first", FIRST, READ, Status.MAPPED),
    mapped("beside", "cap.first", BESIDE, WRITE, Status.OK),
    touched("beside.write", "write", BESIDE, 0x600D),
    touched("beside.read", "read", BESIDE, RET),
]
OTHER: list[Step] = [
    touched("other.sees_none", "read", START, FAULTED),
    touched("other.nor_frames", "read", BESIDE, FAULTED),
]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    folder = tmp_path_factory.mktemp("modules")
    (folder / "long.txt").write_bytes(TEXT)
    (folder / "short").write_bytes(SHORT)
    text = (
        (GUESTS / "memory.toml")
        .read_text()
        .replace('supervisor = "doctor"', 'supervisor = "doctor"\nmodules = true', 1)
    )
    text = f'[modules]\n"long.txt" = "{folder}/long.txt"\nshort = "{folder}/short"\n{text}'
    of = parse(text, Path(GUESTS, "text.toml"), {stage.name: stage for stage in STAGES}).system
    for name, steps in (("mapper", READER), ("spender", OTHER)):
        of = with_program(of, name, f"rows of {name}", rows_text(row for row, _ in steps))
    return {result.name: result for result in results(passed(boot(of)))}


@pytest.mark.boot
@pytest.mark.parametrize(
    ("row", "left"), [*READER, *OTHER], ids=[row.name for row, _ in [*READER, *OTHER]]
)
def test_step(seen: dict[str, Result], row: object, left: int) -> None:
    assert seen[getattr(row, "name", "")].registers["rax"] == left
