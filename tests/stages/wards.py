"""A driver that stops and starts wards in every state: for test_control.py."""

from __future__ import annotations

from kobjects.kernel.abi import Call, FaultReply, Receive, Status
from kobjects.kernel.addresses import User
from packer.build import build
from packer.image import Image
from tests.stages import harness
from tests.stages.company import START, endpoint, last, task
from tests.stages.steps import (
    PROGRAM,
    Step,
    error,
    notification,
    or_anew,
    receive,
    scripted,
    thread,
)

COUNTER = '{ frame = "page", rights = ["read", "write"] }'
WARDS = (
    "sleeper",
    "server",
    "client",
    "queued",
    "victim",
    "quitter",
    "crasher",
    "itself",
    "runner",
)
LIMIT = int(User.LIMIT)
NAP_NS = 20_000_000
"""Some slices."""
MARK = 0x1234_5678_9ABC


def stop(who: str, name: str = "stop") -> Step:
    return Step(f"{name}.{who}", Call.STOP, f"cap.{who}")


def start(who: str, *words: str | int, name: str = "start") -> Step:
    return Step(f"{name}.{who}", Call.START, f"cap.{who}", words)


def look(who: str, when: str) -> Step:
    return Step(f"{when}.{who}", Call.INSPECT, f"cap.{who}")


ERRORS = [
    error("start.1", Status.BAD_ARGUMENT, start("sleeper", 0x400000)),
    error("start.2", Status.BAD_ARGUMENT, start("sleeper", 0x400000, 0)),
    error("start.4", Status.BAD_ARGUMENT, start("sleeper", 0x400000, 0, 0, 0)),
    error("start.255", Status.BAD_ARGUMENT, Step("", Call.START, "cap.sleeper", count=255)),
    error("start.zero", Status.EMPTY, Step("", Call.START, 0)),
    error("start.past", Status.BAD_HANDLE, Step("", Call.START, 64 * 64)),
    error("start.endpoint", Status.WRONG_TYPE, Step("", Call.START, "cap.console")),
    error("start.no_right", Status.NO_RIGHT, Step("", Call.START, "cap.weak")),
    error("start.weak_address", Status.NO_RIGHT, start("weak", LIMIT, 0, 0)),
    error("start.rip", Status.BAD_ADDRESS, start("sleeper", LIMIT, 0, 0)),
    error("start.rip_ones", Status.BAD_ADDRESS, start("sleeper", (1 << 64) - 1, 0, 0)),
    error("start.rip_hole", Status.BAD_ADDRESS, start("sleeper", 1 << 47, 0, 0)),
    error("start.rsp", Status.BAD_ADDRESS, start("sleeper", 0x400000, LIMIT + 1, 0)),
    error("start.waiting", Status.BAD_STATE, start("sleeper")),
    error("start.waiting_anew", Status.BAD_STATE, start("sleeper", 0x400000, 0, 0)),
    error("start.myself", Status.BAD_STATE, start("driver")),
    error("start.myself_anew", Status.BAD_STATE, start("driver", 0x400000, 0, 0)),
    error("start.exited", Status.BAD_STATE, start("quitter")),
    error("start.faulted", Status.BAD_STATE, start("crasher")),
    error("stop.1", Status.BAD_ARGUMENT, Step("", Call.STOP, "cap.sleeper", (0,))),
    error("stop.zero", Status.EMPTY, Step("", Call.STOP, 0)),
    error("stop.past", Status.BAD_HANDLE, Step("", Call.STOP, "1 << 32 | cap.sleeper")),
    error("stop.space", Status.WRONG_TYPE, Step("", Call.STOP, "cap.self")),
    error("stop.no_right", Status.NO_RIGHT, Step("", Call.STOP, "cap.weak")),
]  # fmt: skip
"""All while the wards are in their first wait."""

NAP = f"    mov     esi, {NAP_NS}\n    call    sleep\n"
READ_COUNTER = """
    mov     eax, User.DEVICES
    mov     rsi, [rax]
    mov     r15d, User.BUFFER + 0x900
    mov     [r15 + 2 * 8], rsi
    lea     rsi, [rip + counter_{name}]
    call    tell
    jmp     counter_{name}_told
counter_{name}:
    .asciz  "counter.{name}"
counter_{name}_told:
"""


def counter(name: str) -> str:
    """Tells what the runner has counted."""
    return READ_COUNTER.format(name=name)


def map_counter(name: str) -> Step:
    words = ("cap.self", int(User.DEVICES), "FrameRights.read | FrameRights.write")
    return Step(name, Call.MAP, "cap.count", words)


def stopped_and_started(who: str) -> list[Step]:
    return [stop(who), look(who, "stopped"), start(who), look(who, "started")]


