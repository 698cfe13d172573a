"""The kernel's objects in a machine's memory: threads, spaces and what their capabilities name.

Everything is found from one address, that of the `Cpu` structure, which the task register holds. So
it works on any machine that runs our kernel, whatever image it was booted from. The machine must
stand still while it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from kobjects.kernel import abi
from kobjects.kernel.abi import ObjectType
from kobjects.kernel.addresses import Kernel
from kobjects.kernel.cpu import Cpu
from kobjects.kernel.object import ObjectHeader, ObjectState
from kobjects.kernel.slot import Slot, SlotNumber
from kobjects.kernel.space import Space, SpaceLimit
from kobjects.kernel.thread import Thread, ThreadState
from kobjects.word import Word

Read = Callable[[int, int], bytes]
"""Bytes of the kernel's half of virtual memory, from an address and a size. LookupError or OSError
where nothing is mapped."""

Structure = TypeVar("Structure")

ORIGIN = Thread.origin
"""From a Thread's first byte to its T."""

RIGHTS: dict[ObjectType, type[Word]] = {
    ObjectType.THREAD: abi.ThreadRights,
    ObjectType.SPACE: abi.SpaceRights,
    ObjectType.ENDPOINT: abi.EndpointRights,
    ObjectType.NOTIFICATION: abi.NotificationRights,
    ObjectType.FRAME: abi.FrameRights,
    ObjectType.IRQ: abi.IrqRights,
    ObjectType.IO_PORTS: abi.IoPortsRights,
    ObjectType.HARDWARE: abi.HardwareRights,
}


class ForeignError(Exception):
    """The memory does not hold what our kernel would have there."""


@dataclass(frozen=True)
class Placed(Generic[Structure]):
    """A structure and the address by which the kernel knows it: T of a thread."""

    address: int
    value: Structure


@dataclass(frozen=True)
class Capability:
    """A slot that is not empty.

    header  of the object that it names; None for a reply right, which names a thread
    usable  whether it still means that object
    """

    handle: int
    slot: Slot
    header: ObjectHeader | None
    usable: bool

    @property
    def rights(self) -> str:
        """The names of what it allows, with spaces between."""
        kind = RIGHTS.get(self.slot.type)
        if kind is None:
            return ""
        rights = kind.from_int(self.slot.rights)
        return " ".join(name for name in kind.fields if name != "unused" and getattr(rights, name))


class KernelView:
    """What the kernel knows, read once and kept: make a new one for another moment.

    cpu          all scheduling state
    cpu_address  of the `Cpu` structure: the symbol `cpu`, or 4 below the base of the task register
    """

    def __init__(self, read: Read, cpu_address: int) -> None:
        """ForeignError where no such structure is."""
        self.read, self.cpu_address = read, cpu_address
        self.cpu = self._cpu()

    @classmethod
    def of_task_register(cls, read: Read, base: int) -> KernelView:
        """The view of a machine whose task register has this base."""
        return cls(read, base - Cpu.offset("tss"))

    def _cpu(self) -> Cpu:
        """All scheduling state."""
        try:
            cpu = Cpu.parse(self.read(self.cpu_address, Cpu.size))
        except Exception as error:
            text = f"no Cpu structure can be read at {self.cpu_address:#x}: {error}"
            raise ForeignError(text) from error
        if not 0 < cpu.objects_next <= cpu.objects_limit <= Kernel.DEADLINES - Kernel.OBJECTS:
            text = f"what lies at {self.cpu_address:#x} is no Cpu structure of this kernel"
            raise ForeignError(text)
        return cpu

    @property
    def current(self) -> int:
        """T of the thread that runs, or ran last."""
        return self.cpu.tss.rsp0

    @cached_property
    def headers(self) -> list[ObjectHeader]:
        """The object table as far as it was ever used, the null object first."""
        used = self.cpu.objects_next // ObjectHeader.size
        table = self.read(Kernel.OBJECTS, used * ObjectHeader.size)
        return list(ObjectHeader[used].parse(table))

    def header(self, offset: int) -> ObjectHeader:
        """The header at an offset of the table. ForeignError beyond what was ever used."""
        number, rest = divmod(offset, ObjectHeader.size)
        if rest or not 0 <= number < len(self.headers):
            raise ForeignError(f"{offset:#x} is no offset of an object's header")
        return self.headers[number]

    @cached_property
    def threads(self) -> list[Placed[Thread]]:
        """Every thread that is not free, in the order of their headers."""
        return [
            Placed(header.target, self.thread(header.target))
            for header in self._alive(ObjectType.THREAD)
        ]

    @cached_property
    def spaces(self) -> list[Placed[Space]]:
        """Every Space that is not free."""
        return [
            Placed(header.target, Space.parse(self.read(header.target, Space.size)))
            for header in self._alive(ObjectType.SPACE)
        ]

    def thread(self, t: int) -> Thread:
        """The thread that the kernel knows by this T."""
        return Thread.parse(self.read(t - ORIGIN, Thread.size))

    def capabilities(self, space: Space) -> Iterator[Capability]:
        """What the slots of a Space hold, in order of their handles."""
        if space.slot_count not in (SpaceLimit.SMALL_TABLE, SpaceLimit.LARGE_TABLE):
            raise ForeignError(f"a Space with {space.slot_count} slots")
        table = self.read(space.slots, space.slot_count * Slot.size)
        for number, slot in enumerate(Slot[space.slot_count].parse(table)):
            if slot.type is not ObjectType.NONE:
                yield self._capability(number << SlotNumber.SHIFT, slot)

    def _capability(self, handle: int, slot: Slot) -> Capability:
        if slot.type is ObjectType.REPLY:
            return Capability(handle, slot, None, usable=True)
        header = self.header(slot.object)
        return Capability(handle, slot, header, slot.key >> 8 == header.generation)

    def _alive(self, kind: ObjectType) -> Iterator[ObjectHeader]:
        return (
            header
            for header in self.headers[1:]
            if header.type is kind and header.state is not ObjectState.FREE
        )


def state_of(thread: Thread, *, current: bool = False) -> str:
    """What a thread does, in words."""
    if thread.receive_key:
        return "receiving"
    if thread.reply_key:
        return "reply wait"
    if thread.state is ThreadState.READY:
        return "running" if current else "ready"
    return thread.state.name.lower().replace("_", " ")


def name_of(thread: Thread) -> str:
    """A thread's name, or its number where it has none."""
    name = thread.name.rstrip(b"\0").decode("ascii", "backslashreplace")
    return name or f"#{thread.number}"
