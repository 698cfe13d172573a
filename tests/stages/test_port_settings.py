"""Ports that a thread is given at run time, and what is left of them when it loses them or dies."""

from __future__ import annotations

import pytest

from kobjects.cpu.exceptions import Vector
from kobjects.kernel.abi import Call, FaultReply, ObjectType, Status, ThreadPart
from kobjects.kernel.addresses import User
from kobjects.kernel.slot import Slot
from packer.build import build
from packer.image import Image
from packer.machine.outcome import Outcome
from tests.stages import harness
from tests.stages.company import START, endpoint, last, task
from tests.stages.steps import PROGRAM, Step, by_name, scripted, thread
from tests.stages.table import Result

pytestmark = pytest.mark.boot

LOW, HIGH, WEAK, WORKER, NEXT, FAR = (number * Slot.size for number in range(40, 46))
"""Slots of two ranges that overlap, of a capability without the right `use`, of two threads,
and of the first one's range.
"""
WORKED = int(User.BUFFER) + 0xF00
"""Where the first of them says that it has run."""
RANGES = {LOW: (0x300, 8), HIGH: (0x304, 8), FAR: (0x330, 8)}
"""First port and count; no device answers there."""


def access(name: str, port: int) -> str:
    """Reads a port; a refusal is told to the doctor, who lets the task go on behind."""
    return f"""
    mov     edx, {port:#x}
    mov     eax, {int(FaultReply.RESUME)}
    lea     rdi, [rip + behind_{name}]
at_{name}:
    in      al, dx
behind_{name}:
"""


def create(handle: int) -> Step:
    words = (int(ObjectType.IO_PORTS), handle, "cap.hardware", *RANGES[handle])
    return Step(f"create.{handle}", Call.CREATE, "cap.self", words)


def ports(name: str, place: int, handle: int) -> Step:
    return Step(name, Call.WRITE_THREAD, 0, (int(ThreadPart.PORTS), place, handle))


RUN_WORKER = f"""
    mov     edi, {WORKER}
    lea     rsi, [rip + worker]
    mov     edx, User.STACK_TOP - 0x800
    xor     r8d, r8d
    mov     eax, Call.START << Abi.NUMBER_SHIFT | 3
    syscall
    mov     eax, Call.YIELD << Abi.NUMBER_SHIFT
    syscall
"""
NAP = "    mov     esi, 5000000\n    call    sleep\n"
THREAD = (int(ObjectType.THREAD), WORKER, "cap.self", 50, 0)
REPLACE_WORKER = f"""
    mov     eax, {WORKED}
    cmp     qword ptr [rax], 1
    jne     worker                      ; has no such port: it would be told
    mov     edi, {WORKER}
    mov     eax, Call.DESTROY << Abi.NUMBER_SHIFT
    syscall
    test    eax, eax
    jnz     worker
    mov     edi, cap.self
    mov     esi, {THREAD[0]}
    mov     edx, {NEXT}
    mov     r8d, cap.self
    mov     r9d, 50
    xor     r10d, r10d
    mov     eax, Call.CREATE << Abi.NUMBER_SHIFT | 5
    syscall
"""
"""Both without a word to the console, whose ports would be opened meanwhile."""
DRIVER: tuple[Step | str, ...] = (
    access("before", 0x300),
    *(create(LOW), create(HIGH), create(FAR)),
    # A thread made here has ports, while we have none, and dies; another takes its memory.
    Step("worker", Call.CREATE, "cap.self", THREAD),
    Step("worker.ports", Call.WRITE_THREAD, WORKER, (int(ThreadPart.PORTS), 0, FAR)),
    *(RUN_WORKER, REPLACE_WORKER, Step("replaced", Call.INSPECT, NEXT)),
    Step("copy", Call.COPY, LOW, ("cap.self", WEAK, "IoPortsRights.control")),
    ports("no_right", 0, WEAK),
    access("no_right", 0x300),
    ports("low", 0, LOW),
    *(access("first", 0x300), access("last", 0x307), access("past", 0x308)),
    ports("both", 3, HIGH),
    access("high", 0x30B),
    ports("only_high", 0, 0),
    *(access("low_again", 0x303), access("overlap", 0x304)),
    *(Step(f"destroy.{handle}", Call.DESTROY, handle) for handle in (LOW, HIGH)),
    ports("dead", 1, HIGH),
    access("kept", 0x304),
    # Two others, one of them with ports of its own, which reach neither ours nor a dead thread's.
    Step("end", Call.DESTROY, "cap.victim"),
    *(NAP, access("still", 0x304)),
    ports("none", 3, 0),
    access("after", 0x304),
    f"""
    jmp     wait_for_ever
worker:
{access("worker", 0x330)}
    mov     eax, {WORKED}
    inc     qword ptr [rax]
    mov     edi, {WORKER}
    mov     eax, Call.STOP << Abi.NUMBER_SHIFT
    syscall
""",
)
OTHERS = {
    "victim": (access("victim", 0x320),),
    "other": (access("other", 0x304), access("dead", 0x320)),
    "owner": (
        access("own", 0x310),
        access("not_own", 0x304),
        access("of_victim", 0x320),
        access("of_worker", 0x330),
    ),
}
REFUSED = {
    "driver": ["before", "no_right", "past", "low_again", "after"],
    "victim": [],
    "other": ["other", "dead"],
    "owner": ["not_own", "of_victim", "of_worker"],
}
"""The accesses of each task that are #GP, in their order."""


