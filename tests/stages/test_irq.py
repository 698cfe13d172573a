"""Device interrupts that tasks take: from COM1, the keyboard controller, and the clock."""

from __future__ import annotations

import dataclasses
import re

import pytest

from kobjects.cpu.apic import LOCAL_APIC_ADDRESS, LocalApic
from kobjects.devices.pic import PicLine
from kobjects.devices.serial import Com1, InterruptEnable, ModemControl
from kobjects.kernel.abi import Abi, Call, IrqRights, Kind, ObjectType, Receive, Status
from kobjects.kernel.addresses import Page, User
from packer.machine.outcome import Outcome
from packer.machine.qmp import Monitor
from stages.vectors import Irq
from tests.stages import harness, kernels
from tests.stages.company import START, endpoint, last, task
from tests.stages.steps import PROGRAM, Step, by_name, error, receive, returned, scripted, thread
from tests.stages.table import ORDER, Result

pytestmark = pytest.mark.boot

BITS = {"uart": 0x8000_0000_0000_0010, "keyboard": 0x6, "clock": 1}
KEY = 0x5A
KEYBOARD_DATA, KEYBOARD_COMMAND = 0x60, 0x64
WRITE_OUTPUT_BUFFER = 0xD2
"""Command of the 8042: the next byte is as if the keyboard had sent it."""
CLOCK_INDEX, CLOCK_DATA = 0x70, 0x71
STATUS_A, STATUS_B, STATUS_C = 0xA, 0xB, 0xC
"""Registers of the MC146818: rate, enables, and what interrupted (reading ends that)."""
TICKS = 3
PATIENCE = 5_000_000
"""ns."""


def output(port: int, value: int) -> str:
    return f"    mov     edx, {port:#x}\n    mov     al, {value:#x}\n    out     dx, al\n"


def signal(name: str) -> Step:
    return receive(name, Receive.SIGNALS)


def acknowledge(name: str, who: str = "uart") -> Step:
    return Step(name, Call.IRQ_ACK, f"cap.{who}")


def look(name: str, who: str = "uart") -> Step:
    return Step(name, Call.INSPECT, f"cap.{who}")


ERRORS = [
    error("words", Status.BAD_ARGUMENT, Step("", Call.IRQ_ACK, "cap.uart", (0,))),
    error("zero", Status.EMPTY, Step("", Call.IRQ_ACK, 0)),
    error("past", Status.BAD_HANDLE, Step("", Call.IRQ_ACK, 64 * 64)),
    error("endpoint", Status.WRONG_TYPE, Step("", Call.IRQ_ACK, "cap.console")),
    error("no_right", Status.NO_RIGHT, Step("", Call.IRQ_ACK, "cap.weak")),
]
TRANSMITTER = int(InterruptEnable(transmitter_empty=True))
INTERRUPT = output(Com1.INTERRUPT_ENABLE, TRANSMITTER)
"""The transmitter is empty: enabling its interrupt raises it."""
NO_INTERRUPT = output(Com1.INTERRUPT_ENABLE, 0)
IN_TIME = f"""
    mov     eax, Call.CLOCK << Abi.NUMBER_SHIFT
    syscall
    lea     r15, [rsi + {PATIENCE}]
    mov     edi, Receive.SIGNALS
    mov     eax, Call.RECV << Abi.NUMBER_SHIFT | Abi.DEADLINE
    syscall
    call    store_block
    lea     rsi, [rip + in_time]
    call    tell
    jmp     behind
in_time:
    .asciz  "uart.masked"
behind:
"""
UART: tuple[Step | str, ...] = (
    *(step for step, _ in ERRORS),
    look("uart.before"),
    output(Com1.MODEM_CONTROL, int(ModemControl(out2=True))) + INTERRUPT,
    signal("uart.first"),
    look("uart.interrupted"),
    NO_INTERRUPT + INTERRUPT + NO_INTERRUPT,
    IN_TIME,
    look("uart.still"),
    acknowledge("uart.acknowledged"),
    signal("uart.second"),
    acknowledge("uart.again"),
    acknowledge("uart.twice"),
    look("uart.after"),
)
KEYBOARD: tuple[Step | str, ...] = (
    output(KEYBOARD_COMMAND, WRITE_OUTPUT_BUFFER) + output(KEYBOARD_DATA, KEY),
    signal("key"),
    f"""
    mov     edx, {KEYBOARD_DATA:#x}
    in      al, dx
    movzx   eax, al
    call    store_block
    lea     rsi, [rip + name_read]
    call    tell
    jmp     after_read
name_read:
    .asciz  "read"
after_read:
""",
)
READ_C = output(CLOCK_INDEX, STATUS_C) + f"    mov     edx, {CLOCK_DATA:#x}\n    in      al, dx\n"
CLOCK: tuple[Step | str, ...] = (
    output(CLOCK_INDEX, STATUS_A) + output(CLOCK_DATA, 0x26),  # 1,024 Hz
    output(CLOCK_INDEX, STATUS_B) + output(CLOCK_DATA, 0x42),  # periodic; hours to 24
    *(
        part
        for tick in range(TICKS)
        for part in (signal(f"tick.{tick}"), READ_C, acknowledge(f"acknowledged.{tick}", "clock"))
    ),
    output(CLOCK_INDEX, STATUS_B) + output(CLOCK_DATA, 0x02) + READ_C,
    # One more may have come before: the first would let it through, and the second be the last.
    *(acknowledge("acknowledged.late", "clock"), acknowledge("acknowledged.last", "clock")),
    look("clock", "clock"),
)


