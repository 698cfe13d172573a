"""A driver that reads and writes the registers and settings of a puppet: for test_registers.py."""

from __future__ import annotations

from kobjects.cpu.debug import BreakLength, BreakOn, Dr7
from kobjects.kernel.abi import Call, Receive, Status
from kobjects.kernel.abi import ThreadPart as Part
from kobjects.kernel.addresses import User
from kobjects.kernel.slot import Slot
from packer.build import build
from packer.image import Image
from tests.stages import harness
from tests.stages.company import START, endpoint, last, task
from tests.stages.steps import PROGRAM, Step, error, or_anew, receive, scripted, thread

LIMIT = int(User.LIMIT)
ONES = (1 << 64) - 1
OTHERS = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi")
"""Of part REGISTERS, behind rip, rsp and the flags."""
MORE = ("rbp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15")
RUNNING = {name: 0x5A00_0000_0000_0000 + place for place, name in enumerate(OTHERS + MORE)}
"""What the runner has in its registers."""
WRITTEN = {name: 0xA500_0000_0000_0000 + place for place, name in enumerate(OTHERS + MORE)}
USER_FLAGS = 0x25_0DD5
"""ID, AC, RF, OF, DF, TF, SF, ZF, AF, PF, CF: SDM 1, "EFLAGS Register"."""
ALWAYS = 0x202
TRAP, RESUME = 1 << 8, 1 << 16
PAGER_BADGE = 0xBAD6E
COUNTS = {
    Part.REGISTERS: 10, Part.MORE_REGISTERS: 10, Part.BASES: 3, Part.DEBUG: 6, Part.PRIORITY: 2,
    Part.SUPERVISOR: 2, Part.RECEIVE_SLOT: 2, Part.FPU: 2, Part.PORTS: 3,
}  # fmt: skip
"""Words of write_thread, with the part's number."""


def read(part: int, who: str | int = "cap.puppet", name: str = "") -> Step:
    return Step(name, Call.READ_THREAD, who, (part,))


def write(part: int, *words: int | str, who: str | int = "cap.puppet", name: str = "") -> Step:
    return Step(name, Call.WRITE_THREAD, who, (int(part), *words))


def registers(rip: int | str = int(User.TEXT), rsp: int = 0, flags: int = 0) -> list[int | str]:
    return [rip, rsp, flags, *(WRITTEN[name] for name in OTHERS)]


def more_registers() -> list[int | str]:
    return [WRITTEN[name] for name in MORE]


def breakpoint_of(on: BreakOn, length: BreakLength) -> Dr7:
    return Dr7(local_2=True, on_2=on, length_2=length)


