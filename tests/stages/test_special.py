"""FS and GS base, and breakpoints: one thread's, whoever runs between."""

from __future__ import annotations

import struct

import pytest

from kobjects.cpu.debug import BreakLength, BreakOn, Dr6, Dr7
from kobjects.cpu.exceptions import Vector
from kobjects.kernel.abi import Abi, Call, FaultReply, ThreadPart
from kobjects.kernel.addresses import User
from packer.build import build
from packer.image import Image
from packer.machine.outcome import Outcome
from packer.machine.qmp import Monitor
from tests.kobjects.dump import Dump
from tests.stages import harness
from tests.stages.company import START, endpoint, last, task
from tests.stages.steps import PROGRAM, scripted
from tests.stages.table import ORDER, WORDS

pytestmark = pytest.mark.boot

BLOCK = 0x900
"""Where calls.asm stores registers, in the message buffer's page."""
DATA = int(User.BUFFER) + 0xC00
FS, GS, WRONG, DONE, PLACES = range(5)
"""Words at DATA: what the bases point to, how often that was not found, whether all was done."""
ROUNDS = 300_000
"""Of each half: without and with a call in every round."""
HALF = """
{label}:
    mov     rax, fs:[{fs:#x}]
    cmp     rax, {first}
    setne   cl
    movzx   ecx, cl
    add     [rbp + {wrong}], rcx
    mov     rax, gs:[{gs:#x}]
    cmp     rax, {second}
    setne   cl
    movzx   ecx, cl
    add     [rbp + {wrong}], rcx
"""


def data(place: int) -> int:
    return DATA + place * 8


def set_bases(fs: int, gs: int) -> str:
    return f"""
    xor     edi, edi                    ; the caller
    mov     esi, {int(ThreadPart.BASES)}
    mov     edx, {fs:#x}
    mov     r8d, {gs:#x}
    mov     eax, {Call.WRITE_THREAD << Abi.NUMBER_SHIFT | 3}
    syscall
"""


def look(fs: int, gs: int, first: str, second: str) -> str:
    """A task that compares what fs:[fs] and gs:[gs] hold, without calls and between calls."""

    def half(label: str) -> str:
        return HALF.format(
            label=label, fs=fs, gs=gs, first=first, second=second, wrong=WRONG * 8,
        )  # fmt: skip

    return f"""
    push    {ROUNDS}
    mov     ebp, {DATA:#x}
{half("alone")}
    dec     qword ptr [rsp]
    jnz     alone
    mov     qword ptr [rsp], {ROUNDS // 100}
turns_begin:
    mov     eax, Call.YIELD << Abi.NUMBER_SHIFT
    syscall
    mov     ebp, {DATA:#x}
{half("turns")}
    dec     qword ptr [rsp]
    jnz     turns_begin
    mov     qword ptr [rbp + {DONE * 8}], 1
"""


def based(number: int) -> tuple[str, ...]:
    """A task with bases of its own, whose words only it has."""
    write = "".join(
        f"    mov     eax, {data(place):#x}\n    mov     qword ptr [rax], {number * 16 + place}\n"
        for place in (FS, GS)
    )
    # Each has other bases for the same words: what is another's points elsewhere.
    shift = number * 0x100
    first, bases = set_bases(1, 2), set_bases(data(FS) - shift, data(GS) - shift)
    return (write, first, bases, look(shift, shift, str(number * 16 + FS), str(number * 16 + GS)))


BASED = {f"based_{number}": based(number) for number in (1, 2)}
FLAT = look(data(FS), data(GS), "[rbp]", "[rbp + 8]")
"""A task without: its bases are 0."""
WATCH = Dr7(
    local_0=True, on_0=BreakOn.WRITE, length_0=BreakLength.EIGHT,
    global_1=True, on_1=BreakOn.EXECUTE,
)  # fmt: skip
"""Breakpoint 0 is DATA, 1 the label `hit`."""


def set_breakpoints(label: str, control: int) -> str:
    return f"""
    xor     edi, edi
    mov     esi, {int(ThreadPart.DEBUG)}
    mov     edx, {DATA:#x}
    lea     r8, [rip + {label}]
    xor     r9d, r9d
    xor     r10d, r10d
    mov     ebx, {control:#x}
    mov     eax, {Call.WRITE_THREAD << Abi.NUMBER_SHIFT | 6}
    syscall
"""


