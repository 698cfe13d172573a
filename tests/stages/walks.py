"""Walks: several threads of one Space that perform rows of calls, and what each row was told.

The image is built once. The rows are put into it when it is finished, so a boot costs what QEMU
takes and nothing is assembled. `guests/walker.asm` says what a row is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from struct import Struct

import packer.build
from kobjects.kernel.abi import Abi, Call, Kind, ObjectType, Status
from kobjects.kernel.addresses import Page, User
from kobjects.kernel.slot import Slot
from packer.image import Image
from packer.machine.qmp import Monitor
from stages.invariants.stage import checked
from stages.names import task_names
from tests.stages.company import START, endpoint, task
from tests.stages.harness import boot, labels, passed, system, with_program
from tests.stages.script import ONES, Memory

END, SPIN, FAULT, STORE, FINISH = (ONES - number for number in range(5))
PENDING, LATE = ONES, ONES - 1
"""What is kept of a row that is not over, and of one that was passed over."""
ROW, KEPT = Struct("<10Q"), Struct("<12Q")
ROOM = 1 << 19
"""Bytes for rows, and before them the address of the first thread's first."""
ROWS_OFFSET = 8
ROWS = 64
"""Of a segment, but the maker's."""
MAKER, WITNESS = 200, 2
"""Priorities."""
PLACES = 0x1000_0000
"""A page of places and, behind it, what is kept; 2 MiB."""
RESULTS = PLACES + Page.SIZE
MEMORY = 32
"""MiB of the machine."""


@dataclass(frozen=True)
class Row:
    """One row, as it lies in memory. A capability may be named."""

    rax: int
    rdi: int | str = 0
    words: Sequence[int | str] = ()
    time: int = 0
    r15: int = 0

    def data(self, names: Mapping[str, int]) -> bytes:
        rdi, *words = (
            names[f"cap.{one}"] if isinstance(one, str) else one & ONES
            for one in (self.rdi, *self.words)
        )
        return ROW.pack(self.time, self.rax, rdi, self.r15, *words, *[0] * (6 - len(words)))


def row(
    call: Call,
    rdi: int | str = 0,
    *words: int | str,
    time: int = 0,
    until: int | None = None,
    flags: int = 0,
    length: int | None = None,
) -> Row:
    """A system call at a time. `until` is its deadline in ns; `length` what it says it has."""
    count = len(words) if length is None else length
    rax = count | call << Abi.NUMBER_SHIFT | flags
    if until is not None:
        rax |= Abi.DEADLINE
    return Row(rax, rdi, words, time, until or 0)


@dataclass(frozen=True)
class Kept:
    """What a row was told."""

    rax: int
    rdi: int
    words: tuple[int, ...]

    @property
    def over(self) -> bool:
        return self.rax not in (PENDING, LATE)

    @property
    def status(self) -> Status:
        return Status((self.rax & Abi.STATUS_MASK) >> Abi.STATUS_SHIFT)

    @property
    def kind(self) -> Kind:
        return Kind(self.rax >> Abi.KIND_SHIFT & 0xFF)


@dataclass
class Program:
    """The rows of all threads: the maker's, and segments that its rows give to others."""

    maker: list[Row] = field(default_factory=list)
    segments: list[list[Row]] = field(default_factory=list)

    def segment(self) -> int:
        """A new segment's number."""
        self.segments.append([])
        return len(self.segments) - 1

    def start(self, place: int, segment: int, number: int = 0) -> Row:
        """Has the thread of a place begin with a row of a segment."""
        words = [row_of(segment, number), kept_of(segment, number)]
        return Row(STORE, address_of(place), words)

    def data(self, names: Mapping[str, int]) -> bytes:
        end = Row(END)
        parts = [row_of(len(self.segments)).to_bytes(ROWS_OFFSET, "little")]
        for one in self.segments:
            assert len(one) < ROWS, "a segment is full"
            rows = b"".join(each.data(names) for each in (*one, end))
            parts.append(rows.ljust(ROWS * ROW.size, b"\0"))
        parts += [each.data(names) for each in (*self.beginning(), *self.maker, Row(FINISH))]
        return b"".join(parts)

    def beginning(self) -> Iterator[Row]:
        """The maker makes memory, and keeps there what its other rows are told."""
        yield row(Call.CREATE, "self", ObjectType.FRAME, FRAME, Page.LARGE)
        yield row(Call.MAP, FRAME, "self", PLACES, 3)
        own = len(self.segments)
        yield Row(STORE, MAKER_PLACE, [row_of(own, 3), kept_of(own, 1)])


