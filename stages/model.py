"""The words that stages speak: what a stage brings, and what it is told.

A stage brings assembly and regions. A region is memory of which a schema says what lies there; its
`fill` gives the values once every address is known. Sizes come from schemas and code alone, so a
`fill` may read any address, and no address can change a size.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from construct import Construct

from kobjects.kernel.roster import Restart
from stages.claims import Claim


class Access(enum.Enum):
    """How the kernel's own mapping of a region may be used. No member allows both W and X."""

    TEXT = "r-x"
    RODATA = "r--"
    DATA = "rw-"

    @property
    def writable(self) -> bool:
        return self is Access.DATA

    @property
    def executable(self) -> bool:
        return self is Access.TEXT


@dataclass(frozen=True)
class Assembly:
    """One source in the dialect of `packer.asm`: a file, or text that Python generates.

    Sources of one stage list and one section are assembled together, in order, as one flat unit.
    """

    path: Path
    section: Access = Access.TEXT
    generate: Callable[[], str] | None = None

    def text(self) -> str:
        """The source; for generated text `path` is only the name that errors and maps show."""
        return self.generate() if self.generate else self.path.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Region:
    """Memory with one schema. Its name is also the symbol of its first byte.

    schema  any sized Construct: a Record or Word class, `X[n]`, construct.Bytes(n)
    fill    symbols -> the value that the schema builds; None: reserved, not loaded, zeroed at entry
    align   of the address, in bytes, a power of two
    guard   an unmapped page lies directly below (only for page-aligned regions)
    edge    it is the last that is loaded, or the first that is only reserved: such a pair lies
            together, so that of something large only the start need be loaded
    """

    name: str
    schema: Construct[Any, Any]
    fill: Callable[[Symbols], Any] | None
    access: Access = Access.DATA
    align: int = 16
    guard: bool = False
    edge: bool = False


@dataclass(frozen=True)
class Stage:
    """A part of the kernel. `plan` gives the regions that depend on which tasks the image has;
    `claims` is what `kpack verify` is told of its code.
    """

    name: str
    code: Sequence[Assembly] = ()
    regions: Sequence[Region] = ()
    plan: Callable[[System], Sequence[Region]] | None = None
    claims: Sequence[Claim] = ()

    def all_regions(self, system: System) -> Sequence[Region]:
        return (*self.regions, *(self.plan(system) if self.plan else ()))


@dataclass(frozen=True)
class BootCode:
    """The code of one way to boot: a flat unit linked at a physical address, entered by firmware.

    It ends in `kernel_entry` with rdi = the virtual address of a filled BootInfo.
    """

    target: str
    address: int
    code: Sequence[Assembly]


@dataclass(frozen=True)
class Capability:
    """One line of a task's capability table, as the manifest gives it.

    `name` is the equate `cap.NAME` that the task's assembly uses: its handle.
    """

    name: str
    kind: str
    """What `target` names: "endpoint", "notification", "thread", "space" a task, "frame" a shared
    frame, "irq" a line of the 8259s that signals the badge to the task itself, "hardware" nothing.
    """
    target: str
    rights: frozenset[str]
    badge: int = 0


class Label(NamedTuple):
    """A name in a compiled program: of `size` bytes at a virtual address; `type` is ELF's."""

    address: int
    size: int
    name: str
    type: int


@dataclass(frozen=True)
class Segment:
    """Whole pages of a compiled program, from a virtual address on, with one kind of access.

    `data` lies at the start, whole pages of it; the rest of `size` bytes is zero and only there
    where it can be written.
    """

    address: int
    access: Access
    data: bytes = field(repr=False)
    size: int


@dataclass(frozen=True)
class Executable:
    """A program that was compiled elsewhere. `entry` is the address of its first instruction."""

    path: Path
    entry: int
    segments: Sequence[Segment]
    labels: Sequence[Label] = field(default=(), repr=False)


