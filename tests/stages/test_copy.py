"""copy and delete: what a capability may become, and what a table then holds."""

from __future__ import annotations

import pytest

from kobjects.kernel.abi import Call, ObjectType, Status
from kobjects.kernel.object import Key, key
from kobjects.kernel.slot import Slot
from stages.names import task_names
from tests.stages.company import START, endpoint, last, task
from tests.stages.harness import system
from tests.stages.object_calls import SCRIPT, copy, delete, slot
from tests.stages.script import Do, Played, play

pytestmark = pytest.mark.boot

COPIER = {
    "finish": endpoint("finish"),
    "served": '{ endpoint = "copier", rights = ["call", "grant", "control"], badge = 7 }',
    "plain": '{ endpoint = "copier", rights = ["call", "grant"], badge = 8 }',
    "mute": '{ endpoint = "copier", rights = ["control"], badge = 9 }',
    "bell": '{ notification = "copier", rights = ["signal", "control"], badge = 1 }',
    "page": '{ frame = "page", rights = ["read", "write", "control"] }',
    "self": '{ space = "copier", rights = ["caps", "map"] }',
    "mine": '{ space = "copier", rights = ["map", "control"] }',
    "other": '{ space = "other", rights = ["caps"] }',
    "thread": '{ thread = "copier", rights = ["read", "write", "control"] }',
}
HERE = 0x1000_0000


OWN, SLOTS = 0, 64
A, B, C, D, E, F, G = (slot(number) for number in range(20, 27))


S = Status
STEPS = [
    copy("served", A, 7),
    copy("served", B, 1, badge=0xBAD6E),
    copy("served", C, 4),
    copy("plain", D, 0),
    copy("bell", E, 1, badge=1 << 63),
    copy("page", F, 1),
    copy("bell", G, 2),
    # Rights never grow, nor do they come back.
    copy(B, slot(30), 3, S.NO_RIGHT),
    copy(C, slot(30), 5, S.NO_RIGHT),
    copy("plain", slot(30), 7, S.NO_RIGHT),
    copy("served", slot(30), 1 << 32 | 1, S.NO_RIGHT),
    copy("served", slot(30), 8, S.NO_RIGHT),
    # Badges are for who controls, and for what has one.
    copy("plain", slot(30), 1, S.NO_RIGHT, badge=1),
    copy("page", slot(30), 1, S.BAD_ARGUMENT, badge=1),
    copy("thread", slot(30), 1, S.BAD_ARGUMENT, badge=1),
    # Where to.
    copy("served", A, 1, S.SLOT_BUSY),
    copy(A, A, 1, S.SLOT_BUSY),
    copy("served", 0, 1, S.BAD_HANDLE),
    copy("served", slot(30) + 1, 1, S.BAD_HANDLE),
    copy("served", slot(SLOTS), 1, S.BAD_HANDLE),
    copy("served", 1 << 63, 1, S.BAD_HANDLE),
    copy("served", slot(31), 1, S.NO_RIGHT, space="mine"),
    copy("served", slot(31), 1, S.WRONG_TYPE, space="page"),
    copy("served", slot(31), 1, S.EMPTY, space=slot(40)),
    copy("served", slot(31), 1, S.BAD_HANDLE, space=1),
    copy("served", slot(31), 1, space="self"),
    copy("served", slot(5), 3, space="other", badge=5),
    copy("served", slot(5), 3, S.SLOT_BUSY, space="other"),
    # What.
    copy(slot(41), slot(30), 0, S.EMPTY),
    copy(0, slot(30), 0, S.EMPTY),
    copy(3, slot(30), 0, S.BAD_HANDLE),
    copy(slot(SLOTS), slot(30), 0, S.BAD_HANDLE),
    Do(Call.COPY, ["served", OWN, slot(30), 1], S.BAD_ARGUMENT, 2),
    Do(Call.COPY, ["served", OWN, slot(30), 1], S.BAD_ARGUMENT, 5),
    Do(Call.COPY, ["served", OWN, slot(30), 1], S.BAD_ARGUMENT, 0),
    # The first failing check is told.
    copy("plain", A, 8, S.NO_RIGHT, space="page"),
    copy("plain", A, 1, S.WRONG_TYPE, space="page"),
    Do(Call.COPY, [3, "page", A, 8], S.BAD_ARGUMENT, 9),
    # A copy of a mapped Frame is not mapped.
    Do(Call.MAP, ["page", "self", HERE, 3]),
    copy("page", slot(32), 3),
    Do(Call.MAP, [slot(32), "self", HERE + 4096, 1]),
    copy(slot(32), slot(33), 1),
    Do(Call.UNMAP, [slot(33)], S.BAD_STATE),
    # Deleting takes the mapping away, and only that one.
    delete(slot(32)),
    Do(Call.MAP, [slot(33), "self", HERE + 4096, 1]),
    delete(slot(32), S.EMPTY),
    delete(0, S.BAD_HANDLE),
    delete(7, S.BAD_HANDLE),
    delete(slot(SLOTS), S.BAD_HANDLE),
    delete(slot(5), space="other"),
    delete(slot(5), S.EMPTY, space="other"),
    delete(slot(5), S.NO_RIGHT, space="mine"),
    delete(slot(5), S.WRONG_TYPE, space="page"),
    copy("served", slot(6), 3, space="other"),
    copy("served", slot(34), 1),
    delete(slot(34)),
]


