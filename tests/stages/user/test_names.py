"""The name service: who is registered is found, and what a lookup brings can be called."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kobjects.kernel.abi import Abi, Call, EndpointRights, ObjectType, Receive, ThreadPart
from kobjects.kernel.addresses import User
from kobjects.kernel.message import MessageBuffer
from kobjects.kernel.services import NameRequest, Result
from kobjects.kernel.slot import Slot
from tests.stages.actors import CAPABILITY, STORE, Act, Back, Play, act, actor, play
from tests.stages.company import task
from tests.stages.user.kit import said, words

ENTRIES = 32
"""Names that the service holds."""

SLOT = 40 * Slot.size
"""Where the actors receive capabilities."""

OWN = '{ endpoint = "server", rights = ["call", "grant", "control"], badge = 5 }'
CALL_ONLY = '{ endpoint = "server", rights = ["call"] }'
GRANT_ONLY = '{ endpoint = "server", rights = ["grant"] }'
NAMES = '{ endpoint = "names", rights = ["call", "grant"] }'
PAGE = '{ frame = "page", rights = ["read"] }'


def stored(field: str, value: int | str) -> Act:
    return Act(STORE, User.BUFFER + MessageBuffer.offset(field), (value,))


def register(name: str, handle: int | str = "own", rights: int = 7) -> list[Act]:
    """Three rows; the last is the call."""
    return [
        stored("capability", handle),
        stored("capability_rights", rights),
        act(Call.CALL, "names", NameRequest.REGISTER, *words(name), flags=CAPABILITY),
    ]


def look_up(name: str) -> Act:
    return act(Call.CALL, "names", NameRequest.LOOKUP, *words(name))


def receive_at(slot: int) -> Act:
    return act(Call.WRITE_THREAD, 0, ThreadPart.RECEIVE_SLOT, slot)


def listed(index: int) -> Act:
    return act(Call.CALL, "names", NameRequest.LIST, index)


def served() -> str:
    return task("names", "kpack:user/names.asm", 180)


def asked(*acts: Act | Sequence[Act], more: Sequence[Act] = ()) -> Play:
    """What a client is told that has the server's own capabilities; `more` is done by the server
    afterwards.
    """
    script = [one for each in acts for one in ([each] if isinstance(each, Act) else each)]
    given = {"names": NAMES, "own": OWN, "call": CALL_ONLY, "grant": GRANT_ONLY, "page": PAGE}
    return play(
        {"client": script, "server": [*more, act(Call.RECV, Receive.MESSAGES)]},
        served(),
        actor("server", 100),
        actor("client", 50, **given),
    )


def calls(of: Play) -> list[Back]:
    return of.of("client", Call.CALL)


@pytest.mark.boot
def test_a_registered_endpoint_is_looked_up_and_called() -> None:
    played = asked(
        register("clock"),
        receive_at(SLOT),
        look_up("clock"),
        act(Call.INSPECT, SLOT),
        act(Call.SEND, SLOT, 0x5E11),
    )
    assert [said(one) for one in calls(played)] == [Result.OK, Result.OK]
    assert [one.flags for one in calls(played)] == [0, Abi.RECEIVED >> 24]
    (inspected,) = played.of("client", Call.INSPECT)
    rights = EndpointRights(call=True, grant=True)
    assert inspected.words[:3] == (ObjectType.ENDPOINT, 1, rights), "control is not passed on"
    (message,) = played.of("server", Call.RECV)
    assert (message.rdi, message.words[0]) == (5, 0x5E11)


@pytest.mark.boot
def test_what_cannot_be_registered_is_refused() -> None:
    played = asked(
        act(Call.CALL, "names", NameRequest.REGISTER, *words("nothing")),
        register(""),
        register("page", "page", 1),
        register("silent", "grant", 2),
        register("clock"),
        register("clock", "call", 1),
        look_up("cloc"),
        look_up(""),
        look_up("page"),
        listed(0),
        listed(1),
        act(Call.CALL, "names", NameRequest.LIST, (1 << 64) - 1),
        act(Call.CALL, "names", 0),
        act(Call.CALL, "names", 1 << 32 | NameRequest.LIST),
    )
    assert [said(one) for one in calls(played)] == [
        *[Result.BAD_ARGUMENT] * 4,
        *(Result.OK, Result.EXISTS),
        *[Result.NOT_FOUND] * 3,
        *(Result.OK, Result.END, Result.END),
        *[Result.UNKNOWN_REQUEST] * 2,
    ]
    assert calls(played)[9].words[1:3] == words("clock")


@pytest.mark.boot
def test_names_are_listed_in_the_order_of_their_entries_until_there_is_no_room() -> None:
    names = [f"sixteen-letters{n:x}"[-16:] for n in range(ENTRIES)]
    rows = [one for name in [*names, "one-more"] for one in register(name)]
    played = asked(rows, [listed(index) for index in range(ENTRIES + 1)])
    results = [said(one) for one in calls(played)]
    assert results[: ENTRIES + 1] == [*[Result.OK] * ENTRIES, Result.NO_ROOM]
    assert results[ENTRIES + 1 :] == [*[Result.OK] * ENTRIES, Result.END]
    told = [one.words[1:3] for one in calls(played)[ENTRIES + 1 : -1]]
    assert told == [words(name) for name in names]


@pytest.mark.boot
def test_a_message_that_wants_no_answer_leaves_the_service_whole() -> None:
    """Its capability does not stay in the slot that the next one needs."""
    played = asked(
        [*register("lost")[:2], act(Call.SEND, "names", 1, *words("lost"), flags=CAPABILITY)],
        register("clock"),
        look_up("clock"),
        look_up("lost"),
    )
    assert [said(one) for one in calls(played)] == [Result.OK, Result.OK, Result.NOT_FOUND]
    assert calls(played)[1].flags == Abi.DROPPED >> 24, "the client has no receive slot"
