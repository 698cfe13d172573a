"""create: each thing that it refuses, in the order of its checks, and that nothing comes of it."""

from __future__ import annotations

import pytest

from kobjects.kernel.abi import Call, ObjectType, Status
from kobjects.kernel.addresses import Kernel, Page, User
from kobjects.kernel.slot import Slot
from tests.stages.audit import audit
from tests.stages.object_calls import create, made, slot
from tests.stages.one_of_each import (
    BELL,
    DEAD_SPACE,
    ENDPOINT,
    HERE,
    MADE,
    MUTE_BELL,
    PAGE,
    SMALL_SPACE,
    VGA,
    WEAK_MACHINE,
    WEAK_SPACE,
    WEAK_THREAD,
)
from tests.stages.script import Do, Played

pytestmark = pytest.mark.boot

S, T = Status, ObjectType
FREE = slot(900)


def frame(status: Status, size: int, *more: int | str) -> Do:
    return create(T.FRAME, FREE, size, *more, status=status)


def device(status: Status, size: int, address: int) -> Do:
    return create(T.FRAME, FREE, size, "machine", address, status=status)


COMMON = [
    create(T.FRAME, FREE, Page.SIZE, account=0, status=S.EMPTY),
    create(T.FRAME, FREE, Page.SIZE, account=5, status=S.BAD_HANDLE),
    create(T.FRAME, FREE, Page.SIZE, account=slot(1024), status=S.BAD_HANDLE),
    create(T.FRAME, FREE, Page.SIZE, account="me", status=S.WRONG_TYPE),
    create(T.FRAME, FREE, Page.SIZE, account=DEAD_SPACE, status=S.DEAD),
    create(T.FRAME, FREE, Page.SIZE, account=WEAK_SPACE, status=S.NO_RIGHT),
    create(T.NONE, FREE, status=S.BAD_ARGUMENT),
    create(T.HARDWARE, FREE, status=S.BAD_ARGUMENT),
    create(T.REPLY, FREE, status=S.BAD_ARGUMENT),
    Do(Call.CREATE, ["self", 1 << 32 | T.FRAME, FREE, Page.SIZE], S.BAD_ARGUMENT),
    Do(Call.CREATE, ["self", (1 << 64) - 1, FREE, Page.SIZE], S.BAD_ARGUMENT),
    create(T.FRAME, 0, Page.SIZE, status=S.BAD_HANDLE),
    create(T.FRAME, FREE + 8, Page.SIZE, status=S.BAD_HANDLE),
    create(T.FRAME, slot(1024), Page.SIZE, status=S.BAD_HANDLE),
    create(T.FRAME, PAGE, Page.SIZE, status=S.SLOT_BUSY),
    # The account before the type, the type before the slot, the slot before what the type asks for.
    create(T.NONE, PAGE, account=WEAK_SPACE, status=S.NO_RIGHT),
    create(T.NONE, PAGE, status=S.BAD_ARGUMENT),
    create(T.FRAME, PAGE, 5, status=S.SLOT_BUSY),
]
FRAMES = [
    *(frame(S.BAD_ARGUMENT, size) for size in (0, 1, 4095, 8192, 0x1_0000, 0x40_0000)),
    frame(S.BAD_ARGUMENT, 1 << 32 | Page.SIZE),
    frame(S.WRONG_TYPE, Page.SIZE, "me", VGA),
    frame(S.EMPTY, Page.SIZE, FREE, VGA),
    frame(S.NO_RIGHT, Page.SIZE, WEAK_MACHINE, VGA),
    device(S.BAD_ADDRESS, Page.SIZE, VGA + 1),
    device(S.BAD_ADDRESS, Page.LARGE, VGA),
    device(S.BAD_ADDRESS, Page.LARGE, 0),
    device(S.BAD_ADDRESS, Page.SIZE, 0x1000),
    device(S.BAD_ADDRESS, Page.SIZE, Kernel.PHYSICAL),
    device(S.BAD_ADDRESS, Page.LARGE, Kernel.PHYSICAL),
    device(S.BAD_ADDRESS, Page.SIZE, 0x3FF_F000),
    device(S.BAD_ADDRESS, Page.SIZE, 0xFEC0_0000),
    device(S.BAD_ADDRESS, Page.SIZE, 0xFEE0_0000),
    device(S.BAD_ADDRESS, Page.SIZE, 0xFEEF_F000),
    device(S.BAD_ADDRESS, Page.LARGE, 0xFEC0_0000),
    device(S.BAD_ADDRESS, Page.LARGE, 0xFEE0_0000),
    device(S.BAD_ADDRESS, Page.SIZE, 1 << 52),
    device(S.BAD_ADDRESS, Page.SIZE, 1 << 51),
    device(S.BAD_ADDRESS, Page.SIZE, (1 << 64) - Page.SIZE),
]
"""The machine has 64 MiB."""
THREADS = [
    create(T.THREAD, FREE, WEAK_SPACE, 1, 0, status=S.NO_RIGHT),
    create(T.THREAD, FREE, "me", 1, 0, status=S.WRONG_TYPE),
    create(T.THREAD, FREE, 0, 1, 0, status=S.EMPTY),
    create(T.THREAD, FREE, SMALL_SPACE, 61, 0, status=S.PRIORITY),
    create(T.THREAD, FREE, SMALL_SPACE, 1 << 32, 0, status=S.PRIORITY),
    create(T.THREAD, FREE, "self", 256, 0, status=S.PRIORITY),
    *(
        create(T.THREAD, FREE, SMALL_SPACE, 1, address, status=S.BAD_ADDRESS)
        for address in (1, 0x800, 0x1000, HERE + 8, int(User.LIMIT), 1 << 47, 1 << 63)
    ),
    create(T.THREAD, FREE, SMALL_SPACE, 1, HERE, status=S.MAPPED),
    create(T.THREAD, FREE, "self", 1, int(User.TEXT), status=S.MAPPED),
    create(T.THREAD, FREE, "self", 1, HERE + Page.LARGE + Page.SIZE, status=S.MAPPED),
]
SPACES = [
    *(create(T.SPACE, FREE, 9, 9, 9, size, status=S.BAD_ARGUMENT) for size in (0, 63, 65, 128)),
    create(T.SPACE, FREE, 9, 9, 256, 64, status=S.PRIORITY),
    create(T.SPACE, FREE, 9, 9, 61, 64, status=S.PRIORITY, account=SMALL_SPACE),
    create(T.SPACE, FREE, 2, 9, 9, 64, status=S.NO_QUOTA),
    create(T.SPACE, FREE, 17, 9, 9, 1024, status=S.NO_QUOTA),
    create(T.SPACE, FREE, (1 << 64) - 1, 9, 9, 64, status=S.NO_QUOTA),
    create(T.SPACE, FREE, 9, (1 << 64) - 1, 9, 64, status=S.NO_QUOTA),
    create(T.SPACE, FREE, 99, 9, 9, 64, status=S.NO_QUOTA, account=SMALL_SPACE),
    create(T.SPACE, FREE, 99, 9, 9, 1024, status=S.NO_QUOTA, account=SMALL_SPACE),
    create(T.SPACE, FREE, 9, 50, 9, 64, status=S.NO_QUOTA, account=SMALL_SPACE),
    create(T.SPACE, FREE, 18, 50, 9, 1024, status=S.NO_QUOTA, account=SMALL_SPACE),
]
BOUND = [
    create(T.ENDPOINT, FREE, WEAK_THREAD, status=S.NO_RIGHT),
    create(T.ENDPOINT, FREE, "self", status=S.WRONG_TYPE),
    create(T.NOTIFICATION, FREE, FREE, status=S.EMPTY),
    create(T.NOTIFICATION, FREE, 3, status=S.BAD_HANDLE),
]
DEVICES = [
    *(
        create(T.IRQ, FREE, "machine", line, BELL, 1, status=S.BAD_ARGUMENT)
        for line in (0, 2, 16, 1 << 32 | 5)
    ),
    create(T.IRQ, FREE, "machine", 4, BELL, 1, status=S.SLOT_BUSY),
    create(T.IRQ, FREE, "machine", 5, BELL, 0, status=S.BAD_ARGUMENT),
    create(T.IRQ, FREE, "machine", 5, MUTE_BELL, 1, status=S.NO_RIGHT),
    create(T.IRQ, FREE, "machine", 5, ENDPOINT, 1, status=S.WRONG_TYPE),
    create(T.IRQ, FREE, WEAK_MACHINE, 5, BELL, 1, status=S.NO_RIGHT),
    *(
        create(T.IO_PORTS, FREE, "machine", first, count, status=S.BAD_ARGUMENT)
        for first, count in (
            *((0x60, 0), (0x100, 65), (0x100, 1 << 32 | 1), (1 << 16, 1), (0xFFFF, 2)),
            *((1 << 32 | 0x60, 1), (0x20, 1), (0x1F, 2), (0x21, 8), (0x10, 64), (0xA1, 1)),
            *((0x43, 1), (0x40, 1), (0x3F, 2), (0x92, 1), (0xCF9, 1), (0xCF0, 16), (0x4D1, 1)),
        )
    ),
    create(T.IO_PORTS, FREE, WEAK_MACHINE, 0x60, 1, status=S.NO_RIGHT),
    create(T.IO_PORTS, FREE, "self", 0x60, 1, status=S.WRONG_TYPE),
]
EDGES = [
    create(T.IO_PORTS, slot(901), "machine", 0xFFFF, 1),
    create(T.IO_PORTS, slot(902), "machine", 0xFFC0, 64),
    create(T.IO_PORTS, slot(903), "machine", 0x22, 30),
    create(T.IO_PORTS, slot(904), "machine", 0x44, 64),
    create(T.FRAME, slot(905), Page.SIZE, "machine", 0xFEBF_F000),
    create(T.FRAME, slot(906), Page.SIZE, "machine", 0xFEF0_0000),
]
"""The nearest to what is refused."""

STEPS = [*MADE, *COMMON, *FRAMES, *THREADS, *SPACES, *BOUND, *DEVICES, *EDGES]


@pytest.fixture(scope="module")
def played() -> Played:
    return made(STEPS, "slots = 1024")


@pytest.mark.parametrize("number", range(len(STEPS)))
def test_step(played: Played, number: int) -> None:
    assert played.results["maker"][number].status is STEPS[number].status, STEPS[number]


def test_everything_adds_up(played: Played) -> None:
    audit(played.memory)


def test_what_was_refused_left_nothing(played: Played) -> None:
    record = played.memory.task("maker")
    assert played.memory.slots(record)[FREE // Slot.size] == Slot()
    assert record.block == 0
