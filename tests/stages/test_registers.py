"""What read_thread gives and write_thread changes: registers and settings of a thread."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kobjects.cpu.debug import Dr7
from kobjects.cpu.exceptions import Vector
from kobjects.kernel.abi import Abi, Call, Kind, Status
from kobjects.kernel.abi import ThreadPart as Part
from kobjects.kernel.addresses import User
from kobjects.kernel.slot import Slot
from kobjects.kernel.thread import Thread, ThreadFlags
from packer.image import Image
from packer.machine.outcome import Outcome
from packer.machine.qmp import Monitor
from tests.stages import harness, puppets
from tests.stages.puppets import (
    ADDRESSES,
    ALWAYS,
    DR7,
    ERRORS,
    LIMIT,
    MORE,
    ONES,
    OTHERS,
    PAGER_BADGE,
    READABLE,
    RESUME,
    RUNNER_FLAGS,
    RUNNING,
    SLOT,
    STACK,
    TRAP,
    USER_FLAGS,
    WRITTEN,
)
from tests.stages.steps import Step, by_name, returned
from tests.stages.table import ORDER, POISON, WORDS, Result

pytestmark = pytest.mark.boot

Machine = tuple[Image, Outcome, Thread]


@pytest.fixture(scope="module")
def machine() -> Machine:
    """And the puppet's page at the end."""
    image = puppets.image()
    found: list[Thread] = []

    def ask(monitor: Monitor) -> None:
        found.append(Thread.parse(harness.held(monitor, image, "thread.puppet")))

    return image, harness.boot(image, ask=ask), found[0]


@pytest.fixture(scope="module")
def told(machine: Machine) -> dict[str, Result]:
    return by_name(machine[1])


def given_by(result: Result, count: int) -> list[int]:
    """The words of a successful call that returns so many; all other registers are 0."""
    registers = returned(result)
    others = {name: registers[name] for name in ORDER if name not in ("rax", *WORDS)}
    assert others == dict.fromkeys(others, 0)
    assert result.registers["rax"] == count
    assert result.words[count:] == [0] * (Abi.REGISTER_WORDS - count)
    return result.words[:count]


@pytest.mark.parametrize(("step", "status"), ERRORS, ids=[step.name for step, _ in ERRORS])
def test_an_error_is_told(told: dict[str, Result], step: Step, status: Status) -> None:
    registers = returned(told[step.name])
    assert registers == dict.fromkeys(ORDER, 0) | {"rax": status << Abi.STATUS_SHIFT}


@pytest.mark.parametrize("part", READABLE)
def test_errors_change_nothing(told: dict[str, Result], part: Part) -> None:
    before, after = told[f"before.{part.name}"], told[f"after.{part.name}"]
    assert before.status is Status.OK
    assert before.registers == after.registers


def test_a_writer_is_told_ok(told: dict[str, Result]) -> None:
    for name in [each for each in told if each.startswith("write.") and each not in dict(FAILING)]:
        assert returned(told[name]) == dict.fromkeys(ORDER, 0), name


FAILING = [(step.name, status) for step, status in ERRORS]


def test_an_interrupted_thread_shows_every_register(
    machine: Machine, told: dict[str, Result]
) -> None:
    rip, rsp, flags, *others = given_by(told["runner"], 9)
    assert rip == harness.labels(machine[0], "runner")["runner_spins"]
    assert rsp == User.STACK_TOP
    assert flags == RUNNER_FLAGS
    assert others == [RUNNING[name] for name in OTHERS]
    assert given_by(told["runner.more"], 9) == [RUNNING[name] for name in MORE]


def test_the_caller_itself_shows_what_it_called_with(told: dict[str, Result]) -> None:
    rip, rsp, flags, rax, rbx, rcx, rdx, rsi, rdi = given_by(told["own"], 9)
    assert User.TEXT < rip < User.TEXT + 0x10000
    assert rsp == User.STACK_TOP - 8, "do_call was called"
    assert (flags, rcx) == (ALWAYS, 0)
    assert (rax, rsi, rdi) == (Call.READ_THREAD << Abi.NUMBER_SHIFT | 1, Part.REGISTERS, 0)
    assert (rbx, rdx) == (poison("rbx"), poison("rdx"))
    more = dict(zip(MORE, given_by(told["own.more"], 9), strict=True))
    assert more == {name: poison(name) for name in MORE} | {"r11": 0}