def line_of(line: PicLine, who: str, *rights: str) -> str:
    given = str([*rights]).replace("'", '"')
    return f'{{ irq = "{int(line)}", rights = {given}, badge = {BITS[who]} }}'


PORTS = 'ports = ["0x3f9-0x3fc", "0x60-0x60", "0x64-0x64", "0x70-0x71"]'
LINES = {
    "uart": line_of(PicLine.COM1, "uart", "ack"),
    "keyboard": line_of(PicLine.KEYBOARD, "keyboard", "ack"),
    "clock": line_of(PicLine.CLOCK, "clock", "ack"),
    "weak": line_of(PicLine.COM1, "uart", "control"),
}
SCRIPTS: dict[str, tuple[Step | str, ...]] = {
    "driver": (*UART, *KEYBOARD, *CLOCK, Step("runner.stopped", Call.STOP, "cap.runner")),
    # Never waits: every interrupt that is told took the processor from it.
    "runner": ("    jmp     steps",),
}


@pytest.fixture(scope="module")
def machine() -> tuple[Outcome, str]:
    """What the driver said, and what QEMU says of the 8259s at the end."""
    found: list[str] = []

    def ask(monitor: Monitor) -> None:
        found.append(monitor.human("info pic"))

    own = {"console": endpoint("console")}
    text = START.replace('["pvh"]', '["bios"]')
    text += task("driver", PROGRAM, 100, PORTS, **own, **LINES, runner=thread("runner", "control"))
    text += task("runner", PROGRAM, 20, **own)
    of = scripted(harness.system(text + last()), **SCRIPTS)
    return harness.boot(of, target="bios", icount=False, ask=ask), found[0]


@pytest.fixture(scope="module")
def told(machine: tuple[Outcome, str]) -> dict[str, Result]:
    return by_name(machine[0])


@pytest.mark.parametrize(("step", "status"), ERRORS, ids=[step.name for step, _ in ERRORS])
def test_an_error_is_told(told: dict[str, Result], step: Step, status: Status) -> None:
    registers = returned(told[step.name])
    assert registers == dict.fromkeys(ORDER, 0) | {"rax": status << Abi.STATUS_SHIFT}


SIGNALS = ["uart.first", "uart.second", "key", *(f"tick.{tick}" for tick in range(TICKS))]


@pytest.mark.parametrize("name", SIGNALS)
def test_an_interrupt_is_a_signal_with_its_bits(told: dict[str, Result], name: str) -> None:
    who = {"u": "uart", "k": "keyboard", "t": "clock"}[name[0]]
    signal = {"rax": Kind.SIGNAL << Abi.KIND_SHIFT, "rdi": BITS[who]}
    assert returned(told[name]) == dict.fromkeys(ORDER, 0) | signal


def irq(result: Result) -> tuple[int, ...]:
    """Line, masked, count."""
    rights = IrqRights(ack=True)
    assert result.words[:3] == [ObjectType.IRQ, 1, rights]
    assert result.registers["rax"] == 6
    return tuple(result.words[3:6])


def test_it_is_masked_until_it_is_acknowledged(told: dict[str, Result]) -> None:
    """And the 8259 keeps what comes meanwhile: it is told at the acknowledgement."""
    line = PicLine.COM1
    assert irq(told["uart.before"]) == (line, 0, 0)
    assert irq(told["uart.interrupted"]) == (line, 1, 1)
    assert told["uart.masked"].status is Status.TIMED_OUT
    assert irq(told["uart.still"]) == (line, 1, 1)
    assert irq(told["uart.after"]) == (line, 0, 2)


