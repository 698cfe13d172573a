"""One thread of the model, and what it finds at the end of a call."""

from __future__ import annotations

from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, NamedTuple

from kobjects.kernel.abi import Kind, Status
from kobjects.kernel.thread import ThreadState as State

NOBODY, GONE = -1, -2
"""As a caller: none; one that has left."""


class Result(NamedTuple):
    """What a thread finds when its call is over."""

    status: Status
    kind: Kind = Kind.CALL
    word: int = 0
    """Word 0 of a message, or the bits of signals."""
    flags: int = 0
    """Of the returned rax: whether a capability came, or was dropped."""


@dataclass(slots=True)
class Thread:
    """One thread. `free` says that it was destroyed: nobody's any more."""

    base: int = 0
    rank: int = 0
    queue_rank: int = 0
    state: State = State.READY
    partner: int = NOBODY
    caller: int = NOBODY
    queue: tuple[int, ...] = ()
    saved: tuple[int, ...] = ()
    """Clients whose right to a reply it saved, the latest first."""
    in_slot: bool = False
    """The right to reply to it is a saved one."""
    timed: bool = False
    fault: bool = False
    exited: bool = False
    """Its last fault was an exit."""
    free: bool = False
    accepts: int = 0
    pending: int = 0
    kind: Kind = Kind.CALL
    word: int = 0


Key = tuple[tuple[Any, ...], ...]
"""A state that can be compared and hashed."""

FIELDS = attrgetter(*(field.name for field in fields(Thread)))
WAITS = (State.RECEIVING, State.WAITING, State.SLEEPING, State.SENDING, State.REPLY_WAIT)
ALIVE = (State.READY, State.STOPPED, State.EXITED, State.FAULTED, *WAITS)