DRIVER: tuple[Step | str, ...] = (
    map_counter("map"),
    *(step for step, _ in ERRORS),
    *(look(who, "before") for who in WARDS),
    # Ready, lower than we: nothing of it runs until it is started again.
    *(NAP, counter("running"), stop("runner"), look("runner", "stopped"), counter("stopped")),
    *(NAP, counter("still"), stop("runner", "again"), start("runner"), NAP, counter("started")),
    stop("runner", "last"),
    stop("sleeper"),
    look("sleeper", "stopped"),
    start("sleeper"),
    # A server keeps whom it owes a reply, who queues at it, and what was signalled.
    *(stop("server"), look("server", "stopped"), look("client", "served"), look("queued", "waits")),
    Step("signal.stopped", Call.SIGNAL, "cap.notify"),
    look("server", "signalled"),
    start("server"),
    # Now `client` queues with its second call, and `queued` waits for its reply.
    *stopped_and_started("client"),
    *stopped_and_started("queued"),
    Step("signal.waiting", Call.SIGNAL, "cap.notify"),
    # A fault: started again, it comes again, and the answer to the first one reaches nobody.
    *stopped_and_started("victim"),
    Step("signal.pager", Call.SIGNAL, "cap.notify_pager"),
    look("victim", "told"),
    stop("victim", "again"),
    start("victim", int(User.TEXT), int(User.STACK_TOP), 0x79, name="anew"),
    # Ended without a supervisor: anew at once, or stopped first and then from where it was.
    start("quitter", int(User.TEXT), LIMIT, 0x76, name="limit"),
    start("quitter", int(User.TEXT), int(User.STACK_TOP), 0x77, name="anew"),
    *stopped_and_started("crasher"),
    start("crasher", int(User.TEXT), int(User.STACK_TOP), 0x78, name="anew"),
    start("itself"),
    look("itself", "started"),
    stop("driver"),
    "    ud2",
)

SERVER = (
    receive("server.1"),
    receive("server.2", Receive.SIGNALS),
    receive("server.3", Receive.SIGNALS),
    Step("server.4", Call.REPLY_RECV, None, (0xA1, 0xA2)),
    receive("server.5", Receive.SIGNALS),
    Step("server.6", Call.REPLY_RECV, None, (0xB1,)),
)
PAGER = (
    receive("pager.1"),
    receive("pager.2", Receive.SIGNALS),
    Step("pager.3", Call.REPLY_RECV, None, (int(FaultReply.RETRY),)),
)


SCRIPTS: dict[str, tuple[Step | str, ...]] = {
    "server": SERVER,
    "client": tuple(Step(f"client.{n}", Call.CALL, "cap.server", (n,)) for n in (1, 2, 3)),
    "queued": tuple(Step(f"queued.{n}", Call.CALL, "cap.server", (n,)) for n in (11, 12)),
    "sleeper": (receive("sleeper.1", 3), receive("sleeper.2", 3)),
    "pager": PAGER,
    "victim": (
        or_anew("victim"),
        f"    mov     rdi, {MARK:#x}\nvictim_fault:\n    ud2",
    ),
    "quitter": (
        or_anew("quitter"),
        f"    mov     edi, 7\n    mov     eax, {Call.EXIT << 8}\n    syscall",
    ),
    "crasher": (or_anew("crasher"), "crasher_fault:\n    ud2"),
    "itself": (Step("itself.stopped", Call.STOP, "cap.itself"),),
    "runner": (
        map_counter("map.runner"),
        "    mov     eax, User.DEVICES\ncount:\n    inc     qword ptr [rax]\n    jmp     count",
    ),
    "driver": DRIVER,
}
GIVEN = {
    "client": {"server": endpoint("server", 3)},
    "queued": {"server": endpoint("server", 4)},
    "victim": {"pager": endpoint("pager", 5)},
    "itself": {"itself": thread("itself", "control")},
    "runner": {"count": COUNTER, "self": '{ space = "runner", rights = ["map"] }'},
    "driver": {
        "self": '{ space = "driver", rights = ["map"] }',
        "count": COUNTER,
        "notify": notification("server", 6),
        "notify_pager": notification("pager", 1),
        "weak": thread("sleeper", "read", "write"),
        "driver": thread("driver", "control"),
        **{who: thread(who, "read", "control") for who in WARDS},
    },
}
"""Each one's capabilities, beside the console."""


def image() -> Image:
    """The driver and its wards, each of a priority of its own so that their lines stay whole."""
    text = START
    for place, who in enumerate(SCRIPTS):
        more = ['supervisor = "pager"'] if who == "victim" else []
        priority = {"driver": 50, "runner": 20}.get(who, 100 - place)
        capabilities = {"console": endpoint("console"), **GIVEN.get(who, {})}
        text += task(who, PROGRAM, priority, *more, **capabilities)
    return build(scripted(harness.system(text + last()), **SCRIPTS))
