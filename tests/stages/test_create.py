"""create: what comes of it."""

from __future__ import annotations

import pytest

from kobjects.kernel.abi import ObjectType
from kobjects.kernel.addresses import Page
from kobjects.kernel.object import ObjectHeader, key
from kobjects.kernel.slot import Slot
from kobjects.kernel.thread import ThreadState
from stages.selectors import Selector
from stages.tasks.objects import inventory
from tests.stages.object_calls import create, made
from tests.stages.one_of_each import (
    APERTURE,
    BADGED,
    BELL,
    ENDPOINT,
    HERE,
    IRQ,
    LARGE,
    LARGE_SPACE,
    MADE,
    PAGE,
    PORTS,
    SMALL_SPACE,
    TEXT,
    THREAD,
    UNMAPPED,
)
from tests.stages.script import Played

pytestmark = pytest.mark.boot

T = ObjectType


@pytest.fixture(scope="module")
def played() -> Played:
    return made(MADE, "slots = 1024")


def held(played: Played, handle: int) -> tuple[Slot, ObjectHeader]:
    one = played.memory.slots(played.memory.task("maker"))[handle // Slot.size]
    return one, played.memory.header(one.object)


@pytest.mark.parametrize(
    ("handle", "kind", "rights", "fast"),
    [
        (ENDPOINT, T.ENDPOINT, 7, True),
        (BELL, T.NOTIFICATION, 3, False),
        (BADGED, T.NOTIFICATION, 1, True),
        (PAGE, T.FRAME, 15, False),
        (LARGE, T.FRAME, 15, False),
        (TEXT, T.FRAME, 11, False),
        (SMALL_SPACE, T.SPACE, 7, False),
        (THREAD, T.THREAD, 7, False),
        (PORTS, T.IO_PORTS, 3, False),
        (IRQ, T.IRQ, 3, False),
    ],
)
def test_who_creates_has_all_rights(
    played: Played, handle: int, kind: ObjectType, rights: int, fast: bool
) -> None:
    """A Notification without bits to signal has no key of its fast operation."""
    one, header = held(played, handle)
    assert (one.type, one.rights, header.type) == (kind, rights, kind)
    assert one.key == key(header.generation, fast=fast)


def test_an_account_pays_for_each_object(played: Played) -> None:
    root = inventory(played.image.system)["space", "maker"]
    small = held(played, SMALL_SPACE)[0].object
    assert held(played, THREAD)[1].account == root
    assert held(played, UNMAPPED)[1].account == small
    record = played.memory.space(small)
    assert (record.parent, record.depth, record.max_priority) == (root, 1, 60)
    assert (record.frame_limit, record.object_limit, record.objects_used) == (100, 50, 1)
    assert record.frames_used == 3 + 3 + 2, "itself, three tables for a buffer, a thread"


def test_a_thread_is_stopped_and_its_buffer_mapped(played: Played) -> None:
    thread = played.memory.thread(held(played, THREAD)[1].target)
    space = played.memory.space(held(played, SMALL_SPACE)[0].object)
    assert thread.state is ThreadState.STOPPED
    assert (thread.rank, thread.base_rank, thread.flags) == (61, 61, 0)
    assert (thread.cr3, thread.slots) == (space.pml4, space.slots)
    assert thread.bad_mask == ~(63 * 64) % 2**64
    assert (thread.frame.cs, thread.frame.ss) == (Selector.USER_CODE, Selector.USER_DATA)
    assert (thread.frame.rflags, thread.frame.rip, thread.frame.rsp) == (0x202, 0, 0)
    assert (thread.supervisor_generation, thread.buffer_address) == (0, HERE)
    other = played.memory.thread(held(played, UNMAPPED)[1].target)
    assert (other.buffer_address, other.rank) == (0, 1)
    assert other.bad_mask == ~(1023 * 64) % 2**64
    for one in (thread, other):
        assert not any(played.memory.read(played.memory.physical(one.buffer - 80), Page.SIZE))


def test_a_space_has_the_kernels_half(played: Played) -> None:
    kernel = played.memory.region("kernel_pml4")[Page.SIZE // 2 :]
    for handle in (SMALL_SPACE, LARGE_SPACE):
        record = played.memory.space(held(played, handle)[0].object)
        assert played.memory.read(record.pml4, Page.SIZE)[Page.SIZE // 2 :] == kernel
        assert played.memory.slots(record) == [Slot()] * record.slot_count


def test_memory_is_zero_and_devices_are_uncached(played: Played) -> None:
    large = held(played, LARGE)[1]
    assert large.target % Page.LARGE == 0
    assert not any(played.memory.read(large.target, Page.LARGE))
    assert not any(played.memory.read(held(played, PAGE)[1].target, Page.SIZE))
    for handle, flags in ((TEXT, 0x1F), (APERTURE, 0x9F)):
        one, header = held(played, handle)
        entry = played.memory.quad(played.memory.physical(one.entry))
        # The processor may have set A (bit 5) and D (bit 6).
        assert entry & ~0x60 == header.target | flags | 1 << 63


def test_large_things_take_many_calls(played: Played) -> None:
    """2 MiB at 16 KiB a call, a table of 64 KiB likewise."""
    counts = {number: one.again for number, one in enumerate(played.results["maker"]) if one.again}
    assert counts[MADE.index(create(T.FRAME, LARGE, Page.LARGE))] == 128
    assert counts[MADE.index(create(T.SPACE, LARGE_SPACE, 200, 70, 255, 1024))] == 4


def test_an_interrupt_has_its_line_and_its_bits(played: Played) -> None:
    line = played.memory.cpu.irqs[4]
    bell, header = held(played, BELL)
    assert (line.object, line.notification) == (held(played, IRQ)[0].object, bell.object)
    assert (line.generation, line.bits, line.masked) == (header.generation, 4, 0)
    assert not played.masks >> 4 & 1, "QEMU's 8259 has it open"
    assert played.masks >> 5 & 1
    assert held(played, PORTS)[1].target == 0x60 | 5 << 16