@pytest.mark.parametrize("name", ["uart.acknowledged", "uart.again", "uart.twice"])
def test_acknowledging_returns_nothing(told: dict[str, Result], name: str) -> None:
    assert returned(told[name]) == dict.fromkeys(ORDER, 0)


def test_a_driver_reads_its_device(told: dict[str, Result]) -> None:
    assert told["read"].registers["rax"] == KEY


def test_a_line_of_the_second_8259_interrupts_again_and_again(told: dict[str, Result]) -> None:
    line, masked, count = irq(told["clock"])
    assert (line, masked) == (PicLine.CLOCK, 0)
    assert count >= TICKS


def test_qemu_sees_those_lines_open_and_nothing_in_service(machine: tuple[Outcome, str]) -> None:
    """What the kernel waits for itself, line 0, has come; line 2 leads to the second 8259."""
    first, second = (
        {key: int(value, 16) for key, value in re.findall(r"(\w+)=([0-9a-f]+)", line)}
        for line in sorted(machine[1].splitlines())
        if line.startswith("pic")
    )
    # The keyboard's line has interrupted and nobody has acknowledged it.
    assert first["imr"] == 0xFF & ~(1 << PicLine.COM1 | 1 << PicLine.CASCADE)
    assert second["imr"] == 0xFF & ~(1 << PicLine.CLOCK - 8)
    assert first["isr"] == second["isr"] == 0


DEAD = f"""
    lea     rax, [rip + cpu + Cpu.irqs + {int(PicLine.COM1)} * IrqLine.size]
    mov     qword ptr [rax + IrqLine.generation], 99
{kernels.LEAVE}"""


def test_an_interrupt_for_a_dead_notification_is_counted_and_stays_masked() -> None:
    own = {"console": endpoint("console"), "uart": LINES["uart"]}
    steps = (INTERRUPT + NO_INTERRUPT, look("dead"), IN_TIME)
    said = START + task("uart", PROGRAM, 100, 'ports = ["0x3f9-0x3f9"]', **own) + last()
    of = kernels.patched(harness.system(said), "entry.asm", kernels.LEAVE, DEAD)
    found = by_name(harness.boot(scripted(of, uart=steps)))
    assert irq(found["dead"]) == (PicLine.COM1, 1, 1)
    assert found["uart.masked"].status is Status.TIMED_OUT


SEND = f"""
    mov     ecx, User.DEVICES + {int(LocalApic.ICR_LOW)}
    mov     dword ptr [rcx], 1 << 18 | {{vector}}
    mov     ecx, 100
behind_{{vector}}_{{place}}:
    dec     ecx
    jnz     behind_{{vector}}_{{place}}
    mov     ecx, User.DEVICES + {int(LocalApic.EOI)}
    mov     dword ptr [rcx], 0
"""
"""The processor sends itself a vector, destination shorthand "self", and ends its service."""


def test_a_vector_that_no_device_raised_is_no_interrupt() -> None:
    """Of a line that is masked, and of line 7, whose in-service bit tells."""
    own = {"console": endpoint("console")}
    lines = {"uart": LINES["uart"], "last": line_of(PicLine.LPT1, "uart", "ack")}
    com1, lpt1 = Irq.MASTER + PicLine.COM1, Irq.MASTER + PicLine.LPT1
    steps = (
        *(SEND.format(vector=com1, place=1), look("taken")),
        *(SEND.format(vector=com1, place=2), look("masked")),
        *(SEND.format(vector=lpt1, place=3), look("lost", "last")),
    )
    of = harness.system(START + task("driver", PROGRAM, 100, **own, **lines) + last())
    # No manifest can give a task the local APIC.
    lapic = {int(User.DEVICES): range(LOCAL_APIC_ADDRESS, LOCAL_APIC_ADDRESS + Page.SIZE)}
    tasks = [
        dataclasses.replace(each, physical=lapic) if each.name == "driver" else each
        for each in of.tasks
    ]
    found = by_name(harness.boot(scripted(dataclasses.replace(of, tasks=tasks), driver=steps)))
    assert irq(found["taken"]) == irq(found["masked"]) == (PicLine.COM1, 1, 1)
    assert irq(found["lost"]) == (PicLine.LPT1, 0, 0)