@dataclass(frozen=True)
class Task:
    """A ring-3 task: one Space with one Thread. Its program is assembly, or lies in a file."""

    name: str
    program: Sequence[Assembly]
    priority: int
    capabilities: Sequence[Capability] = ()
    stack_pages: int = 1
    ports: Sequence[range] = ()
    physical: Mapping[int, range] = field(default_factory=dict)
    """Device memory that the task sees: virtual address -> physical byte range, page-aligned."""
    supervisor: str | None = None
    """Name of the capability through which the kernel reports this task's faults."""
    fpu: bool = False
    """It uses x87, SSE or AVX registers."""
    frames: int = 16
    """How many page frames may be charged to it at run time, page tables included."""
    objects: int = 0
    """How many objects it may make."""
    slots: int = 64
    """Size of its capability table: 64 or 1,024."""
    root: bool = False
    """It gets the whole budget: memory and objects that no other task was given."""
    roster: bool = False
    """It is told of all tasks and programs, and may do with them what it wants."""
    operator: bool = False
    """It may ask who has the roster to kill, to start and to finish."""
    restart: Restart = Restart.NEVER
    """When who has the roster starts it again, from the boot module of its name."""
    restarts: int = 3
    """How often at most."""
    restart_delay: int = 100
    """Milliseconds from one start to the next, at least."""
    elf: Path | None = None
    """The file of a compiled program, instead of `program`."""
    executable: Executable | None = None
    """What is in that file; the packer reads it before it asks for any plan."""
    modules: bool = False
    """It sees the boot modules."""
    labels: Sequence[Label] = field(default=(), repr=False)
    """Where its program's labels lie; the packer notes them before it asks for any plan."""
    places: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """Where the manifest says it, as file:line: by key, and of the whole task by ""."""


@dataclass(frozen=True)
class Module:
    """Bytes that come with the image for tasks to read: a file, or a program for a loader."""

    name: str
    file: Path | None = None
    program: Task | None = None
    """What the loader makes of it; of its capabilities only the names count."""
    autostart: bool = False
    """Who has the roster starts it when the system is up."""
    own: bool = False
    """It is a task of the image once more, to start it again from; no manifest names it."""
    contents: bytes = field(default=b"", repr=False)
    """What tasks read; the packer makes it before it asks for any plan."""
    places: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """Where the manifest says it, as for a Task."""


@dataclass(frozen=True)
class System:
    """What a manifest says, resolved: stages, tasks and shared frames of one image."""

    name: str
    stages: Sequence[Stage]
    tasks: Sequence[Task]
    frames: Sequence[str] = ()
    """Shared page frames, zero at boot, that capabilities of kind "frame" name."""
    modules: Sequence[Module] = ()


@dataclass(frozen=True)
class Placement:
    """Where the layout put a region or a unit of code."""

    name: str
    access: Access
    virtual: int
    physical: int
    size: int
    loaded: bool
    guard: bool = False

    @property
    def end(self) -> int:
        """The virtual address after the last byte."""
        return self.virtual + self.size


@dataclass(frozen=True)
class Symbols(Mapping[str, int]):
    """Virtual addresses by name, once the layout is fixed: what every `fill` is given.

    Keys are region names, code labels, and the linker's own: `kernel.start`, `kernel.loaded_end`,
    `kernel.zero_start`, `kernel.end`.
    """

    system: System
    addresses: Mapping[str, int]
    placements: Sequence[Placement]
    virtual_base: int
    """What the kernel's window adds to a physical address."""

    def __getitem__(self, name: str) -> int:
        return self.addresses[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.addresses)

    def __len__(self) -> int:
        return len(self.addresses)

    def physical(self, name: str) -> int:
        """The physical address of a symbol in the kernel's window."""
        return self[name] - self.virtual_base

    def placement(self, name: str) -> Placement:
        """Where the region or unit of that name lies. KeyError if there is none."""
        for place in self.placements:
            if place.name == name:
                return place
        raise KeyError(name)
