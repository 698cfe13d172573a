"""The text of manifests with a supervisor, and what its wards do and say."""

from __future__ import annotations

from collections.abc import Mapping

from kobjects.kernel.abi import Abi, Call
from kobjects.kernel.services import Result
from packer.manifest import parse
from stages.kernel import STAGES
from stages.model import System
from tests.stages.actors import Back
from tests.stages.company import START, endpoint, last, task
from tests.stages.harness import GUESTS, with_program

PARTS = (
    *("supervisor", "wards", "reports", "requests", "orders"),
    *("loader", "memory", "grants", "granted", "text"),
)
PROGRAM = " ".join([*(f"kpack:user/supervisor/{part}.asm" for part in PARTS), "kpack:user/lib.asm"])
PLAIN = "kpack:user/supervisor/plain.asm"
SUPERVISED = 'supervisor = "supervisor"'
EXIT = f"    mov     eax, {int(Call.EXIT << Abi.NUMBER_SHIFT)}\n    syscall\n"


def supervisor(console: str = "console") -> str:
    """The task that has the roster, and whom it takes for the console."""
    return task(
        "supervisor",
        f"{PROGRAM} {PLAIN}",
        200,
        *("root = true", "roster = true", "modules = true", "slots = 1024", "stack_pages = 3"),
        'ports = ["0xf8-0xf8"]',
        console=endpoint(console),
        boot_info='{ frame = "boot_info", rights = ["read"] }',
        hardware='{ hardware = "machine", rights = ["control"] }',
    )


def ward(name: str, badge: int, program: str = "empty.asm", priority: int = 100, *more: str) -> str:
    """A task of the image that the supervisor is told of."""
    return task(
        name, program, priority, SUPERVISED, *more, supervisor=endpoint("supervisor", badge)
    )


def company(
    *tasks: str,
    modules: str = "",
    programs: Mapping[str, str] | None = None,
    console: str = "console",
    end: str | None = None,
) -> System:
    """A supervisor with these tasks, of which some get a program's text. `end` is who ends the run,
    if not whoever runs when nobody else is ready.
    """
    text = START.replace("[frames]", f"[modules]\n{modules}[frames]")
    text += supervisor(console) + "".join(tasks) + (last() if end is None else end)
    known = {stage.name: stage for stage in STAGES}
    of = parse(text, GUESTS / "text.toml", known).system
    for name, program in (programs or {}).items():
        of = with_program(of, name, f"program of {name}", program)
    return of


def words(name: str) -> tuple[int, int]:
    """A name as two words of a message."""
    data = name.encode().ljust(16, b"\0")
    return int.from_bytes(data[:8], "little"), int.from_bytes(data[8:], "little")


def name_of(first: int, second: int) -> str:
    """The name that two words of a message are."""
    data = first.to_bytes(8, "little") + second.to_bytes(8, "little")
    return data.rstrip(b"\0").decode()


def said(back: Back) -> Result:
    """A service's answer."""
    assert back.status == 0
    return Result(back.words[0])
