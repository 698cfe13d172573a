"""The clock: dates of the CMOS clock in all its modes, and clients that sleep.

Dates are set by QEMU's `-rtc` and read through the shell; Python's datetime is the truth.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest

from kobjects.devices.rtc import CmosRegister, CmosStatusB
from kobjects.kernel.abi import Abi, Call, Status
from kobjects.kernel.services import ClockRequest, Result
from stages.model import System
from tests.stages.company import endpoint, last, task
from tests.stages.harness import boot, system, with_program
from tests.stages.steps import PROGRAM, Step, by_name, scripted
from tests.stages.user.dialog import Dialog, sitting_at
from tests.stages.user.services import CLOCK, CONSOLE, IMAGE, NAMES, shell, stand_in

pytestmark = pytest.mark.boot

SHOWN = "%Y-%m-%d %H:%M:%S"
PROMPT = "kpack> "
LATE = timedelta(seconds=30)
"""What a boot on a busy host may take."""


def shown_date(person: Dialog) -> datetime:
    (line,) = person.answer("date", PROMPT)
    return datetime.strptime(line, SHOWN)


@pytest.mark.parametrize(
    "base",
    [
        "1970-01-02T00:00:30",
        "1999-12-31T23:59:58",
        "2000-02-28T23:59:58",
        "2000-02-29T23:59:58",
        "2023-02-28T23:59:58",
        "2024-02-29T12:34:56",
        "2038-01-19T03:14:06",
    ],
)
def test_the_date_is_the_cmos_clocks(base: str) -> None:
    began = datetime.fromisoformat(base)
    with sitting_at(shell({}, more=CLOCK), "microvm", more=["-rtc", f"base={base}"]) as person:
        person.said(PROMPT)
        assert began <= shown_date(person) <= began + LATE


def with_registers(*values: tuple[CmosRegister, int]) -> System:
    """The shell, after a task has set these registers of the CMOS clock."""
    setter = task("setter", "../guests/empty.asm", 230, 'ports = ["0x70-0x71"]')
    of = shell({}, more=CLOCK + setter)
    writes = "".join(
        f"    mov     al, {int(register)}\n    out     Cmos.INDEX, al\n"
        f"    mov     al, {int(value)}\n    out     Cmos.DATA, al\n"
        for register, value in values
    )
    wait = "    xor edi, edi\n    mov eax, Call.RECV << Abi.NUMBER_SHIFT\n    syscall\n"
    return with_program(of, "setter", "registers", writes + wait)


def date_registers(year: int, month: int, day: int, *, halted: bool) -> System:
    """The shell, with the CMOS clock set to 23:59:58 of a day. The numbers are decimal digits."""
    mode = CmosStatusB(hours_24=True)
    return with_registers(
        (CmosRegister.STATUS_B, mode.replace(halted=True)),
        (CmosRegister.SECONDS, 0x58),
        (CmosRegister.MINUTES, 0x59),
        (CmosRegister.HOURS, 0x23),
        (CmosRegister.DAY, day),
        (CmosRegister.MONTH, month),
        (CmosRegister.YEAR, year & 0xFF),
        (CmosRegister.CENTURY, year >> 8),
        (CmosRegister.STATUS_B, mode.replace(halted=halted)),
    )


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [(0x2099, 0x12, 0x31), (0x2100, 0x02, 0x28), (0x2200, 0x12, 0x31)],
)
def test_centuries_are_the_registers(year: int, month: int, day: int) -> None:
    began = datetime.fromisoformat(f"{year:x}-{month:02x}-{day:02x}T23:59:58")
    with sitting_at(date_registers(year, month, day, halted=False), "microvm") as person:
        person.said(PROMPT)
        assert began <= shown_date(person) <= began + LATE


@pytest.mark.parametrize(("year", "shown"), [(0x69, 2069), (0x70, 1970), (0x99, 1999)])
def test_without_a_century_the_year_tells_it(year: int, shown: int) -> None:
    with sitting_at(date_registers(year, 0x06, 0x30, halted=True), "microvm") as person:
        person.said(PROMPT)
        assert shown_date(person) == datetime(shown, 6, 30, 23, 59, 58)


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [(0x2026, 0x00, 0x01), (0x2026, 0x13, 0x01), (0x2026, 0x01, 0x00), (0x2026, 0x01, 0x32),
     (0x1969, 0x12, 0x31)],
)  # fmt: skip
def test_what_is_no_date_or_before_1970_is_not_told(year: int, month: int, day: int) -> None:
    with sitting_at(date_registers(year, month, day, halted=True), "microvm") as person:
        person.said(PROMPT)
        assert person.answer("date", PROMPT) == [NO_DATE]


NO_DATE = "no date: there is no CMOS clock, or it keeps no time"


@pytest.mark.parametrize(
    "time_of_day", ["00:10:09", "01:00:00", "12:58:59", "13:09:10", "23:45:00"]
)
@pytest.mark.parametrize(
    "mode",
    [CmosStatusB(), CmosStatusB(binary=True), CmosStatusB(hours_24=True, binary=True)],
    ids=["12 hours, decimal", "12 hours, binary", "24 hours, binary"],
)
def test_hours_and_numbers_are_read_as_the_clock_keeps_them(
    mode: CmosStatusB, time_of_day: str
) -> None:
    began = datetime.fromisoformat(f"2026-10-19T{time_of_day}")
    of = with_registers((CmosRegister.STATUS_B, mode))
    with sitting_at(of, "microvm", more=["-rtc", f"base={began.isoformat()}"]) as person:
        person.said(PROMPT)
        assert began <= shown_date(person) <= began + LATE


def test_a_date_that_is_read_while_it_changes_is_never_mixed() -> None:
    """Over the turn of a year, in which every register changes."""
    base = "2027-12-31T23:59:57"
    began = datetime.fromisoformat(base)
    with sitting_at(shell({}, more=CLOCK), "microvm", more=["-rtc", f"base={base}"]) as person:
        person.said(PROMPT)
        seen = [shown_date(person)]
        end = time.monotonic() + 30
        while seen[-1] < began + timedelta(seconds=5) and time.monotonic() < end:
            seen.append(shown_date(person))
        assert seen == sorted(seen)
        assert began <= seen[0] <= seen[-1] <= began + LATE
        assert seen[-1].year == 2028


def test_a_machine_without_a_cmos_clock_says_so() -> None:
    with sitting_at(shell({}, more=CLOCK), "microvm", more=["-machine", "rtc=off"]) as person:
        person.said(PROMPT)
        assert person.answer("date", PROMPT) == [NO_DATE]


# Sleepers, under icount: they wake at the same instruction in every run.

MS = 1_000_000
MOST_SLEEPERS = 32
END = task("finish", "../../../bench/guest/finish.asm", 210, 'ports = ["0xf4-0xf4"]') + last()


def sleep(name: str, until: int | str, flags: int = 0, deadline: int | None = None) -> Step:
    words = (int(ClockRequest.SLEEP), until)
    return Step(name, Call.CALL, "cap.clock", words, flags=flags, deadline=deadline)


def clock(name: str) -> Step:
    return Step(name, Call.CLOCK)


def sleepers(*names: str) -> System:
    text = IMAGE + CONSOLE + NAMES + CLOCK + END
    for place, name in enumerate(names):
        servers = {"console": endpoint("console"), "clock": endpoint("clock")}
        text += task(name, PROGRAM, 100 - place, **servers)
    return stand_in(system(text), "names", [])


def test_sleepers_wake_in_the_order_of_their_alarms_and_not_before() -> None:
    alarms = {"long": 40 * MS, "short": 10 * MS, "middle": 25 * MS}
    of = sleepers(*alarms)
    steps = {name: (sleep(name, at), clock(f"{name}.woke")) for name, at in alarms.items()}
    told = by_name(boot(scripted(of, **steps)))
    assert [name for name in told if name in alarms] == ["short", "middle", "long"]
    for name, at in alarms.items():
        assert told[name].words[:2] == [Result.OK, 0]
        assert at <= told[f"{name}.woke"].words[0] < at + 5 * MS


def test_an_alarm_that_has_passed_is_answered_at_once() -> None:
    told = by_name(boot(scripted(sleepers("one"), one=(
        sleep("zero", 0), sleep("one", 1), clock("woke"),
        Step("unknown", Call.CALL, "cap.clock", (99,)),
        Step("none", Call.CALL, "cap.clock", (int(ClockRequest.NOW),), 0),
    ))))  # fmt: skip
    assert [told[name].words[:2] for name in ("zero", "one")] == [[Result.OK, 0]] * 2
    assert [told[name].words[:2] for name in ("unknown", "none")] == [
        [Result.UNKNOWN_REQUEST, 0]
    ] * 2
    assert told["woke"].words[0] < 5 * MS


def test_sleepers_that_give_up_leave_their_room_to_others() -> None:
    many = MOST_SLEEPERS + 8
    hurry = [
        sleep(f"gave.up.{n}", 1000 * MS, int(Abi.DEADLINE), deadline=(n + 1) * MS // 2)
        for n in range(many)
    ]
    told = by_name(boot(scripted(sleepers("one"), one=(*hurry, sleep("slept", 30 * MS)))))
    assert {told[f"gave.up.{n}"].status for n in range(many)} == {Status.TIMED_OUT}
    assert told["slept"].words[0] == Result.OK


def test_there_is_room_for_so_many_sleepers_and_no_more() -> None:
    names = [f"s{number}" for number in range(MOST_SLEEPERS + 1)]
    steps = {name: (sleep(name, (30 + place // 8) * MS),) for place, name in enumerate(names)}
    told = by_name(boot(scripted(sleepers(*names), **steps)))
    assert told[names[-1]].words[0] == Result.NO_ROOM
    assert [name for name in told if told[name].words[0] == Result.OK] == names[:-1]
