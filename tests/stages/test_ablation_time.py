"""The processor when nobody wants it, when one does, and when some want it all the time."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from kobjects.cpu.apic import LOCAL_APIC_ADDRESS
from kobjects.kernel.addresses import Page, User
from kobjects.kernel.bootinfo import BootInfo
from kobjects.kernel.cpu import Cpu
from packer.build import build
from packer.image import Image
from packer.machine.outcome import Outcome, Status
from packer.machine.qmp import Monitor
from stages.model import System
from stages.vectors import Slice
from tests.stages import harness, kernels
from tests.stages.company import START, endpoint, last, task

pytestmark = pytest.mark.boot

LAPIC = {int(User.DEVICES): range(LOCAL_APIC_ADDRESS, LOCAL_APIC_ADDRESS + Page.SIZE)}
LIBRARY = "kpack:user/lib.asm"
HERTZ = 1_000_000_000
"""Under icount: of the time-stamp counter, one an instruction, and of QEMU's local APIC."""


def with_lapic(of: System, name: str) -> System:
    """The system whose task of that name sees the local APIC, which no manifest can give it."""
    tasks = [
        dataclasses.replace(each, physical=LAPIC) if each.name == name else each
        for each in of.tasks
    ]
    return dataclasses.replace(of, tasks=tasks)


def cpu(monitor: Monitor, image: Image) -> Cpu:
    return Cpu.parse(harness.held(monitor, image, "cpu"))


def watched(of: System, ask: Callable[[Monitor, Image], None], *, seconds: float) -> Outcome:
    """A machine without an end, looked at when its time is up."""
    image = build(of)
    outcome = harness.boot(image, timeout=seconds, ask=lambda monitor: ask(monitor, image))
    assert outcome.status is Status.TIMED_OUT, outcome.serial
    return outcome


def test_an_interrupt_of_the_idle_processor_lets_it_idle_on() -> None:
    """The local APIC's timer fires once with a vector that nobody knows, when all tasks wait."""
    text = START + task("alarm", "alarm.asm", 100)
    found: list[tuple[Cpu, str]] = []

    def ask(monitor: Monitor, image: Image) -> None:
        found.append((cpu(monitor, image), monitor.registers()))

    outcome = watched(with_lapic(harness.system(text), "alarm"), ask, seconds=0.5)
    ((seen, registers),) = found
    assert "panic" not in outcome.serial
    assert seen.spurious == 1
    assert seen.ready_count == 0
    assert "HLT=1" in registers


def test_a_task_alone_is_not_interrupted_again() -> None:
    """The first slice is measured while tasks are ready; then one is left, and no timer is set."""
    text = START + task("spinner", "spinner.asm", 100)
    counts: list[int] = []

    def ask(monitor: Monitor, image: Image) -> None:
        counts.append(cpu(monitor, image).interrupts)

    watched(harness.system(text), ask, seconds=0.4)
    assert counts[0] <= 2, "the 8254's and at most one of the local APIC's"


NOTED = "    mov     r8, rax                     ; what the time-stamp counter counted meanwhile\n"
LONG_AGO = {"new": "", "old": "    mov     edx, 1\n"}
"""What a counter of more than 32 bits leaves in rdx, whose half it is, a line does here."""


@pytest.mark.parametrize("age", LONG_AGO)
def test_the_rates_are_those_of_the_machine(age: str) -> None:
    """Under icount QEMU's counters are exact; the 8254's interrupt comes a few ticks late."""
    of = harness.system(START + task("turn", "spinner.asm", 100) + last(100))
    if LONG_AGO[age]:
        of = kernels.patched(of, "timer.asm", NOTED, NOTED + LONG_AGO[age])
    image = build(of)
    found: list[tuple[Cpu, BootInfo]] = []

    def ask(monitor: Monitor) -> None:
        info = BootInfo.parse(harness.held(monitor, image, "boot_info"))
        found.append((cpu(monitor, image), info))

    harness.passed(harness.boot(image, ask=ask))
    ((seen, info),) = found
    assert info.tsc_hz == pytest.approx(HERTZ, rel=0.01)
    assert seen.slice == pytest.approx(HERTZ * Slice.MICROSECONDS / 1e6, rel=0.01)
    assert seen.half_slice == pytest.approx(HERTZ * Slice.MICROSECONDS / 2e6, rel=0.01)


def test_nobody_is_interrupted_when_all_wait() -> None:
    """The local APIC's timer, which the first slice measured, would come to its end in 4.3 s: under
    icount at once, as there is nothing else to wait for.
    """
    counts: list[int] = []

    def ask(monitor: Monitor, image: Image) -> None:
        counts.append(cpu(monitor, image).interrupts)

    watched(harness.system(START), ask, seconds=0.5)
    assert counts == [1], "the 8254's"


def test_endless_calls_take_nobody_s_turn() -> None:
    """The flood's every call makes its server and itself ready, which must not begin a new slice;
    the one that ends the run is the flood's equal.
    """
    text = START
    text += task("echo", "kpack:user/pong.asm", 150, 'ports = ["0x80-0x80"]')
    text += task("flood", "flood.asm", 100, echo=endpoint("echo"))
    harness.passed(harness.boot(harness.system(text + last(100))))


def test_who_follows_in_a_slice_has_half_a_one_at_least() -> None:
    """The early one gives the processor up after 7 tenths of a slice, and 3 tenths are too few for
    the runner: it goes on beyond the slice's end.
    """
    own = {"console": endpoint("console"), "finish": endpoint("finish")}
    text = START
    text += task("early", "early.asm", 100)
    text += task("runner", f"runner.asm last.asm {LIBRARY}", 100, **own)
    text += task("other", "spinner.asm", 100)
    outcome = harness.passed(harness.boot(harness.system(text)))
    runs = [run for (run,) in harness.words(outcome, "ran")]
    whole = HERTZ * Slice.MICROSECONDS // 1_000_000
    assert len(runs) == 6
    assert min(runs) >= whole // 2
    assert max(runs) <= whole * 3 // 2 + whole // 100
