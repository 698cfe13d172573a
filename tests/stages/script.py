"""Scripts of system calls for `guests/script.asm`, and the kernel's memory after them.

A script is a list of calls. What each returned, and every object, slot and page table that they
left, is read from the machine's memory when it stands still, through the schemas.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from kobjects.kernel.abi import Abi, Call, Status
from kobjects.kernel.addresses import Kernel, Page
from kobjects.kernel.cpu import Cpu
from kobjects.kernel.frames import Frames
from kobjects.kernel.object import ObjectHeader
from kobjects.kernel.slot import Slot
from kobjects.kernel.space import Space
from kobjects.kernel.thread import Thread
from packer.build import build
from packer.image import Image
from packer.machine.qmp import Monitor
from stages.model import System
from stages.names import task_names
from stages.tasks.objects import inventory
from tests.stages.harness import boot, passed, with_program

END = (1 << 64) - 1
ONCE = 63
"""The bit of rax that says so."""
STACK_PAGES = 8
"""Of a task that performs a script: the results are below its stack."""

ONES = (1 << 64) - 1


@dataclass(frozen=True)
class Do:
    """One system call: what goes into rdi, rsi, rdx, r8, r9, r10, rbx. A word is a number, or the
    name of one of the task's capabilities.
    """

    call: Call
    arguments: Sequence[int | str] = ()
    status: Status = Status.OK
    words: int = 0
    once: bool = False
    """Not made again when it returns AGAIN."""

    def row(self, names: Mapping[str, int]) -> list[int]:
        given = [names[f"cap.{one}"] if isinstance(one, str) else one for one in self.arguments]
        rax = self.words | self.call << Abi.NUMBER_SHIFT | self.once << ONCE
        return [rax, *given, *[0] * (7 - len(given))]


@dataclass(frozen=True)
class Result:
    """What a call returned, how often it was AGAIN before, and what the longest of those calls
    took: under icount, instructions.
    """

    status: Status
    again: int
    longest: int


def text_of(rows: Sequence[Sequence[int]]) -> str:
    lines = [f"    .quad   {', '.join(f'{word & ONES:#x}' for word in row)}" for row in rows]
    return "\n".join(["    .align  8", "script:", *lines, f"    .quad   {END:#x}", ""])


@dataclass(frozen=True)
class Memory:
    """The memory of a machine that stands still."""

    image: Image
    read: Callable[[int, int], bytes]

    def region(self, name: str) -> bytes:
        place = self.image.layout.placement(name)
        return self.read(place.physical, place.size)

    @property
    def frames(self) -> Frames:
        return Frames.parse(self.region("frames"))

    @property
    def cpu(self) -> Cpu:
        return Cpu.parse(self.region("cpu"))

    def physical(self, address: int) -> int:
        """Where an address of the kernel's two windows lies."""
        base = Kernel.WINDOW if address >= Kernel.WINDOW else Kernel.DIRECT
        return address - base

    def header(self, offset: int) -> ObjectHeader:
        """The object header at an offset of the object table, by way of that's own page table."""
        page = offset // Page.SIZE
        entry = int.from_bytes(self.region("objects_pt")[page * 8 :][:8], "little")
        frame = entry & ONES >> 12 & -Page.SIZE
        return ObjectHeader.parse(self.read(frame + offset % Page.SIZE, ObjectHeader.size))

    def headers(self) -> dict[int, ObjectHeader]:
        """Every header that was ever used, by offset; the null object is left out."""
        every = range(ObjectHeader.size, self.cpu.objects_next, ObjectHeader.size)
        return {offset: self.header(offset) for offset in every}

    def space(self, offset: int) -> Space:
        """The Space whose header stands at an offset."""
        return Space.parse(self.read(self.physical(self.header(offset).target), Space.size))

    def thread(self, pointer: int) -> Thread:
        """The thread with that T."""
        start = self.physical(pointer - Thread.origin)
        return Thread.parse(self.read(start, Thread.size))

    def slots(self, space: Space) -> list[Slot]:
        data = self.read(self.physical(space.slots), space.slot_count * Slot.size)
        return list(Slot[space.slot_count].parse(data))

    def task(self, name: str) -> Space:
        """A prebuilt task's Space."""
        return self.space(inventory(self.image.system)["space", name])

    def quad(self, physical: int) -> int:
        return int.from_bytes(self.read(physical, 8), "little")


@dataclass
class Played:
    """What scripts left behind."""

    image: Image
    memory: Memory
    masks: int
    """Of the 8259s: bit n is set while line n is masked."""
    results: dict[str, list[Result]] = field(default_factory=dict)


def play(
    of: System,
    scripts: Mapping[str, Sequence[Do]],
    *,
    memory: int = 64,
    read: Sequence[range] | None = None,
    change: Callable[[Image], Image] = lambda image: image,
) -> Played:
    """Boot the system, each named task with its script, and read its memory at the end: all of it,
    or these ranges of physical addresses. `memory` is in MiB; `change` may alter the image.
    """
    for task in of.tasks:
        if task.name in scripts:
            names = task_names(task)
            rows = [one.row(names) for one in scripts[task.name]]
            of = with_program(of, task.name, f"script of {task.name}", text_of(rows))
    image = change(build(of))
    kept: dict[range, bytes] = {}
    pic: list[str] = []

    def at_end(monitor: Monitor) -> None:
        for span in read or [range(memory << 20)]:
            kept[span] = monitor.memory(span.start, len(span))
        pic.append(monitor.human("info pic"))

    def found(at: int, size: int) -> bytes:
        span = next(one for one in kept if at in one)
        first = at - span.start
        return kept[span][first : first + size]

    passed(boot(image, memory=memory, ask=at_end))
    masks = dict(re.findall(r"pic(\d): irr=\w+ imr=(\w+)", pic[0]))
    mask = int(masks["0"], 16) | int(masks["1"], 16) << 8
    played = Played(image, Memory(image, found), mask)
    for name, script in scripts.items():
        stack = played.memory.region(f"stack.{name}")
        words = [stack[8 * n : 8 * n + 8] for n in range(len(script))]
        played.results[name] = [result(int.from_bytes(word, "little")) for word in words]
    return played


def result(word: int) -> Result:
    return Result(Status(word & 0xFF), word >> 8 & 0xFFFFFF, word >> 32)
