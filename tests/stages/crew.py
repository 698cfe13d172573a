"""The threads of a walk: what each has in the maker's table, how they are made and taken away."""

from __future__ import annotations

from collections.abc import Iterator

from kobjects.kernel.abi import Call, NotificationRights, ObjectType, ThreadPart
from kobjects.kernel.addresses import Page
from tests.stages.walks import PLACES, Program, Row, address_of, handle, label, row

FIRST, EACH = 16, 8
"""Slots: of the first thread, and how many each has."""
THREAD, ENDPOINT, MASTER, BELLS, RECEIVED = 0, 1, 2, 3, 5
"""What is in them: the Notification with all rights, two badges of it, a capability that came."""
BITS = (1, 2)
"""The badges."""
NESTS, NEST_SLOTS = 600, 8
"""Slots: of the first nest, and how many each has."""
SPACE = 3
"""What a nest has instead of bells: its Space, which pays for its thread, Endpoint and master."""
REPLIES = 400
"""From this slot on there are rights to reply."""
BUFFERS = PLACES + Page.LARGE
"""The message buffers, a page each."""
SIGNAL = int(NotificationRights(signal=True))


def slot_of(who: int, what: int) -> int:
    """The handle of something of a thread's."""
    return handle(FIRST + EACH * who + what)


def make(who: int, priority: int, *, time: int = 0) -> Iterator[Row]:
    """Make the thread, its Endpoint and its Notification."""
    thread, master = slot_of(who, THREAD), slot_of(who, MASTER)
    create: list[int | str] = ["self", ObjectType.THREAD, thread, "self", priority, buffer(who)]
    yield row(Call.CREATE, *create, time=time)
    yield row(Call.CREATE, "self", ObjectType.ENDPOINT, slot_of(who, ENDPOINT), thread)
    yield row(Call.CREATE, "self", ObjectType.NOTIFICATION, master, thread)
    for number, bits in enumerate(BITS):
        yield row(Call.COPY, master, 0, slot_of(who, BELLS + number), SIGNAL, bits)


def supervise(who: int, by: int | None) -> Row:
    """Name the thread's supervisor: another's Endpoint, or nobody."""
    endpoint = 0 if by is None else slot_of(by, ENDPOINT)
    return row(Call.WRITE_THREAD, slot_of(who, THREAD), ThreadPart.SUPERVISOR, endpoint)


def begin(who: int) -> Row:
    """Start the thread at its place, from its first instruction on."""
    words = [label("walker"), address_of(who), 0]
    return row(Call.START, slot_of(who, THREAD), *words)


def nest_slot(number: int, what: int) -> int:
    """The handle of something of a nest's."""
    return handle(NESTS + NEST_SLOTS * number + what)


def nest(number: int, server: int, supervisor: int) -> Iterator[Row]:
    """A Space with a thread that faults where it begins, as nothing is mapped there. What the Space
    pays for is named by others, too: its Endpoint is served by one of the crew.
    """
    space, thread, door, bell = (
        nest_slot(number, what) for what in (SPACE, THREAD, ENDPOINT, MASTER)
    )
    yield row(Call.DESTROY, space)
    for one in (space, thread, door, bell):
        yield row(Call.DELETE, 0, one)
    yield row(Call.CREATE, "self", ObjectType.SPACE, space, 12, 6, 100, 64)
    yield row(Call.CREATE, space, ObjectType.THREAD, thread, space, 70, 0)
    yield row(Call.CREATE, space, ObjectType.ENDPOINT, door, slot_of(server, THREAD))
    yield row(Call.CREATE, space, ObjectType.NOTIFICATION, bell, thread)
    yield row(Call.COPY, bell, space, handle(5), SIGNAL, 1)
    words = [ThreadPart.SUPERVISOR, slot_of(supervisor, ENDPOINT)]
    yield row(Call.WRITE_THREAD, thread, *words)
    yield row(Call.START, thread, label("walker"), 0x1000, 0)


def end(who: int, *, time: int = 0) -> Iterator[Row]:
    """Take away whatever is left of it; whether something is, is not asked."""
    yield row(Call.DESTROY, slot_of(who, THREAD), time=time)
    for what in (THREAD, ENDPOINT, MASTER, BELLS, BELLS + 1, RECEIVED):
        yield row(Call.DELETE, 0, slot_of(who, what))


def buffer(who: int) -> int:
    """The address of its message buffer."""
    return BUFFERS + who * int(Page.SIZE)


def take(who: int) -> Row:
    """Name the slot where its capabilities come."""
    words = [ThreadPart.RECEIVE_SLOT, slot_of(who, RECEIVED)]
    return row(Call.WRITE_THREAD, slot_of(who, THREAD), *words)


def place(program: Program, who: int) -> tuple[int, Row]:
    """A segment for the thread, and the maker's row that gives it to it."""
    segment = program.segment()
    return segment, program.start(who, segment)
