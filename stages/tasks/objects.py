"""The kernel objects that exist at boot: where each stands in their table, and who may name it.

The null object comes first, then Space, Thread and Endpoint of each task in the manifest's order,
then the shared frames.
"""

from __future__ import annotations

from kobjects.kernel.abi import EndpointRights, FrameRights, ObjectType, SpaceRights
from kobjects.kernel.object import ObjectHeader
from kobjects.kernel.slot import Slot
from kobjects.kernel.thread import Thread
from kobjects.word import Word
from stages.model import Capability, Symbols, System, Task

FIRST_GENERATION = 1
KEY_TAG_BITS = 8
FAST = 1
"""The tag of a key whose holder may use the type's fast operation."""
NEVER = (1 << 64) - 1
"""The null object's keys and generation: no slot has them."""

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
    return ObjectHeader(
        generation=FIRST_GENERATION,
        call_key=FIRST_GENERATION << KEY_TAG_BITS | FAST,
        type=ObjectType.ENDPOINT,
        target=thread,
        account=account,
    )


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
    fast = FAST if capability.kind == "endpoint" and "call" in capability.rights else 0
    return Slot(
        object=offsets[capability.kind, capability.target],
        key=FIRST_GENERATION << KEY_TAG_BITS | fast,
        badge=capability.badge,
        type=kind,
        rights=rights,
    )
