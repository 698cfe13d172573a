"""The kernel objects that exist at boot: where each stands in their table, and who may name it.

The null object comes first, then Space, Thread, Endpoint and Notification of each task in the
manifest's order, the shared frames, the device interrupts that tasks take, and the hardware.
"""

from __future__ import annotations

from collections.abc import Iterator

from kobjects.kernel.abi import (
    EndpointRights,
    FrameRights,
    HardwareRights,
    IrqRights,
    NotificationRights,
    ObjectType,
    SpaceRights,
    ThreadRights,
)
from kobjects.kernel.addresses import Kernel
from kobjects.kernel.object import NEVER, ObjectHeader, key
from kobjects.kernel.slot import Slot
from kobjects.kernel.thread import Thread
from kobjects.word import Word
from stages.memory.places import all_pages, page_address
from stages.model import Capability, Symbols, System, Task

FIRST_GENERATION = 1

MACHINE = "machine"
"""The name of the one object of kind hardware."""

BOOT_INFO = "boot_info"
"""The one frame that every image has: the boot information's page."""

MODULE_PAGE = "module_page"
"""A Frame for each page of the boot modules, which who has the roster may show to programs."""

PER_PAGE = 64
"""Headers, or slots, of one page."""

RIGHTS: dict[str, tuple[ObjectType, type[Word]]] = {
    "endpoint": (ObjectType.ENDPOINT, EndpointRights),
    "notification": (ObjectType.NOTIFICATION, NotificationRights),
    "frame": (ObjectType.FRAME, FrameRights),
    "space": (ObjectType.SPACE, SpaceRights),
    "thread": (ObjectType.THREAD, ThreadRights),
    "irq": (ObjectType.IRQ, IrqRights),
    "hardware": (ObjectType.HARDWARE, HardwareRights),
}
"""The kinds of capability that a manifest can give, and the schema of their rights."""


OF_TASK = ("space", "thread", "endpoint", "notification")
"""What each task has one of, in the order of their headers."""


OF_WARD = ("space", "thread", "endpoint")
"""What who has the roster may name of each task, in the order of its slots."""


def inventory(system: System) -> dict[tuple[str, str], int]:
    """(kind, name) of every object -> the offset of its header in the object table."""
    order = [("null", "")]
    order += [(kind, task.name) for task in system.tasks for kind in OF_TASK]
    order += [("frame", name) for name in (BOOT_INFO, *system.frames)]
    order += [("irq", line) for line in interrupts(system)]
    order += [(MODULE_PAGE, number) for number in module_pages(system)]
    order += [("hardware", MACHINE)]
    return {key: number * ObjectHeader.size for number, key in enumerate(order)}


def interrupts(system: System) -> dict[str, tuple[Task, Capability]]:
    """The device interrupts that tasks take: line -> who takes it, by which capability."""
    return {
        one.target: (task, one)
        for task in system.tasks
        for one in task.capabilities
        if one.kind == "irq"
    }


def all_capabilities(task: Task, system: System) -> list[Capability]:
    """Those that the manifest names, and behind them what the roster's holder gets."""
    return [*task.capabilities, *(_of_roster(system) if task.roster else ())]


def module_pages(system: System) -> list[str]:
    """The numbers of the boot modules' pages; none unless a task may share them out."""
    shared = any(task.roster for task in system.tasks)
    return [str(number) for number in range(len(all_pages(system)))] if shared else []


def roster_frames(system: System) -> list[str]:
    """The shared frames that tasks which may be started again are given."""
    return sorted(
        {
            one.target
            for task in system.tasks
            for one in task.capabilities
            if task.restart and one.kind == "frame"
        }
    )


def _of_roster(system: System) -> Iterator[Capability]:
    for task in system.tasks:
        for kind in OF_WARD:
            yield Capability("", kind, task.name, _all_rights(kind))
    for line in interrupts(system):
        yield Capability("", "irq", line, _all_rights("irq"))
    for name in roster_frames(system):
        yield Capability("", "frame", name, _all_rights("frame"))
    for number in module_pages(system):
        yield Capability("", MODULE_PAGE, number, frozenset(["read"]))