BAD_DR7 = {
    "general_detect": Dr7(general_detect=True),
    "port": breakpoint_of(BreakOn.IO, BreakLength.ONE),
    "wide_instruction": breakpoint_of(BreakOn.EXECUTE, BreakLength.FOUR),
    "rtm": Dr7(rtm=True),
    "bit_14": 1 << 14,
    "bit_32": 1 << 32,
    "ones": ONES,
}
ERRORS = [
    *(
        error(f"{verb}.{name}", status, Step("", call, handle, (int(Part.BASES), *more)))
        for verb, call, more in (
            ("read", Call.READ_THREAD, ()),
            ("write", Call.WRITE_THREAD, (0, 0)),
        )
        for name, handle, status in (
            ("empty", "cap.driver + Slot.size * 20", Status.EMPTY),
            ("past", 64 * Slot.size, Status.BAD_HANDLE),
            ("unaligned", "cap.puppet + 1", Status.BAD_HANDLE),
            ("space", "cap.self", Status.WRONG_TYPE),
            ("no_right", f"cap.only_{'write' if verb == 'read' else 'read'}", Status.NO_RIGHT),
        )
    ),
    error("read.no_part", Status.BAD_ARGUMENT, Step("", Call.READ_THREAD, "cap.puppet")),
    error("read.two", Status.BAD_ARGUMENT, Step("", Call.READ_THREAD, "cap.puppet", (0, 0))),
    error("read.part_9", Status.BAD_ARGUMENT, read(9)),
    error("read.part_huge", Status.BAD_ARGUMENT, read(1 << 32)),
    error("read.supervisor", Status.BAD_ARGUMENT, read(Part.SUPERVISOR)),
    error("read.ports", Status.BAD_ARGUMENT, read(Part.PORTS)),
    error("write.nothing", Status.BAD_ARGUMENT, Step("", Call.WRITE_THREAD, "cap.puppet")),
    error("write.part_9", Status.BAD_ARGUMENT, write(9, 0)),
    error("write.part_huge", Status.BAD_ARGUMENT, write(1 << 32 | Part.FPU, 1)),
    *(
        error(f"write.{part.name}.{count}", Status.BAD_ARGUMENT,
              Step("", Call.WRITE_THREAD, "cap.puppet", (int(part),), count))
        for part, right in COUNTS.items()
        for count in (right - 1, right + 1, 255)
    ),
    error("registers.running", Status.BAD_STATE, write(Part.REGISTERS, *registers(), who=0)),
    error("registers.waiting", Status.BAD_STATE,
          write(Part.REGISTERS, *registers(), who="cap.waiter")),
    error("more.waiting", Status.BAD_STATE,
          write(Part.MORE_REGISTERS, *more_registers(), who="cap.waiter")),
    error("registers.rip", Status.BAD_ADDRESS, write(Part.REGISTERS, *registers(LIMIT))),
    error("registers.rip_kernel", Status.BAD_ADDRESS,
          write(Part.REGISTERS, *registers("Kernel.WINDOW"))),
    error("bases.fs", Status.BAD_ADDRESS, write(Part.BASES, LIMIT, 0)),
    error("bases.gs", Status.BAD_ADDRESS, write(Part.BASES, 0, 1 << 63)),
    *(
        error(f"debug.dr{number}", Status.BAD_ADDRESS,
              write(Part.DEBUG, *(LIMIT if one == number else 0 for one in range(4)), 0))
        for number in range(4)
    ),
    *(
        error(f"debug.{name}", Status.BAD_ARGUMENT, write(Part.DEBUG, 1, 2, 3, 4, int(value)))
        for name, value in BAD_DR7.items()
    ),
    error("priority.71", Status.PRIORITY, write(Part.PRIORITY, 71)),
    error("priority.huge", Status.PRIORITY, write(Part.PRIORITY, 1 << 32)),
    error("supervisor.weak", Status.NO_RIGHT, write(Part.SUPERVISOR, 0, who="cap.only_write")),
    error("supervisor.own", Status.EMPTY, write(Part.SUPERVISOR, 0, who=0)),
    error("supervisor.past", Status.BAD_HANDLE, write(Part.SUPERVISOR, 1)),
    error("supervisor.space", Status.WRONG_TYPE, write(Part.SUPERVISOR, "cap.self")),
    error("supervisor.no_call", Status.NO_RIGHT, write(Part.SUPERVISOR, "cap.no_call")),
    error("slot.past", Status.BAD_HANDLE, write(Part.RECEIVE_SLOT, 64 * Slot.size)),
    error("slot.unaligned", Status.BAD_HANDLE, write(Part.RECEIVE_SLOT, Slot.size + 8)),
    error("fpu.2", Status.BAD_ARGUMENT, write(Part.FPU, 2)),
    error("fpu.bit_32", Status.BAD_ARGUMENT, write(Part.FPU, 1 << 32)),
    error("ports.range", Status.BAD_ARGUMENT, write(Part.PORTS, 4, 0)),
    error("ports.space", Status.WRONG_TYPE, write(Part.PORTS, 0, "cap.self")),
]  # fmt: skip

READABLE = [part for part in Part if part not in (Part.SUPERVISOR, Part.PORTS)]
NAP = "    mov     esi, 8000000\n    call    sleep\n"
"""More than a slice, in ns; `last` sleeps for 50 ms."""
STACK = int(User.STACK_TOP) - 0x40
DR7 = int(breakpoint_of(BreakOn.WRITE, BreakLength.EIGHT))
ADDRESSES = [0x11_0000, 0x22_0000, 0x33_0000, LIMIT - 1]
SLOT = 9 * Slot.size


def send(name: str) -> Step:
    return Step(name, Call.SEND, "cap.wait")


def start(name: str) -> Step:
    return Step(name, Call.START, "cap.puppet")


def stop(name: str, who: str = "puppet") -> Step:
    return Step(name, Call.STOP, f"cap.{who}")


def look(name: str) -> Step:
    return Step(name, Call.INSPECT, "cap.puppet")


