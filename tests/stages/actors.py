"""Small plays of several tasks: each performs a list of system calls, and all that every one of
them returned is read when the machine stands still.

Under icount an instruction is a nanosecond, so deadlines put the events of a play in exact order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kobjects.kernel.abi import Abi, Call, Kind, Status
from kobjects.kernel.addresses import Page
from packer.build import build
from packer.machine.qmp import Monitor
from stages.model import System
from stages.names import task_names
from tests.stages.company import START, last, task
from tests.stages.harness import boot, passed, system, with_program
from tests.stages.script import ONES, Memory

MILLISECOND = 1_000_000
LATER = 20 * MILLISECOND
STACK_PAGES = 16
KEPT = 13
"""Words of a result."""
END, SPIN, FAULT, STORE = ONES, ONES - 1, ONES - 2, ONES - 3
DEADLINE, CAPABILITY = int(Abi.DEADLINE), int(Abi.CAPABILITY)


@dataclass(frozen=True)
class Act:
    """One row: rax, rdi (a number or a capability's name), the words, r15."""

    rax: int
    rdi: int | str = 0
    words: Sequence[int | str] = ()
    r15: int = 0

    def row(self, names: Mapping[str, int]) -> list[int]:
        known = [
            names[f"cap.{one}"] if isinstance(one, str) else one for one in (self.rdi, *self.words)
        ]
        return [self.rax, *known, *[0] * (11 - len(known)), self.r15]


def act(
    call: Call,
    rdi: int | str = 0,
    *words: int | str,
    until: int | None = None,
    flags: int = 0,
    length: int | None = None,
) -> Act:
    """A system call. `until` is its deadline in ns; `length` the words that it says, if not those
    given.
    """
    count = len(words) if length is None else length
    rax = count | call << Abi.NUMBER_SHIFT | flags
    if until is not None:
        rax |= DEADLINE
    return Act(rax, rdi, words, ONES & (until or 0))


def sleep(until: int) -> Act:
    return act(Call.RECV, 0, until=until)


@dataclass(frozen=True)
class Back:
    """What a call returned, and the time-stamp counter then."""

    rax: int
    rdi: int
    words: tuple[int, ...]
    time: int

    @property
    def status(self) -> Status:
        return Status((self.rax & Abi.STATUS_MASK) >> Abi.STATUS_SHIFT)

    @property
    def kind(self) -> Kind:
        return Kind(self.rax >> Abi.KIND_SHIFT & 0xFF)

    @property
    def length(self) -> int:
        return self.rax & 0xFF

    @property
    def flags(self) -> int:
        return self.rax >> 24

    @property
    def told(self) -> tuple[Status, Kind, int, int]:
        """Status, kind, rdi, word 0."""
        return self.status, self.kind, self.rdi, self.words[0]


@dataclass(frozen=True)
class Play:
    """What every actor was told, in order, and the memory at the end."""

    scripts: Mapping[str, Sequence[Act]]
    told: Mapping[str, list[Back]]
    memory: Memory

    def of(self, name: str, *calls: Call) -> list[Back]:
        """What a task was told by these calls of its own."""
        return [
            back
            for one, back in zip(self.scripts[name], self.told[name], strict=True)
            if one.rax < STORE and one.rax >> Abi.NUMBER_SHIFT & 0xFF in calls
        ]


def perform(of: System, scripts: Mapping[str, Sequence[Act]], *, memory: int = 32) -> Play:
    """Boot the system, each named task with its script, and read its results at the end."""
    image = build(scripted(of, scripts))
    kept: list[bytes] = []

    def at_end(monitor: Monitor) -> None:
        kept.append(monitor.memory(0, memory << 20))

    passed(boot(image, memory=memory, ask=at_end))
    found = Memory(image, lambda at, size: kept[0][at : at + size])
    told = {name: results(found, name, len(acts)) for name, acts in scripts.items()}
    return Play(scripts, told, found)


def actor(name: str, priority: int, *more: str, **capabilities: str) -> str:
    """The manifest's text of a task that performs a script."""
    return task(name, "actor.asm", priority, f"stack_pages = {STACK_PAGES}", *more, **capabilities)


def bell(of: str, bits: int) -> str:
    """The right to signal a task."""
    return f'{{ notification = "{of}", rights = ["signal"], badge = {bits} }}'


def ms(number: int) -> int:
    """A moment: so many ms behind all that a play does without a deadline."""
    return LATER + number * MILLISECOND


def play(scripts: Mapping[str, Sequence[Act]], *tasks: str, memory: int = 32) -> Play:
    """What the actors of these tasks do and are told."""
    return perform(system(START + "".join(tasks) + last()), scripts, memory=memory)


def scripted(of: System, scripts: Mapping[str, Sequence[Act]]) -> System:
    """The system with each named task's script behind its program."""
    for one in of.tasks:
        if one.name in scripts:
            rows = [each.row(task_names(one)) for each in scripts[one.name]]
            of = with_program(of, one.name, f"script of {one.name}", text_of(rows))
    return of


def results(memory: Memory, name: str, count: int) -> list[Back]:
    """What a task kept of its rows; zeros for those it never came back from."""
    stack = memory.region(f"stack.{name}")
    assert len(stack) == STACK_PAGES * Page.SIZE
    rows = []
    for number in range(count):
        raw = stack[number * KEPT * 8 : (number + 1) * KEPT * 8]
        rax, rdi, *words, time = (
            int.from_bytes(raw[n : n + 8], "little") for n in range(0, len(raw), 8)
        )
        rows.append(Back(rax, rdi, tuple(words), time))
    return rows


def text_of(rows: Sequence[Sequence[int]]) -> str:
    lines = [f"    .quad   {', '.join(f'{word & ONES:#x}' for word in row)}" for row in rows]
    end = ", ".join([f"{END:#x}", *["0"] * 12])
    return "\n".join(["    .align  8", "script:", *lines, f"    .quad   {end}", ""])
