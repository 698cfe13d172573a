"""Priority inheritance along chains of servers: nobody keeps what it inherited.

It is passed on through Abi.PARTNERS threads at once. Who is further away keeps what it has until
the call is answered that it came by.
"""

from __future__ import annotations

import pytest

from kobjects.kernel.abi import Abi, Call, Receive
from kobjects.kernel.inspect import InspectedThread
from tests.stages import crew
from tests.stages.crew import ENDPOINT, THREAD, slot_of
from tests.stages.walks import Kept, Program, row, walk

pytestmark = pytest.mark.boot

LOW, HIGH = 40, 100
BEGIN, GIVES_UP, LOOK = 12_000_000, 13_000_000, 14_000_000
"""ns."""


def priority(found: Kept) -> int:
    words = b"".join(word.to_bytes(8, "little") for word in found.words)
    return InspectedThread.parse(words).priority


def priorities(servers: int, *, until: int | None, answer: int | None = None) -> list[int]:
    """Of servers that call each other when they are called, behind a call of a high client's to the
    first: until when it waits, and when the last answers, the others following.
    """
    program = Program()
    for who in range(servers + 1):
        segment, given = crew.place(program, who)
        rows = program.segments[segment]
        if who == servers:
            rows.append(row(Call.CALL, slot_of(0, ENDPOINT), 1, time=BEGIN, until=until))
        else:
            rows.append(row(Call.RECV, int(Receive.MESSAGES)))
            if who < servers - 1:
                rows.append(row(Call.CALL, slot_of(who + 1, ENDPOINT), 1))
                rows.append(row(Call.REPLY, 0, 1))
            elif answer:
                rows.append(row(Call.REPLY, 0, 1, time=answer))
        made = crew.make(who, HIGH if who == servers else LOW)
        program.maker += [*made, given, crew.begin(who)]
    program.maker.append(row(Call.RECV, 0, until=LOOK))
    looks = len(program.maker)
    program.maker += [row(Call.INSPECT, slot_of(who, THREAD)) for who in range(servers)]
    return [priority(found) for found in walk(program).maker[looks:]]


LENGTHS = pytest.mark.parametrize("servers", [1, 2, Abi.PARTNERS])
LONG = 3 * Abi.PARTNERS


@LENGTHS
def test_a_client_lends_while_it_waits(servers: int) -> None:
    assert priorities(servers, until=None) == [HIGH] * servers


@LENGTHS
def test_what_it_lent_ends_when_it_gives_up(servers: int) -> None:
    assert priorities(servers, until=GIVES_UP) == [LOW] * servers


def test_in_a_longer_chain_the_nearer_ones_give_it_back_at_once() -> None:
    found = priorities(LONG, until=GIVES_UP)
    assert found[: Abi.PARTNERS] == [LOW] * Abi.PARTNERS


@pytest.mark.parametrize("until", [None, GIVES_UP], ids=["answered", "given up"])
def test_in_a_longer_chain_all_give_it_back_when_they_answer(until: int | None) -> None:
    assert priorities(LONG, until=until, answer=GIVES_UP + 100_000) == [LOW] * LONG
