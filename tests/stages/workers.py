"""Threads that a script creates and starts: where `guests/workers.asm` has their programs."""

from __future__ import annotations

from typing import Any

from kobjects.kernel.abi import Call, ObjectType, Status
from kobjects.kernel.addresses import Page, User
from tests.stages import object_calls
from tests.stages.object_calls import Handle, create
from tests.stages.script import STACK_PAGES, Do, Played

CALL = User.TEXT + 0x10
RECEIVE = User.TEXT + 0x20
SAVE = User.TEXT + 0x40
SLEEP = User.TEXT + 0x80
REPLY = User.TEXT + 0xA0
DESTROY = User.TEXT + 0xD0
AVENGE = User.TEXT + 0x100
FAULT = User.TEXT + 0x120

RESULTS = User.STACK_TOP - 2 * Page.SIZE
"""A page of the stack that the script does not need."""
MAKER, HIGH, LOW = 100, 150, 50
"""Priorities: the script's, and those of threads that run at once, or not yet."""


def result(number: int) -> int:
    """Where a worker leaves its result; below it there is room for a word."""
    return RESULTS + 16 * number + 8


def worker(
    number: int, program: int, argument: Handle = 0, *, to: int, priority: int = HIGH
) -> list[Do]:
    """Make a thread in slot `to` of the maker's own Space, and start it."""
    return [
        create(ObjectType.THREAD, to, "self", priority, 0),
        Do(Call.START, [to, program, result(number), argument], words=3),
    ]


def endpoint(to: int, thread: Handle) -> Do:
    return create(ObjectType.ENDPOINT, to, thread)


def signal(bell: int) -> Do:
    return Do(Call.SIGNAL, [bell])


def done(steps: list[Do], *more: str, **named: Any) -> Played:
    """As `object_calls.done`, with workers in the maker's program."""
    return object_calls.done(steps, *more, program="workers.asm script.asm", **named)


def told(played: Played, number: int) -> int:
    """What a worker left."""
    stack = played.memory.region("stack.maker")
    at = result(number) - (User.STACK_TOP - STACK_PAGES * Page.SIZE)
    return int.from_bytes(stack[at : at + 8], "little")


def status(played: Played, number: int) -> Status:
    return Status(told(played, number) >> 16)
