"""The suites on real machines: figures have their stable names, and counts repeat exactly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import clock, tiny
from bench.baseline import compare
from bench.figures import Figure
from bench.run import SUITES, Run, host
from bench.suites import boot, ipc
from packer.build import build
from packer.cli.exits import Exit
from packer.cli.main import status
from packer.machine.errors import MachineError
from packer.machine.outcome import GuestError
from packer.machine.qemu import MICROVM, PC, TARGETS, Machine
from packer.manifest import DEMONSTRATION, load
from tests.packer.machine import guests

pytestmark = pytest.mark.boot

IPC_NAMES = [
    *("syscall.null", "ipc.call.cross.0w", "ipc.call.cross.8w", "ipc.call.cross.64w"),
    *("ipc.call.cross.120w", "sched.yield.solo", "fault.roundtrip", "mem.map_unmap"),
]
CASES = ["bios.pc", "bios.pc-ide", "pvh.microvm", "pvh.pc"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path, repeat=2, say=lambda text: None)


@pytest.mark.parametrize(
    ("target", "machine"),
    [(target, machine) for target, machines in TARGETS.items() for machine in machines],
    ids=lambda value: getattr(value, "name", value),
)
def test_the_floor_is_small_and_sends_its_byte(
    target: str, machine: Machine, tmp_path: Path
) -> None:
    image = tmp_path / "floor"
    image.write_bytes(tiny.image(target, tiny.FLOOR))
    assert image.stat().st_size <= 512
    assert 1 < boot.until(image, machine, b"U") < 10_000


def test_the_first_line_of_a_task_is_what_counts(tmp_path: Path) -> None:
    """Not the word inside a line; and a guest that never says it is an error."""
    late = (
        guests.say32("kernel user here\n") + b"\xb9\0\0\0\x02\x49\x75\xfd" + guests.say32("user ")
    )
    image = guests.write(tmp_path, "late", guests.kernel(late + guests.HALT))
    early = guests.write(tmp_path, "early", guests.kernel(guests.say32("user ") + guests.HALT))
    start = boot.FIRST_USER_LINE
    slow, fast = (min(boot.until(file, MICROVM, start) for _ in "123") for file in (image, early))
    assert slow > fast + 10, "the loop of 33,554,432 rounds was waited for"
    never = guests.write(tmp_path, "never", guests.kernel(guests.say32("x") + guests.end(0x31)))
    with pytest.raises(MachineError, match=r"never: error\[KP5002\]: did not send 'user '"):
        boot.until(never, MICROVM, start)


def test_the_clock_is_the_one_that_guests_read(tmp_path: Path) -> None:
    rates = [clock.ticks_per_nanosecond(tmp_path) for _ in range(3)]
    assert max(rates) < 1.1 * min(rates)


def test_the_boot_suite(run: Run) -> None:
    figures = {figure.name: figure for figure in boot.measure(run)}
    for case in CASES:
        ours, floor = figures[f"boot.{case}.wall"], figures[f"boot.floor.{case}.wall"]
        assert (ours.unit, len(ours.samples), len(floor.samples)) == ("ms", 2, 2)
    for case in ("pvh.microvm", "pvh.pc"):
        whole, kernel = (
            figures[f"boot.{case}.{part}"] for part in ("instructions", "kernel.instructions")
        )
        assert 5_000 < kernel.median < whole.median
    assert figures["boot.stage.ipc.instructions"].median > 0
    sizes = [figures[f"image.{name}.bytes"].median for name in ("kernel", "bios", "pvh")]
    assert sizes[0] < min(sizes[1:])


def test_stamps_become_figures_with_stable_names() -> None:
    def named(target: str, machine: Machine) -> dict[str, float]:
        case = boot.Case(target, machine, Path(), Path())
        return {
            each.name: each.median
            for each in boot.counted(case, [100, 101, 103, 106, 110, 115, 121])
        }

    pvh = named("pvh", MICROVM)
    assert pvh["boot.pvh.microvm.instructions"] == 121
    assert pvh["boot.pvh.microvm.kernel.instructions"] == 21
    assert [pvh[f"boot.stage.{stage}.instructions"] for stage in ("boot", "console", "ipc")] == [
        1,
        2,
        6,
    ]
    a_bios_waits_for_its_disk = {"boot.bios.pc.kernel.instructions": 21}
    assert named("bios", PC) == a_bios_waits_for_its_disk


def test_the_ipc_suite_counts_the_same_in_every_run(run: Run) -> None:
    first, second = ipc.measure(run), ipc.measure(run)
    assert [figure.name for figure in first] == [*IPC_NAMES, *(f"{n}.wall" for n in IPC_NAMES)]
    exact = [figure for figure in first if figure.unit == "instructions"]
    assert exact == [figure for figure in second if figure.unit == "instructions"]
    assert all(figure.unit == "ns" and min(figure.samples) > 0 for figure in first[len(exact) :])


def test_ticks_become_nanoseconds() -> None:
    assert ipc.wall(Figure("a", "ticks", [30, 60]), 3.0) == Figure("a.wall", "ns", [10.0, 20.0])


def test_a_guest_that_fails_is_no_figure(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    image = guests.write(run.folder, "x", guests.kernel(guests.say32("x\n") + guests.end(0x31)))
    with pytest.raises(GuestError, match="pvh on microvm: the guest ended as if it had passed"):
        boot.counts(boot.Case("pvh", MICROVM, image, image), build(load(DEMONSTRATION).system), run)


def test_the_host_is_described() -> None:
    described = host()
    assert described["accelerator"] == "tcg"
    assert described["qemu"].count(".") >= 1
    json.dumps(described)


def test_kpack_bench(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packer.cli.main._unwind_on_signals", lambda: None)
    assert SUITES == ("ipc", "boot")
    assert status(["bench", "ipc", "--json", "--runs", "1"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    names = [result["name"] for result in document["results"]]
    assert names[: len(IPC_NAMES)] == IPC_NAMES


def test_the_gate_closes_when_a_count_rises(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("packer.cli.main._unwind_on_signals", lambda: None)
    monkeypatch.setattr("bench.run.measure", lambda *_: [Figure("a", "instructions", [11])])
    monkeypatch.setattr("bench.baseline.read", lambda qemu: {"a": 10})
    assert status(["bench", "ipc"]) == Exit.OK
    assert status(["bench", "ipc", "--gate"]) == Exit.CHECK_FAILED
    assert "kpack: a rose from 10 to 11 instructions" in capsys.readouterr().err
    monkeypatch.setattr("bench.baseline.read", lambda qemu: {"a": 11})
    assert status(["bench", "ipc", "--gate"]) == Exit.OK
    assert compare([Figure("a", "instructions", [11])], {"a": 11}).lines() == []
