"""The kernel's operations: counts repeat exactly and are the committed ones; times have floors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench import clock, compiled
from bench.baseline import compare, counts, read
from bench.figures import INSTRUCTIONS, Figure
from bench.run import Run, qemu_version
from bench.suites import ipc
from kobjects.kernel.bootinfo import BootInfo
from packer.build import build
from packer.machine.outcome import MARKER, GuestError, Outcome, Status
from packer.machine.qemu import MICROVM, Launch
from packer.machine.qmp import Monitor
from packer.machine.run import Company
from packer.machine.run import run as boot
from packer.manifest import load
from tests.packer.machine import guests

OPERATIONS = [
    *("sched.yield.pair", "syscall.null", "ipc.call.cross.0w", "ipc.call.cross.8w"),
    *(
        "ipc.call.cross.64w",
        "ipc.call.cross.120w",
        "ipc.call.cross.0w.fpu",
        "ipc.call.same.0w",
        "ipc.signal_wait.cross",
        "sched.yield.solo",
        "fault.roundtrip",
        "irq.to_task",
        "thread.create_destroy",
    ),
    "mem.map_unmap",
]
COMPILED = "ipc.call.cross.0w.c"
FLOORS = ["ipc.floor.syscall", "ipc.floor.cross"]
SAMPLES = 32
"""In one run of the guest."""

CALL = 90
"""Instructions that a call and its reply between two address spaces may take."""


def counted(guests: Sequence[ipc.Guest]) -> list[Figure]:
    """The instruction counts of one run of each."""
    return [
        figure
        for guest in guests
        for figure in ipc.told(ipc.count(guest.file), INSTRUCTIONS, guest)
    ]


@pytest.mark.boot
def test_two_runs_count_the_same(run: Run) -> None:
    _, guests = ipc.prepare(run)
    first, second = (counted(guests) for _ in "12")
    assert first == second
    compiled_too = [COMPILED] if len(guests) == 2 else []
    assert [figure.name for figure in first] == [*OPERATIONS, *compiled_too]
    for figure in first:
        assert len(figure.samples) == SAMPLES
        assert len(set(figure.samples)) == 1, figure


@pytest.mark.boot
def test_the_counts_are_the_committed_ones(run: Run) -> None:
    committed = read(qemu_version())
    if not committed:
        pytest.skip(f"no baseline for QEMU {qemu_version()}")
    compared = compare(counted([ipc.assembled(run.folder)]), committed)
    changed = compared.risen or compared.fallen or compared.new
    assert not changed, "\n".join(compared.lines())


@pytest.mark.boot
def test_a_round_trip_between_two_spaces_is_short(run: Run) -> None:
    assert counts(counted([ipc.assembled(run.folder)]))["ipc.call.cross.0w"] <= CALL


@pytest.mark.boot
def test_times_come_beside_their_floor(run: Run) -> None:
    figures = {figure.name: figure for figure in ipc.measure(run)}
    names = [*OPERATIONS, *([] if compiled.missing() else [COMPILED])]
    walls = [f"{name}.wall" for name in (*FLOORS, *names)]
    assert list(figures) == [*names, *walls]
    for name in walls:
        figure = figures[name]
        assert (figure.unit, len(figure.samples)) == ("ns", 2 * SAMPLES)
        if figure.floor:
            assert min(figure.samples) > 0.8 * figures[figure.floor].percentile(1), figure.name
    assert [name for name in walls if not figures[name].floor] == walls[: len(FLOORS)]
    assert figures["ipc.call.cross.0w.wall"].floor == "ipc.floor.cross.wall"
    assert figures["syscall.null.wall"].floor == "ipc.floor.syscall.wall"


@pytest.mark.boot
def test_the_clock_repeats_itself(tmp_path: Path) -> None:
    rates = [clock.ticks_per_nanosecond(tmp_path) for _ in "12"]
    assert max(rates) < 1.1 * min(rates)


@pytest.mark.boot
def test_the_clock_agrees_with_the_8254(run: Run) -> None:
    """The kernel measures by the 8254 in its first slice. A host that takes the emulator off the
    processor between two of its reads makes one boot wrong, not five.
    """
    image = build(load(ipc.MANIFEST).system)
    address = image.symbols.physical("boot_info")
    hertz: list[int] = []

    def read_rate(monitor: Monitor) -> None:
        hertz.append(BootInfo.parse(monitor.memory(address, BootInfo.size)).tsc_hz)

    file = ipc.assembled(run.folder).file
    for _ in range(5):
        boot(file, MICROVM, Launch(stay=True), company=Company(at_end=read_rate))
    rate = clock.ticks_per_nanosecond(run.folder)
    assert min(abs(each / 1e9 / rate - 1) for each in hertz) < 0.03


def test_ticks_become_nanoseconds_of_all_rounds() -> None:
    rounds = [
        [Figure("ipc.call.cross.0w", "ticks", [30]), Figure("syscall.null", "ticks", [3])],
        [Figure("ipc.call.cross.0w", "ticks", [60]), Figure("syscall.null", "ticks", [6])],
    ]
    assert list(ipc.walls(rounds, 3.0)) == [
        Figure("ipc.call.cross.0w.wall", "ns", [10.0, 20.0], "ipc.floor.cross.wall"),
        Figure("syscall.null.wall", "ns", [1.0, 2.0], "ipc.floor.syscall.wall"),
    ]


def outcome(serial: str) -> Outcome:
    """A run that passed, whatever it sent."""
    return Outcome(Status.PASSED, "", 99, serial, (), 0.0)


def test_what_a_guest_sends_must_be_whole() -> None:
    sent = outcome(f"figure syscall.null ticks 1 2\nfigure a ticks 1\nfigures 2\n{MARKER}\n")
    expected = (
        "the figures of floor.ipc: line 2, 'figure a ticks 1': 1 samples, where syscall.null has 2"
    )
    with pytest.raises(GuestError, match=f"^{expected}$") as raised:
        ipc.told(sent, "ticks")
    assert raised.value.outcome == replace(
        sent, status=Status.FAILED, reason=expected.partition(": ")[2]
    )


def test_ticks_are_not_taken_for_instructions() -> None:
    sent = outcome("figure syscall.null ticks 1\nfigures 1\n")
    with pytest.raises(GuestError, match=r"syscall\.null is in ticks instead of instructions"):
        ipc.told(sent, INSTRUCTIONS)


@pytest.mark.boot
def test_a_guest_that_does_not_pass_is_no_figure(tmp_path: Path) -> None:
    sent = "figure a instructions 1\nfigures 1\n"
    code = guests.say32(sent) + guests.end(0x31)
    image = guests.write(tmp_path, "bad", guests.kernel(code))
    with pytest.raises(GuestError, match=f"^bad on {MICROVM.name}: .* is missing$"):
        ipc.count(image)
