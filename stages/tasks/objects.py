"""The kernel objects that exist at boot: where each stands in their table, and who may name it.

The null object comes first, then Space, Thread and Endpoint of each task in the manifest's order,
then the shared frames.
"""

from __future__ import annotations

from kobjects.kernel.abi import EndpointRights, FrameRights, ObjectType, SpaceRights
from kobjects.kernel.endpoint import Endpoint
from kobjects.kernel.object import NEVER, ObjectHeader, key
from kobjects.kernel.slot import Slot
from kobjects.kernel.thread import Thread
from kobjects.word import Word
from stages.model import Capability, Symbols, System, Task

FIRST_GENERATION = 1

BOOT_INFO = "boot_info"
"""The one frame that every image has: the boot information's page."""

SLOTS = 64
"""Slots of a prebuilt task's table: one page."""

RIGHTS: dict[str, tuple[ObjectType, type[Word]]] = {
    "endpoint": (ObjectType.ENDPOINT, EndpointRights),
    "frame": (ObjectType.FRAME, FrameRights),
    "space": (ObjectType.SPACE, SpaceRights),
}
"""The kinds of capability that a manifest can give, and the schema of their rights."""


def inventory(system: System) -> dict[tuple[str, str], int]:
    """(kind, name) of every object -> the offset of its header in the object table."""
    order = [("null", "")]
    for task in system.tasks:
        order += [("space", task.name), ("thread", task.name), ("endpoint", task.name)]
    order += [("frame", name) for name in (BOOT_INFO, *system.frames)]
    return {key: number * ObjectHeader.size for number, key in enumerate(order)}


def fill_objects(symbols: Symbols) -> list[ObjectHeader]:
    offsets = inventory(symbols.system)
    return [header(kind, name, offsets, symbols) for kind, name in offsets]


def header(
    kind: str, name: str, offsets: dict[tuple[str, str], int], symbols: Symbols
) -> ObjectHeader:
    if kind == "null":
        return ObjectHeader(generation=NEVER, call_key=NEVER, signal_key=NEVER)
    if kind == "frame":
        return ObjectHeader(
            generation=FIRST_GENERATION,
            type=ObjectType.FRAME,
            target=symbols.physical(BOOT_INFO if name == BOOT_INFO else f"frame.{name}"),
        )
    account = offsets["space", name]
    if kind == "space":
        return ObjectHeader(
            generation=FIRST_GENERATION,
            type=ObjectType.SPACE,
            target=symbols[f"space.{name}"],
            account=account,
        )
    thread = thread_pointer(symbols, name)
    if kind == "thread":
        return ObjectHeader(
            generation=FIRST_GENERATION, type=ObjectType.THREAD, target=thread, account=account
        )
    return Endpoint.serving(thread, generation=FIRST_GENERATION, account=account)


def thread_pointer(symbols: Symbols, name: str) -> int:
    """T of a task's thread."""
    return symbols[f"thread.{name}"] + Thread.origin


def fill_slots(task: Task, symbols: Symbols) -> list[Slot]:
    """The task's capability table: slot 0 empty, then its capabilities in the manifest's order."""
    offsets = inventory(symbols.system)
    filled = [slot(capability, offsets) for capability in task.capabilities]
    return [Slot(), *filled, *[Slot()] * (SLOTS - 1 - len(filled))]


def slot(capability: Capability, offsets: dict[tuple[str, str], int]) -> Slot:
    kind, rights_type = RIGHTS[capability.kind]
    rights = rights_type(**dict.fromkeys(capability.rights, True))
    may_call = capability.kind == "endpoint" and "call" in capability.rights
    return Slot(
        object=offsets[capability.kind, capability.target],
        key=key(FIRST_GENERATION, fast=may_call),
        badge=capability.badge,
        type=kind,
        rights=rights,
    )