@pytest.fixture(scope="module")
def played() -> Played:
    text = START + task("copier", "script.asm", 100, SCRIPT, **COPIER)
    text += task("other", "script.asm", 50, SCRIPT)
    return play(system(text + last()), {"copier": STEPS, "other": []})


@pytest.mark.parametrize("number", range(len(STEPS)))
def test_step(played: Played, number: int) -> None:
    assert played.results["copier"][number].status is STEPS[number].status, STEPS[number]
    assert played.results["copier"][number].again == 0


def held(played: Played, handle: int) -> Slot:
    return played.memory.slots(played.memory.task("copier"))[handle // Slot.size]


def named(played: Played, name: str) -> Slot:
    (copier,) = (one for one in played.image.system.tasks if one.name == "copier")
    return held(played, task_names(copier)[f"cap.{name}"])


@pytest.mark.parametrize(
    ("handle", "of", "rights", "badge", "fast"),
    [
        (A, "served", 7, 7, True),
        (B, "served", 1, 0xBAD6E, True),
        (C, "served", 4, 7, False),
        (D, "plain", 0, 8, False),
        (E, "bell", 1, 1 << 63, True),
        (F, "page", 1, 0, False),
        (G, "bell", 2, 1, False),
        (slot(31), "served", 1, 7, True),
    ],
)
def test_a_copy_is_its_source_but_for_rights_and_badge(
    played: Played, handle: int, of: str, rights: int, badge: int, fast: bool
) -> None:
    """The fast operation's tag goes with its right."""
    source, found = named(played, of), held(played, handle)
    assert found == Slot(
        object=source.object, key=key(1, fast=fast), badge=badge, type=source.type, rights=rights
    )


def test_what_was_refused_left_nothing(played: Played) -> None:
    used = {A, B, C, D, E, F, G, slot(31), slot(33)}
    slots = played.memory.slots(played.memory.task("copier"))
    given = range(1, len(COPIER) + 1)
    for number, one in enumerate(slots):
        if number not in given and slot(number) not in used:
            assert one == Slot(), number


def test_another_spaces_table_was_filled_and_emptied(played: Played) -> None:
    slots = played.memory.slots(played.memory.task("other"))
    assert [number for number, one in enumerate(slots) if one != Slot()] == [6]
    assert (slots[6].type, slots[6].badge, slots[6].rights) == (ObjectType.ENDPOINT, 7, 3)


def test_a_deleted_mapping_is_gone_and_the_lists_are_whole(played: Played) -> None:
    """The entries of both mappings, and the Frame's list of them, by the slots that own them."""
    mapped = [named(played, "page"), held(played, slot(33))]
    memory = played.memory
    entries = [memory.quad(memory.physical(one.entry)) for one in mapped]
    target = memory.header(mapped[0].object).target
    assert [entry & 7 | entry >> 63 << 3 for entry in entries] == [7 | 8, 5 | 8]
    assert {entry & 0xFFFFFFFFF000 for entry in entries} == {target}
    assert [one.address for one in mapped] == [HERE, HERE + 4096]
    header = memory.header(mapped[0].object)
    assert (header.writable_mappings, header.executable_mappings) == (1, 0)


def test_the_rights_of_fast_operations_are_the_tag() -> None:
    """`copy_slot` tests one bit for both types."""
    from kobjects.kernel.abi import EndpointRights, NotificationRights

    assert int(EndpointRights(call=True)) == Key.FAST
    assert int(NotificationRights(signal=True)) == Key.FAST