def test_a_thread_that_waits_shows_nothing_of_the_kernel(told: dict[str, Result]) -> None:
    """SYSCALL keeps neither RCX nor R11, and the kernel has used both."""
    rip, _, _, _, _, rcx, *_ = given_by(told["waiting"], 9)
    assert rip > User.TEXT
    assert rcx == 0
    assert given_by(told["waiting.more"], 9)[MORE.index("r11")] == 0


def poison(name: str) -> int:
    return POISON + ORDER.index(name)


def test_a_written_thread_runs_with_what_was_written(told: dict[str, Result]) -> None:
    found = told["puppet.anew"]
    expected = {name: WRITTEN[name] for name in ORDER}
    assert found.registers == expected
    assert found.first == STACK
    assert found.last == (USER_FLAGS ^ TRAP ^ RESUME) | ALWAYS, "RF is 0 behind an instruction"
    assert given_by(told["read.more"], 9) == [WRITTEN[name] for name in MORE]


def test_of_the_flags_only_a_task_s_own_are_written(told: dict[str, Result]) -> None:
    assert given_by(told["flags"], 9)[2] == USER_FLAGS | ALWAYS


def test_the_written_supervisor_is_told_with_its_badge(
    machine: Machine, told: dict[str, Result]
) -> None:
    report = told["pager.1"]
    assert report.registers["rax"] >> Abi.KIND_SHIFT == Kind.FAULT
    assert report.registers["rdi"] == PAGER_BADGE
    assert report.words[0] == Vector.DB
    assert report.words[2] == harness.labels(machine[0], "puppet")["steps"], "behind a jump"
    single_step = 0xFFFF_4FF0
    assert report.words[3] == single_step
    assert given_by(told["trapped.debug"], 6)[5] == single_step
    assert told["trapped"].words[3] == 5, "it was told to stop"


def test_without_a_supervisor_the_kernel_says_so(machine: Machine) -> None:
    said = [line for line in harness.lines(machine[1]) if line.startswith("thread ")]
    assert len(said) == 1
    assert said[0].startswith(f"thread puppet faulted: vector {int(Vector.DB)} ")


SETTINGS = [
    ("bases", [LIMIT - 1, 0x1234]),
    ("debug", [*ADDRESSES, DR7 | Dr7(), 0xFFFF_4FF0]),
    ("slot", [SLOT]),
    ("fpu", [1]),
    ("no_fpu", [0]),
    ("no_debug", [*ADDRESSES, Dr7(), 0xFFFF_4FF0]),
    ("runner.priority", [20, 20]),
]


@pytest.mark.parametrize(("name", "words"), SETTINGS, ids=[name for name, _ in SETTINGS])
def test_a_setting_is_read_as_written(
    told: dict[str, Result], name: str, words: Sequence[int]
) -> None:
    assert given_by(told[name], len(words)) == [*words]


def test_settings_that_a_switch_must_know_are_flags(told: dict[str, Result]) -> None:
    every = ThreadFlags(bases=True, debug=True, fpu=True)
    assert told["all"].words[7] == every
    assert told["none"].words[7] == 0


def test_without_them_it_may_take_the_fast_path_again(machine: Machine) -> None:
    assert machine[2].flags == 0
    assert machine[2].bad_mask == ONES ^ 63 * Slot.size


def test_priority_decides_who_runs(told: dict[str, Result]) -> None:
    order = list(told)
    assert order.index("waiter.high") < order.index("sent.high")
    assert order.index("sent.low") < order.index("waiter.low")
    assert order.index("waiter.raised") < order.index("sent.raised")


def test_priority_is_the_floor_of_what_is_inherited(told: dict[str, Result]) -> None:
    """The driver, of priority 50, waits for the reply meanwhile."""
    assert given_by(told["serving"], 2) == [40, 50]
    assert given_by(told["serving.60"], 2) == [60, 60]
    assert given_by(told["serving.50"], 2) == [50, 50]
    assert given_by(told["serving.30"], 2) == [30, 50]
    assert given_by(told["afterwards"], 2) == [30, 30]
    assert told["called.low"].words[0] == 7
    assert given_by(told["lowered"], 2) == [30, 30]