@pytest.fixture(scope="module")
def machine() -> tuple[Image, Outcome]:
    own = {"console": endpoint("console")}
    text = START + task(
        "doctor", "doctor.asm kpack:user/lib.asm", 200,
        **own, page='{ frame = "page", rights = [] }', patient='{ space = "other", rights = [] }',
    )  # fmt: skip
    given = {
        "driver": {
            "self": '{ space = "driver", rights = ["control", "caps"] }',
            "hardware": '{ hardware = "machine", rights = ["control"] }',
            "victim": thread("victim", "control"),
        },
    }
    priorities = {"victim": 60, "driver": 50, "other": 40, "owner": 30}
    ranges = {"victim": "0x320-0x327", "owner": "0x310-0x317"}
    for badge, (who, priority) in enumerate(priorities.items()):
        more = ['supervisor = "doctor"', *([f'ports = ["{ranges[who]}"]'] if who in ranges else [])]
        if who == "driver":
            more.append("objects = 8")
        capabilities = {**own, "doctor": endpoint("doctor", badge), **given.get(who, {})}
        text += task(who, PROGRAM, priority, *more, **capabilities)
    image = build(scripted(harness.system(text + last()), driver=DRIVER, **OTHERS))
    return image, harness.boot(image)


@pytest.fixture(scope="module")
def told(machine: tuple[Image, Outcome]) -> dict[str, Result]:
    return by_name(machine[1])


@pytest.mark.parametrize("who", REFUSED)
def test_only_what_a_thread_has_is_open(machine: tuple[Image, Outcome], who: str) -> None:
    image, outcome = machine
    badge = ["victim", "driver", "other", "owner"].index(who)
    places = {at: label for label, at in harness.labels(image, who).items()}
    reports = [words for words in harness.words(outcome, "told") if words[1] == badge]
    assert [(words[2], words[3]) for words in reports] == [(Vector.GP, 0)] * len(REFUSED[who])
    assert [places[words[4]].removeprefix("at_") for words in reports] == REFUSED[who]


@pytest.mark.parametrize(
    ("name", "status"),
    {
        "no_right": Status.NO_RIGHT,
        "dead": Status.DEAD,
        **dict.fromkeys(
            (
                "low",
                "both",
                "only_high",
                "none",
                "copy",
                "end",
                "worker",
                "worker.ports",
                "worker",
            ),
            Status.OK,
        ),
    }.items(),
)
def test_what_is_told(told: dict[str, Result], name: str, status: Status) -> None:
    assert told[name].status is status


def test_nobody_ends_without_a_supervisor(
    machine: tuple[Image, Outcome], told: dict[str, Result]
) -> None:
    """The worker that was made here reads its port, and another one takes its memory."""
    assert not [line for line in harness.lines(machine[1]) if line.startswith("thread ")]
    assert told["replaced"].words[:2] == [ObjectType.THREAD, 1]