def watcher(control: int) -> tuple[str, ...]:
    """Sets breakpoints, lets the others run, and touches both places: the same text for all."""
    return (
        f"""
{set_breakpoints("written", control)}
    mov     eax, Call.YIELD << Abi.NUMBER_SHIFT
    syscall
{set_breakpoints("hit", control)}
    mov     eax, {int(FaultReply.RESUME)}
    lea     rdi, [rip + behind]
hit:
    nop
behind:
    xor     eax, eax                    ; FaultReply.RETRY
    mov     ecx, {DATA:#x}
    mov     qword ptr [rcx], 1
written:
    xor     edi, edi
    mov     esi, {int(ThreadPart.DEBUG)}
    mov     eax, {Call.READ_THREAD << Abi.NUMBER_SHIFT | 1}
    syscall
    call    store_block
""",
    )


WATCHERS = {
    "watcher": watcher(WATCH),
    "neighbour": watcher(WATCH.replace(local_0=False, global_1=False)),
}


@pytest.fixture(scope="module", params=["qemu64", "max"])
def machine(request: pytest.FixtureRequest) -> tuple[Image, Outcome, Dump, dict[str, bytes]]:
    steps: dict[str, tuple[str, ...]] = {**BASED, "flat": (FLAT,), **WATCHERS}
    own = {"console": endpoint("console")}
    text = START + task(
        "doctor", "doctor.asm kpack:user/lib.asm", 200,
        **own, page='{ frame = "page", rights = [] }', patient='{ space = "flat", rights = [] }',
    )  # fmt: skip
    for badge, who in enumerate(steps):
        given = {**own, "doctor": endpoint("doctor", badge)}
        priority = 40 if who in WATCHERS else 50
        text += task(who, PROGRAM, priority, 'supervisor = "doctor"', **given)
    image = build(scripted(harness.system(text + last()), **steps))
    found: list[Dump] = []
    buffers: dict[str, bytes] = {}

    def ask(monitor: Monitor) -> None:
        found.append(Dump(b"", monitor.registers(), []))
        buffers.update({who: harness.held(monitor, image, f"message.{who}") for who in steps})

    outcome = harness.passed(harness.boot(image, cpu=str(request.param), ask=ask))
    return image, outcome, found[0], buffers


def words_at(page: bytes, at: int, count: int) -> tuple[int, ...]:
    return struct.unpack_from(f"<{count}Q", page, at)


Machine = tuple[Image, Outcome, Dump, dict[str, bytes]]


@pytest.mark.parametrize("who", [*BASED, "flat"])
def test_a_base_is_one_thread_s(machine: Machine, who: str) -> None:
    words = words_at(machine[3][who], DATA - int(User.BUFFER), PLACES)
    assert (words[WRONG], words[DONE]) == (0, 1)


def test_who_has_no_base_runs_with_0(machine: Machine) -> None:
    """The last to run has none."""
    for name in ("FS", "GS"):
        assert machine[2].segment(name)[1] == 0


def reports(machine: Machine) -> list[list[int]]:
    """badge, vector, rip, address."""
    told = harness.words(machine[1], "told")
    return [[badge, vector, rip, address] for _, badge, vector, _, rip, address, *_ in told]


def test_breakpoints_are_one_thread_s_faults(machine: Machine) -> None:
    """And DR6 says which; the neighbour, of the same addresses, meets none."""
    places = harness.labels(machine[0], "watcher")
    assert places == harness.labels(machine[0], "neighbour")
    badge = [*BASED, "flat", *WATCHERS].index("watcher")
    assert reports(machine) == [
        [badge, Vector.DB, places["hit"], Dr6(b1=True)],
        [badge, Vector.DB, places["written"], Dr6(b0=True)],
    ]


def test_the_thread_reads_its_breakpoints_and_dr6(machine: Machine) -> None:
    hit = harness.labels(machine[0], "watcher")["hit"]
    off = WATCH.replace(local_0=False, global_1=False)
    for who, control, status in (("watcher", WATCH, Dr6(b0=True)), ("neighbour", off, 0)):
        block = words_at(machine[3][who], BLOCK, len(ORDER))
        read = dict(zip(ORDER, block, strict=True))
        assert read["rax"] == 6
        assert [read[name] for name in WORDS[:6]] == [DATA, hit, 0, 0, control, status]


def test_whoever_else_runs_has_none_on(machine: Machine) -> None:
    assert machine[2].register("DR7") == Dr7()
