"""A way of the model's in words: what happens at each step, and what every thread does then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kobjects.kernel.abi import FaultReply, Receive
from tests.model.events import Move
from tests.model.explore import Exploration, meant
from tests.model.invariants import CHAINED
from tests.model.thread import GONE, NOBODY, Thread

NAMES = "ABCDEFGH"
MASKS = {
    0: "sleeps",
    int(Receive.MESSAGES): "receives messages",
    int(Receive.SIGNALS): "receives signals",
    int(Receive.MESSAGES | Receive.SIGNALS): "receives",
}
WORDS = {int(FaultReply.RETRY): "", int(FaultReply.STOP): ", to stop"}
DOES = {
    "call": "{t} calls {other}",
    "send": "{t} sends to {other}",
    "fault": "{t} faults, with {other} as supervisor",
    "exit": "{t} exits, with {other} as supervisor",
    "receive": "{t} {mask}",
    "reply": "{t} replies{word}",
    "reply_receive": "{t} replies{word} and receives",
    "save": "{t} saves the right to reply",
    "reply_saved": "{t} replies to {other}, whose right it saved",
    "abandon": "{t} deletes the right to reply to {other}",
    "signal": "{t} is signalled",
    "stop": "{t} is stopped",
    "start": "{t} is started",
    "destroy": "{t} is destroyed",
    "time_out": "{t}'s deadline comes",
    "priority": "{t} is given rank {given}",
}


def name(t: int) -> str:
    return "nobody" if t == NOBODY else "one that left" if t == GONE else NAMES[t]


def sentence(move: Move) -> str:
    what, t, given, deadline = move
    said = DOES[what].format(
        t=name(t), given=given, mask=MASKS.get(given, ""), word=WORDS.get(given, ""),
        other=name(given) if -2 <= given < len(NAMES) else "",
    )  # fmt: skip
    return f"{said}, with a deadline" if deadline else said


def does(one: Thread) -> str:
    """What a thread does, and what it has."""
    if one.free:
        return "freed"
    parts = [one.state.name]
    if one.state in CHAINED:
        parts.append(f"at {name(one.partner)}")
    parts += [
        said
        for said, so in (
            ("by a saved right", one.in_slot),
            ("for a fault", one.fault),
            ("timed", one.timed),
            (f"serves {name(one.caller)}", one.caller != NOBODY),
            (f"queue {''.join(map(name, one.queue))}", one.queue),
            (f"saved {''.join(map(name, one.saved))}", one.saved),
            ("signals", one.pending),
            (f"rank {one.rank} of own {one.base}", one.rank != one.base),
        )
        if so
    ]
    return " ".join(parts)


def story(found: Exploration, way: Sequence[Move]) -> str:
    """Each step of the way, with the threads that it changed."""
    return "\n".join([*lines(found, way), f"{found.broken} does not hold" if found.broken else ""])


def lines(found: Exploration, way: Sequence[Move]) -> Iterator[str]:
    key = found.first()
    for number, move in enumerate(way, 1):
        yield f"{number}. {sentence(move)}"
        before = [does(Thread(*one)) for one in key]
        key = meant(found.after(key, move))
        for t, (old, one) in enumerate(zip(before, key, strict=True)):
            if (new := does(Thread(*one))) != old:
                yield f"   {NAMES[t]}: {new}"
