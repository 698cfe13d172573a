"""What INSPECT tells of an object, by type and right, beside what the memory holds at the end."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kobjects.kernel import inspect
from kobjects.kernel.abi import (
    Abi,
    Call,
    EndpointRights,
    FrameRights,
    HardwareRights,
    NotificationRights,
    ObjectType,
    Receive,
    SpaceRights,
    Status,
    ThreadRights,
)
from kobjects.kernel.addresses import Page, User
from kobjects.kernel.slot import Slot
from kobjects.kernel.thread import ThreadFlags, ThreadState
from kobjects.record import Record
from tests.stages.actors import SPIN, Act, Back, Play, act, actor, bell, ms, play, sleep
from tests.stages.company import endpoint

pytestmark = pytest.mark.boot

MADE, PORTS, DEAD = (number * Slot.size for number in (40, 41, 42))
"""Slots of a large frame, of I/O ports, and of an Endpoint that is destroyed."""
FRAMES, OBJECTS = 700, 9
"""The looker's budget: the first is enough for a large frame."""
ROUND = 2
"""Instructions, so ns, of a round of SPIN."""
WORK = 3_000_000
"""ns that the worker spins for."""
AT = int(User.DEVICES)

STEPS = int(Page.LARGE // Abi.STEP_BYTES) + 1
"""Calls until a large frame is zeroed and made."""
MAKE = [
    *[act(Call.CREATE, "self", int(ObjectType.FRAME), MADE, int(Page.LARGE))] * STEPS,
    act(Call.CREATE, "self", int(ObjectType.IO_PORTS), PORTS, "hardware", 0x300, 8),
    act(Call.CREATE, "self", int(ObjectType.ENDPOINT), DEAD, "own"),
    act(Call.DESTROY, DEAD),
    act(Call.MAP, "page", "self", AT, int(FrameRights(read=True, write=True))),
]
LOOKED: dict[str, int | str] = {
    "thread": "worker",
    "thread without": "weak_thread",
    "receiver": "receiver",
    "queued": "queued",
    "space": "self",
    "space without": "weak_space",
    "endpoint": "strong_call",
    "endpoint without": "call",
    "notification": "bell",
    "frame": "page",
    "frame elsewhere": "weak_page",
    "code": "code",
    "large": MADE,
    "ports": PORTS,
    "hardware": "hardware",
    "dead": DEAD,
}
BADGE = 0xFEDC_BA98_7654_3210
FAILS = [
    (act(Call.INSPECT, 0), Status.EMPTY),
    (act(Call.INSPECT, 63 * Slot.size), Status.EMPTY),
    (act(Call.INSPECT, 64 * Slot.size), Status.BAD_HANDLE),
    (act(Call.INSPECT, Slot.size + 8), Status.BAD_HANDLE),
    (act(Call.INSPECT, 1 << 63), Status.BAD_HANDLE),
    (act(Call.INSPECT, "page", 0, 0), Status.BAD_ARGUMENT),
    (act(Call.INSPECT, "page", length=255), Status.BAD_ARGUMENT),
]


@pytest.fixture(scope="module")
def played() -> Play:
    looks = [act(Call.INSPECT, handle) for handle in LOOKED.values()]
    console = '{ endpoint = "console", rights = ["call"] }'
    return play(
        {
            "looker": [sleep(ms(0)), *MAKE, *(one for one, _ in FAILS), *looks],
            "worker": [Act(SPIN, WORK // ROUND), act(Call.RECV, int(Receive.SIGNALS))],
            "receiver": [act(Call.RECV, Receive.MESSAGES), act(Call.RECV, int(Receive.SIGNALS))],
            "client": [act(Call.CALL, "receiver")],
            "queued": [act(Call.CALL, "receiver")],
        },
        actor(
            "looker", 20, f"frames = {FRAMES}", f"objects = {OBJECTS}",
            self='{ space = "looker", rights = ["map", "caps", "control"] }',
            weak_space='{ space = "worker", rights = ["map"] }',
            own='{ thread = "looker", rights = ["control"] }',
            worker='{ thread = "worker", rights = ["read", "write"] }',
            weak_thread='{ thread = "worker", rights = ["write", "control"] }',
            receiver='{ thread = "receiver", rights = ["read"] }',
            queued='{ thread = "queued", rights = ["read"] }',
            strong_call=f'{{ endpoint = "worker", rights = ["control"], badge = {BADGE} }}',
            call=endpoint("worker", 5), bell=bell("worker", 6),
            page='{ frame = "page", rights = ["read", "write", "control"] }',
            weak_page='{ frame = "page", rights = ["read"] }',
            code='{ frame = "boot_info", rights = [] }',
            hardware='{ hardware = "machine", rights = ["control"] }', console=console,
        ),
        actor("worker", 30),
        actor("receiver", 60),
        actor("client", 50, receiver=endpoint("receiver")),
        actor("queued", 40, receiver=endpoint("receiver")),
    )  # fmt: skip


@pytest.fixture(scope="module")
def told(played: Play) -> dict[str, Back]:
    looked = played.of("looker", Call.INSPECT)[len(FAILS) :]
    return dict(zip(LOOKED, looked, strict=True))


def test_what_the_looker_needs_is_made(played: Play) -> None:
    made = played.of("looker", Call.CREATE, Call.DESTROY, Call.MAP)
    behind = len(MAKE) - STEPS
    assert [one.status for one in made] == [Status.AGAIN] * (STEPS - 1) + [Status.OK] * (behind + 1)


@pytest.mark.parametrize("number", range(len(FAILS)))
def test_an_error_is_told(played: Play, number: int) -> None:
    assert played.of("looker", Call.INSPECT)[number].status is FAILS[number][1]


def words(back: Back, schema: type[Record]) -> Sequence[int]:
    """The answer's words, as many as it counts; the others are 0."""
    assert back.status is Status.OK
    assert back.rdi == 0
    unused = schema.offset("unused") // 8 if "unused" in schema.fields else Abi.REGISTER_WORDS
    assert back.length == unused
    assert not any(back.words[unused:])
    return back.words[:unused]


@pytest.mark.parametrize(
    ("name", "type_", "alive", "rights"),
    [
        ("thread without", ObjectType.THREAD, 1, ThreadRights(write=True, control=True)),
        ("space without", ObjectType.SPACE, 1, SpaceRights(map=True)),
        ("endpoint without", ObjectType.ENDPOINT, 1, EndpointRights(call=True)),
        ("notification", ObjectType.NOTIFICATION, 1, NotificationRights(signal=True)),
        ("hardware", ObjectType.HARDWARE, 1, HardwareRights(control=True)),
        ("dead", ObjectType.ENDPOINT, 0, EndpointRights(call=True, grant=True, control=True)),
    ],
)
def test_without_a_right_it_is_type_life_and_rights(
    told: dict[str, Back], name: str, type_: ObjectType, alive: int, rights: int
) -> None:
    assert words(told[name], inspect.Inspected) == (type_, alive, rights)


@pytest.mark.parametrize(
    ("name", "state", "priority", "own", "flags"),
    [
        ("thread", ThreadState.WAITING, 30, 30, ThreadFlags()),
        ("queued", ThreadState.SENDING, 40, 40, ThreadFlags()),
        ("receiver", ThreadState.WAITING, 60, 60, ThreadFlags(queued=True)),
    ],
)
def test_a_thread(
    played: Play, told: dict[str, Back], name: str, state: int, priority: int, own: int, flags: int
) -> None:
    who = {"thread": "worker"}.get(name, name)
    number = [task.name for task in played.memory.image.system.tasks].index(who)
    found = words(told[name], inspect.InspectedThread)
    rights = ThreadRights(read=True, write=name == "thread")
    assert found[:3] == (ObjectType.THREAD, 1, rights)
    assert found[3:6] == (state, priority, own)
    assert found[7:] == (flags, number, User.BUFFER)


def test_cpu_time_is_what_a_thread_used(told: dict[str, Back]) -> None:
    """Under icount a nanosecond is an instruction: the loop, and little beside it."""
    assert WORK <= told["thread"].words[6] < WORK + 20_000
    assert told["queued"].words[6] < 20_000


def test_a_space(played: Play, told: dict[str, Back]) -> None:
    found = words(told["space"], inspect.InspectedSpace)
    kept = played.memory.task("looker")
    assert found[:3] == (ObjectType.SPACE, 1, SpaceRights(map=True, caps=True, control=True))
    large = Page.LARGE // Page.SIZE
    assert found[3:7] == (FRAMES, kept.frames_used, OBJECTS, kept.objects_used)
    assert (kept.frames_used, kept.objects_used) == (large, 2)
    assert found[7:] == (64, 20, kept.depth)


def test_the_badge_needs_control(told: dict[str, Back]) -> None:
    rights = EndpointRights(control=True)
    found = words(told["endpoint"], inspect.InspectedEndpoint)
    assert found == (ObjectType.ENDPOINT, 1, rights, BADGE)


def test_a_frame(played: Play, told: dict[str, Back]) -> None:
    """Where *this* capability maps it; the mappings are all there are."""
    size = int(Page.SIZE)
    physical = played.memory.image.symbols.physical("frame.page")
    rights = FrameRights(read=True, write=True, control=True)
    found = words(told["frame"], inspect.InspectedFrame)
    assert found == (ObjectType.FRAME, 1, rights, size, AT, 1, 0, 0, physical)
    found = words(told["frame elsewhere"], inspect.InspectedFrame)
    assert found == (ObjectType.FRAME, 1, FrameRights(read=True), size, 0, 1, 0, 0, 0)


def test_a_large_frame(told: dict[str, Back]) -> None:
    *_, size, address, writable, executable, device, physical = words(
        told["large"], inspect.InspectedFrame
    )
    assert (size, address, writable, executable, device) == (Page.LARGE, 0, 0, 0, 0)
    assert physical > 0
    assert physical % Page.LARGE == 0


def test_io_ports(told: dict[str, Back]) -> None:
    assert words(told["ports"], inspect.InspectedIoPorts)[3:] == (0x300, 8)