DRIVER: tuple[Step | str, ...] = (
    *(read(part, name=f"before.{part.name}") for part in READABLE),
    *(step for step, _ in ERRORS),
    *(read(part, name=f"after.{part.name}") for part in READABLE),
    NAP,
    read(Part.REGISTERS, "cap.runner", "runner"),
    read(Part.MORE_REGISTERS, "cap.runner", "runner.more"),
    read(Part.PRIORITY, "cap.runner", "runner.priority"),
    stop("stop.runner", "runner"),
    read(Part.REGISTERS, 0, "own"),
    read(Part.MORE_REGISTERS, 0, "own.more"),
    read(Part.REGISTERS, "cap.waiter", "waiting"),
    read(Part.MORE_REGISTERS, "cap.waiter", "waiting.more"),
    # Registers of a stopped thread, and what it has of them when it runs.
    write(Part.MORE_REGISTERS, *more_registers(), name="write.more"),
    write(Part.REGISTERS, *registers(flags=ONES), name="write.flags"),
    read(Part.REGISTERS, name="flags"),
    write(Part.REGISTERS, *registers(rsp=STACK, flags=ONES ^ TRAP), name="write.registers"),
    read(Part.MORE_REGISTERS, name="read.more"),
    start("start.puppet"),
    # A supervisor of its own, and a single step that it is told of.
    stop("stop.puppet"),
    write(Part.SUPERVISOR, "cap.pager", name="write.supervisor"),
    write(Part.REGISTERS, *registers(rsp=STACK, flags=TRAP), name="write.trap"),
    start("start.trap"),
    look("trapped"),
    read(Part.DEBUG, name="trapped.debug"),
    write(Part.SUPERVISOR, 0, name="write.nobody"),
    start("start.alone"),
    stop("stop.alone"),
    write(Part.BASES, LIMIT - 1, 0x1234, name="write.bases"),
    read(Part.BASES, name="bases"),
    write(Part.DEBUG, *ADDRESSES, DR7, name="write.debug"),
    read(Part.DEBUG, name="debug"),
    write(Part.RECEIVE_SLOT, SLOT, name="write.slot"),
    read(Part.RECEIVE_SLOT, name="slot"),
    write(Part.FPU, 1, name="write.fpu"),
    read(Part.FPU, name="fpu"),
    look("all"),
    write(Part.BASES, 0, 0, name="write.no_bases"),
    write(Part.DEBUG, *ADDRESSES, 0, name="write.no_debug"),
    write(Part.RECEIVE_SLOT, 0, name="write.no_slot"),
    write(Part.FPU, 0, name="write.no_fpu"),
    read(Part.FPU, name="no_fpu"),
    read(Part.DEBUG, name="no_debug"),
    look("none"),
    # Priority, of a thread that waits for a message.
    send("sent.high"),
    write(Part.PRIORITY, 40, who="cap.waiter", name="write.lower"),
    Step("called.low", Call.CALL, "cap.wait"),
    read(Part.PRIORITY, "cap.waiter", "afterwards"),
    # Of equal priority when it is called, and lower before it replies.
    write(Part.PRIORITY, 50, who="cap.waiter", name="write.equal"),
    Step("called.equal", Call.CALL, "cap.wait"),
    read(Part.PRIORITY, "cap.waiter", "lowered"),
    send("sent.low"),
    NAP,
    write(Part.PRIORITY, 80, who="cap.waiter", name="write.higher"),
    send("sent.raised"),
)
ANYTHING = Receive.MESSAGES | Receive.SIGNALS
"""Who waits so can be reached by the fast path."""
WAITER = (
    receive("waiter.high", ANYTHING),
    receive("waiter.called", ANYTHING),
    read(Part.PRIORITY, 0, "serving"),
    write(Part.PRIORITY, 60, who=0, name="write.60"),
    read(Part.PRIORITY, 0, "serving.60"),
    write(Part.PRIORITY, 50, who=0, name="write.50"),
    read(Part.PRIORITY, 0, "serving.50"),
    write(Part.PRIORITY, 30, who=0, name="write.30"),
    read(Part.PRIORITY, 0, "serving.30"),
    Step("waiter.equal", Call.REPLY_RECV, None, (7,)),
    write(Part.PRIORITY, 30, who=0, name="write.equal.30"),
    Step("waiter.low", Call.REPLY_RECV, None, (7,)),
    receive("waiter.raised", ANYTHING),
)
RUNNER = "".join(
    [
        "    push    0xad7\n    popfq\n",
        *(f"    mov     {name}, {value:#x}\n" for name, value in RUNNING.items()),
        "runner_spins:\n    jmp     runner_spins",
    ]
)
RUNNER_FLAGS = 0xAD7
"""OF, IF, SF, ZF, AF, PF, CF."""


def image() -> Image:
    """The driver, and whom it writes to."""
    own = {"console": endpoint("console")}
    scripts: dict[str, tuple[Step | str, ...]] = {
        "pager": (receive("pager.1"), Step("pager.2", Call.REPLY_RECV, None, ("FaultReply.STOP",))),
        "waiter": WAITER,
        "puppet": (or_anew("puppet"), Step("puppet.stopped", Call.STOP, "cap.puppet")),
        "driver": DRIVER,
        "runner": (RUNNER,),
    }
    given = {
        "puppet": {"puppet": thread("puppet", "control")},
        "driver": {
            "self": '{ space = "driver", rights = ["map"] }',
            "driver": thread("driver", "read"),
            "puppet": thread("puppet", "read", "write", "control"),
            "only_read": thread("puppet", "read"),
            "only_write": thread("puppet", "write"),
            "waiter": thread("waiter", "read", "write"),
            "runner": thread("runner", "read", "control"),
            "wait": endpoint("waiter", 1),
            "pager": endpoint("pager", PAGER_BADGE),
            "no_call": '{ endpoint = "pager", rights = ["grant", "control"] }',
        },
    }
    priorities = {"pager": 100, "waiter": 80, "puppet": 70, "driver": 50, "runner": 20}
    text = START
    for who, priority in priorities.items():
        text += task(who, PROGRAM, priority, **own, **given.get(who, {}))
    return build(scripted(harness.system(text + last()), **scripts))