FRAME = 1023 * Slot.size
"""Where the memory's capability is: the last slot."""
MAKER_PLACE = User.STACK_TOP - 16


def address_of(place: int) -> int:
    """The rsp of a thread."""
    return PLACES + 16 * place


def row_of(segment: int, number: int = 0) -> int:
    """The address of a row; the maker's segment is behind all others."""
    return label("rows") + ROWS_OFFSET + (segment * ROWS + number) * ROW.size


def kept_of(segment: int, number: int = 0) -> int:
    """The address of what is kept of a row."""
    return RESULTS + (segment * ROWS + number) * KEPT.size


def label(name: str) -> int:
    """Where a label of the walker runs."""
    return _labels()[name]


@cache
def _labels() -> Mapping[str, int]:
    """The same on every kernel."""
    return labels(image(), "maker")


def handle(number: int) -> int:
    return number * int(Slot.size)


def image(*, debug: bool = False) -> Image:
    """The image without its rows; on the debug build of the kernel when it should check itself."""
    return _built(debug, vars(packer.build)["link"])


@cache
def _built(debug: bool, _linker: object) -> Image:
    """Built once for each linker: tests of guards put another in its place."""
    console, finish = endpoint("console"), endpoint("finish")
    text = START + task(
        "maker", "walker.asm kpack:user/lib.asm", MAKER, "root = true", "slots = 1024",
        "stack_pages = 4", console=console, finish=finish,
        self='{ space = "maker", rights = ["map", "caps", "control"] }',
        me='{ thread = "maker", rights = ["read", "write", "control"] }',
    )  # fmt: skip
    of = system(text + task("witness", "pulse.asm", WITNESS))
    of = with_program(of, "maker", "rows", f"    .align 8\nrows:\n    .zero {ROOM}\n")
    if debug:
        of = dataclasses.replace(of, stages=checked(of.stages))
    return packer.build.build(of)


@dataclass(frozen=True)
class Walked:
    """What the rows of each segment were told, what the maker's were, and the memory at the end."""

    segments: Sequence[Sequence[Kept]]
    maker: Sequence[Kept]
    memory: Memory

    @property
    def pulses(self) -> int:
        """How often the witness woke."""
        return int.from_bytes(self.memory.region("stack.witness")[-8:], "little")


def walk(
    program: Program, *, debug: bool = False, timeout: float = 60, blank: Image | None = None
) -> Walked:
    """Boot the image with these rows, to its end; or a variant of it, where all tasks lie alike.

    `timeout` is in seconds.
    """
    blank = blank or image(debug=debug)
    (maker,) = (one for one in blank.system.tasks if one.name == "maker")
    data = program.data(task_names(maker))
    assert len(data) <= ROOM
    place = blank.layout.placement("task.maker.text")
    start = place.physical - blank.layout.window.start + label("rows") - User.TEXT
    load = blank.load[:start] + data + blank.load[start + len(data) :]
    kept: list[bytes] = []

    def at_end(monitor: Monitor) -> None:
        kept.append(monitor.memory(0, MEMORY << 20))

    filled = dataclasses.replace(blank, load=load)
    passed(boot(filled, memory=MEMORY, ask=at_end, timeout=timeout))
    memory = Memory(filled, lambda at, size: kept[0][at : at + size])
    frame = memory.read(frame_of(memory), Page.LARGE)

    def told(segment: int, first: int, count: int) -> list[Kept]:
        start = kept_of(segment, first) - PLACES
        words = KEPT.iter_unpack(frame[start : start + count * KEPT.size])
        return [Kept(rax, rdi, tuple(more)) for rax, rdi, *more in words]

    segments = [told(number, 0, len(one)) for number, one in enumerate(program.segments)]
    return Walked(segments, told(len(segments), 1, len(program.maker)), memory)


def frame_of(memory: Memory) -> int:
    """Where what is kept lies."""
    slot = memory.slots(memory.task("maker"))[FRAME // Slot.size]
    return memory.header(slot.object).target
