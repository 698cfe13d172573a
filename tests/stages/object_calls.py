"""The calls of objects and memory, as steps of a script. Statuses are those expected."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from kobjects.kernel.abi import Call, ObjectType, Status
from kobjects.kernel.slot import Slot
from packer.image import Image
from tests.stages.audit import audit
from tests.stages.company import START, last, task
from tests.stages.harness import system
from tests.stages.script import STACK_PAGES, Do, Played, play

Handle = int | str
"""A number, or the name of one of the task's capabilities."""
OK = Status.OK
SCRIPT = f"stack_pages = {STACK_PAGES}"
"""What a task with a script has in its manifest."""

ROOT = {
    "self": '{ space = "maker", rights = ["map", "caps", "control"] }',
    "me": '{ thread = "maker", rights = ["read", "write", "control"] }',
    "machine": '{ hardware = "machine", rights = ["control"] }',
}
"""What a root needs to make everything."""


def slot(number: int) -> int:
    """The handle of a slot."""
    return number * Slot.size


def copy(
    source: Handle,
    to: int,
    rights: int,
    status: Status = OK,
    *,
    space: Handle = 0,
    badge: int | None = None,
) -> Do:
    arguments = [source, space, to, rights, badge or 0]
    return Do(Call.COPY, arguments, status, 3 if badge is None else 4)


def delete(of: int, status: Status = OK, *, space: Handle = 0) -> Do:
    return Do(Call.DELETE, [space, of], status)


def create(
    kind: ObjectType, to: int, *more: Handle, status: Status = OK, account: Handle = "self"
) -> Do:
    return Do(Call.CREATE, [account, kind, to, *more], status)


def destroy(of: Handle, status: Status = OK) -> Do:
    return Do(Call.DESTROY, [of], status)


def revoke(of: Handle, status: Status = OK) -> Do:
    return Do(Call.REVOKE, [of], status)


def map_(
    frame: Handle, address: int, rights: int, status: Status = OK, *, space: Handle = "self"
) -> Do:
    return Do(Call.MAP, [frame, space, address, rights], status)


def unmap(frame: Handle, status: Status = OK) -> Do:
    return Do(Call.UNMAP, [frame], status)


def once(step: Do) -> Do:
    """A call of which the rest is left undone."""
    return dataclasses.replace(step, once=True, status=Status.AGAIN)


def made(
    steps: list[Do],
    *more: str,
    memory: int = 64,
    text: str = "",
    program: str = "script.asm",
    change: Callable[[Image], Image] = lambda image: image,
    **capabilities: str,
) -> Played:
    """What the root task `maker` leaves that performs the steps. `more` are lines of its manifest,
    `text` other tasks; `memory` is in MiB, `change` may alter the image.
    """
    given = {**ROOT, **capabilities}
    own = task("maker", program, 100, SCRIPT, "root = true", *more, **given)
    of = system(START + own + text + last())
    return play(of, {"maker": steps}, memory=memory, change=change)


def done(steps: list[Do], *more: str, **named: Any) -> Played:
    """As `made`, with a large table. The steps did what they say, and all adds up."""
    played = made(steps, "slots = 1024", *more, **named)
    for step, found in zip(steps, played.results["maker"], strict=True):
        assert found.status is step.status, step
    audit(played.memory)
    return played
