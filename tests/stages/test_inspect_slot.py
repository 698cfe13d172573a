"""What INSPECT tells of a slot in another Space's table."""

from __future__ import annotations

import pytest

from kobjects.kernel.abi import Call, EndpointRights, FrameRights, ObjectType, Receive, Status
from kobjects.kernel.inspect import InspectedSlot
from kobjects.kernel.slot import Slot
from tests.stages.actors import Back, Play, act, actor, play
from tests.stages.company import endpoint

CLIENT = 0x0123_4567_89AB_CDEF
SAVED = 9
"""Number of the slot in which the ward keeps the right to reply."""

LOOKED = {
    "endpoint": ("space", 1),
    "frame": ("space", 2),
    "reply": ("space", SAVED),
    "empty": ("space", 3),
    "zero": ("space", 0),
    "last": ("space", 63),
    "past": ("space", 64),
    "unaligned": ("space", 1.5),
    "far": ("space", 1 << 40),
    "no right": ("weak", 1),
    "no Space": ("other", 1),
}


@pytest.fixture(scope="module")
def played() -> Play:
    looks = [act(Call.INSPECT, space, int(slot * Slot.size)) for space, slot in LOOKED.values()]
    return play(
        {
            "looker": [*looks, act(Call.INSPECT, "space", Slot.size, 0)],
            "ward": [act(Call.RECV, Receive.MESSAGES), act(Call.REPLY_SAVE, SAVED * Slot.size)],
            "client": [act(Call.CALL, "ward")],
        },
        actor("looker", 20, space='{ space = "ward", rights = ["caps"] }',
              weak='{ space = "ward", rights = ["map", "control"] }', other=endpoint("ward")),
        actor("ward", 50, other=endpoint("client", CLIENT),
              page='{ frame = "page", rights = ["read", "write"] }'),
        actor("client", 40, ward=endpoint("ward")),
    )  # fmt: skip


@pytest.fixture(scope="module")
def told(played: Play) -> dict[str, Back]:
    return dict(zip(LOOKED, played.of("looker", Call.INSPECT), strict=False))


@pytest.mark.boot
@pytest.mark.parametrize(
    ("name", "type_", "rights", "badge"),
    [
        ("endpoint", ObjectType.ENDPOINT, EndpointRights(call=True), CLIENT),
        ("frame", ObjectType.FRAME, FrameRights(read=True, write=True), 0),
        ("reply", ObjectType.REPLY, 0, 0),
    ],
)
def test_what_the_slot_holds(
    told: dict[str, Back], name: str, type_: ObjectType, rights: int, badge: int
) -> None:
    back = told[name]
    assert (back.status, back.length) == (Status.OK, 4)
    data = b"".join(word.to_bytes(8, "little") for word in back.words)
    assert InspectedSlot.parse(data) == InspectedSlot(
        type=type_, alive=1, rights=rights, badge=badge
    )


@pytest.mark.boot
@pytest.mark.parametrize(
    ("name", "status"),
    [
        *((name, Status.EMPTY) for name in ("empty", "last")),
        *((name, Status.BAD_HANDLE) for name in ("zero", "past", "unaligned", "far")),
        ("no right", Status.NO_RIGHT),
        ("no Space", Status.WRONG_TYPE),
    ],
)
def test_what_cannot_be_told(told: dict[str, Back], name: str, status: Status) -> None:
    assert (told[name].status, told[name].words) == (status, (0,) * 10)


@pytest.mark.boot
def test_a_second_word_is_refused(played: Play) -> None:
    assert played.of("looker", Call.INSPECT)[-1].status is Status.BAD_ARGUMENT