def _all_rights(kind: str) -> frozenset[str]:
    fields = RIGHTS[kind][1].fields.items()
    return frozenset(name for name, field in fields if not field.reserved)


def table_size(system: System) -> int:
    """Headers that the image has room for: whole pages."""
    return -(-len(inventory(system)) // PER_PAGE) * PER_PAGE


def fill_objects(symbols: Symbols) -> list[ObjectHeader]:
    offsets = inventory(symbols.system)
    filled = [header(kind, name, offsets, symbols) for kind, name in offsets]
    return [*filled, *[ObjectHeader()] * (table_size(symbols.system) - len(filled))]


def header(
    kind: str, name: str, offsets: dict[tuple[str, str], int], symbols: Symbols
) -> ObjectHeader:
    """The header of one object. What was in the image is paid for by nobody."""
    if kind == "null":
        return ObjectHeader(generation=NEVER, call_key=NEVER, signal_key=NEVER)
    if kind == MODULE_PAGE:
        target = page_address(symbols, int(name))
    elif kind == "frame":
        target = symbols.physical(BOOT_INFO if name == BOOT_INFO else f"frame.{name}")
    elif kind == "space":
        target = symbols[f"space.{name}"]
    elif kind == "irq":
        target = int(name)
    elif kind == "hardware":
        target = 0
    else:
        target = thread_pointer(symbols, name)
    notifies, answers = kind == "notification", kind == "endpoint"
    return ObjectHeader(
        generation=FIRST_GENERATION,
        call_key=key(FIRST_GENERATION, fast=True) if answers else 0,
        signal_key=key(FIRST_GENERATION, fast=True) if notifies else 0,
        type=ObjectType.FRAME if kind == MODULE_PAGE else RIGHTS[kind][0],
        target=target,
        chain=offsets["notification", name] if answers else 0,
        chain_previous=offsets["endpoint", name] if notifies else 0,
    )


def thread_pointer(symbols: Symbols, name: str) -> int:
    """T of a task's thread."""
    return symbols[f"thread.{name}"] + Thread.origin


def direct(symbols: Symbols, name: str) -> int:
    """A region's address in the direct map, where the kernel numbers slots."""
    return int(Kernel.DIRECT) + symbols.physical(name)


def loaded_slots(task: Task, system: System) -> int:
    """How many slots of the task's table are loaded: all, but of the first large table only the
    pages in use; the rest of it is reserved right behind.
    """
    large = [each.name for each in system.tasks if each.slots > PER_PAGE]
    if task.name not in large[:1]:
        return task.slots
    used = len(all_capabilities(task, system)) + 1
    return min(-(-used // PER_PAGE) * PER_PAGE, task.slots)


def fill_slots(task: Task, symbols: Symbols) -> list[Slot]:
    """The task's capability table: slot 0 empty, then its capabilities in their order."""
    offsets = inventory(symbols.system)
    given = all_capabilities(task, symbols.system)
    if len(given) >= task.slots:
        raise ValueError(
            f"task {task.name!r} is given {len(given)} capabilities; its table holds "
            f"{task.slots - 1}"
        )
    filled = [slot(capability, offsets) for capability in given]
    return [Slot(), *filled, *[Slot()] * (loaded_slots(task, symbols.system) - 1 - len(filled))]


def slot(capability: Capability, offsets: dict[tuple[str, str], int]) -> Slot:
    of_frame = capability.kind == MODULE_PAGE
    kind, rights_type = RIGHTS["frame" if of_frame else capability.kind]
    may_call = capability.kind == "endpoint" and "call" in capability.rights
    may_signal = capability.kind == "notification" and "signal" in capability.rights
    return Slot(
        object=offsets[capability.kind, capability.target],
        key=key(FIRST_GENERATION, fast=may_call or (may_signal and capability.badge != 0)),
        badge=0 if capability.kind == "irq" else capability.badge,
        type=kind,
        rights=rights_type(**dict.fromkeys(capability.rights, True)),
    )
