"""Interrupts that nobody asked for: vectors without a device, NMIs at any time, machine checks.

A task with the local APIC sends what no device would; NMIs and machine checks come through QEMU's
monitor, into a machine that runs for ever and is looked at when its time is up.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

import pytest

from kobjects.cpu.apic import LOCAL_APIC_ADDRESS
from kobjects.cpu.exceptions import Vector
from kobjects.kernel.addresses import Page, User
from kobjects.kernel.cpu import Cpu
from packer.build import build
from packer.image import Image
from packer.machine.outcome import Outcome, Status
from packer.machine.qmp import Monitor
from stages.vectors import DebugExit, Irq
from tests.stages import harness
from tests.stages.company import START, endpoint, last, task

pytestmark = pytest.mark.boot

NMIS = 60
WAIT = 0.4
"""Seconds until a machine without an end is looked at."""
PATIENCE = 5.0
"""Seconds that a machine may take for what it is about to do."""

ACKNOWLEDGED = {Irq.TIMER}
"""Vectors from 0x21 on that the kernel takes for what they are."""


def cpu(monitor: Monitor, image: Image) -> Cpu:
    return Cpu.parse(harness.held(monitor, image, "cpu"))


LOST_LINES = (7, 15)
"""Each 8259's last, which it raises when what interrupted it is gone by the time it is asked."""


@pytest.fixture(scope="module")
def interrupted() -> tuple[Outcome, Cpu]:
    lines = {f"line{n}": f'{{ irq = "{n}", rights = ["ack"], badge = 1 }}' for n in LOST_LINES}
    of = harness.system(START + task("interrupter", "interrupter.asm", 100, **lines) + last())
    # No manifest can give a task the local APIC.
    lapic = {int(User.DEVICES): range(LOCAL_APIC_ADDRESS, LOCAL_APIC_ADDRESS + Page.SIZE)}
    tasks = [
        dataclasses.replace(each, physical=lapic) if each.name == "interrupter" else each
        for each in of.tasks
    ]
    image = build(dataclasses.replace(of, tasks=tasks))
    found: list[Cpu] = []
    outcome = harness.boot(image, ask=lambda monitor: found.append(cpu(monitor, image)))
    return outcome, found[0]


def test_every_vector_without_a_device_is_counted_as_spurious(
    interrupted: tuple[Outcome, Cpu],
) -> None:
    """Those of the 8259s' line 7 too: their in-service bits say that no device raised them."""
    outcome, found = interrupted
    harness.passed(outcome)
    sent = {*range(0x21, 0x100)}
    assert found.spurious == len(sent - ACKNOWLEDGED)
    assert found.interrupts >= len(sent)


def test_they_end_nobody_and_none_stays_in_service(interrupted: tuple[Outcome, Cpu]) -> None:
    """The sender itself looks what is in service, and would fault."""
    said = harness.lines(interrupted[0])
    assert not [line for line in said if line.startswith("thread ")]


def test_a_lost_interrupt_is_not_the_line_s_own(interrupted: tuple[Outcome, Cpu]) -> None:
    """A task has both lines, and no device raised them."""
    _, found = interrupted
    for line in LOST_LINES:
        assert found.irqs[line].object
        assert found.irqs[line].count == 0


def busy() -> Image:
    """A machine that counts, calls and is interrupted, for ever."""
    text = START
    text += task("echo", "kpack:user/pong.asm", 100)
    for name, more in (("witness", {}), ("caller", {"echo": endpoint("echo")})):
        own = {
            "count": '{ frame = "page", rights = ["read", "write"] }',
            "self": f'{{ space = "{name}", rights = ["map"] }}',
        }
        text += task(name, f"{name}.asm", 100, **own, **more)
    return build(harness.system(text))


def watch(image: Image, ask: Callable[[Monitor], None]) -> Outcome:
    return harness.boot(image, icount=False, timeout=WAIT, ask=ask)


def test_nonmaskable_interrupts_are_counted_and_nobody_notices() -> None:
    """They come anywhere: in tasks, and in the kernel between SYSCALL and SYSRET."""
    image = busy()
    counts: list[bytes] = []

    def ask(monitor: Monitor) -> None:
        assert cpu(monitor, image).nmis == 0
        monitor.ask("cont")
        for number in range(NMIS):
            counts.append(harness.held(monitor, image, "frame.page")[:16])
            monitor.ask("inject-nmi")
            # One that comes while another waits is the same to the processor.
            arrived(lambda: cpu(monitor, image).nmis, number + 1)
        time.sleep(0.02)
        counts.append(harness.held(monitor, image, "frame.page")[:16])
        monitor.pause()

    outcome = watch(image, ask)
    assert outcome.status is Status.TIMED_OUT
    looks, trips = ([int.from_bytes(one[at : at + 8], "little") for one in counts] for at in (0, 8))
    assert looks == sorted(looks)
    assert looks[0] < looks[-1], "the witness goes on, and its registers are its own"
    assert trips[0] < trips[-1], "the caller goes on, and its words come back"
    assert "thread " not in outcome.serial.partition("system calls")[2]


def arrived(look: Callable[[], int | None], value: int) -> None:
    """Wait until a look finds what the machine is about to do."""
    deadline = time.monotonic() + PATIENCE
    while look() != value:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_a_machine_check_is_a_panic() -> None:
    """Not a shutdown, which it is while CR4.MCE is clear."""

    def ask(monitor: Monitor) -> None:
        valid_uncorrected_enabled = 0xB200_0000_0000_0000
        monitor.human(f"mce -b 0 1 {valid_uncorrected_enabled:#x} 4 0 0")
        monitor.ask("cont")
        arrived(monitor.verdict, DebugExit.PANIC)
        monitor.pause()

    said = watch(busy(), ask).serial
    assert "kernel panic: " in said
    assert f"VEC  {int(Vector.MC):016x}" in said
