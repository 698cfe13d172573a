"""The shell: every command, and every way in which it can fail, before stand-ins for the services
whose answers are the test's. With the real ones: test_demonstration_shell.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kobjects.kernel.abi import ObjectType, Status
from kobjects.kernel.services import Result
from kobjects.kernel.thread import ThreadState
from tests.stages.user.answers import ANSWERS, FILES, HELD, RESULTS, RIGHTS, TYPE_NAMES
from tests.stages.user.dialog import CTRL_C, CTRL_D, ENTER, Dialog, sitting_at
from tests.stages.user.services import CLOCK, shell

pytestmark = pytest.mark.boot

PROMPT = "kpack> "


@pytest.fixture(scope="module")
def person() -> Iterator[Dialog]:
    with sitting_at(shell(ANSWERS, more=CLOCK), "microvm") as dialog:
        dialog.said(PROMPT)
        yield dialog


def test_help_lists_every_command_once(person: Dialog) -> None:
    listed = [line.split()[0] for line in person.answer("help", PROMPT)]
    assert listed == [
        *("help", "ps", "mem", "caps", "irq", "kill", "restart", "run", "ipc", "uptime", "date"),
        *("sleep", "echo", "cat", "ls", "names", "devices", "exit"),
    ]
    assert all(len(line) < 80 for line in person.answer("help", PROMPT))


def test_ps_tells_every_state(person: Dialog) -> None:
    heading, *rows = person.answer("ps", PROMPT)
    assert heading.split() == ["TASK", "STATE", "PRIORITY", "CPU", "MS", "FRAMES", "RESTARTS"]
    found = [row.rsplit(maxsplit=4) for row in rows]
    assert found == [
        [
            f"task{int(state)}".ljust(16) + " " + state.name.lower().replace("_", " "),
            *(str(100 + state), f"{int(1.234567 * state * 10) / 10:.1f}", str(int(state))),
            str(9 - state),
        ]
        for state in ThreadState
    ]


def test_columns_end_below_their_headings(person: Dialog) -> None:
    heading, *rows = person.answer("ps", PROMPT)
    for name in ("PRIORITY", "MS", "FRAMES", "RESTARTS"):
        end = heading.index(name) + len(name)
        assert all(row[end - 1].isdigit() and row[end : end + 1] in ("", " ") for row in rows), name


def test_mem(person: Dialog) -> None:
    assert person.answer("mem", PROMPT) == [
        "frames   137 of 31870 used, 123 MiB free",
        "objects  67 of 7959 used",
    ]


def test_irq_tells_the_lines_that_tasks_take(person: Dialog) -> None:
    heading, *rows = person.answer("irq", PROMPT)
    assert heading.split() == ["LINE", "COUNT"]
    assert [row.split() for row in rows] == [["1", "12345"], ["4", "7", "masked"]]


@pytest.mark.parametrize("status", Status, ids=lambda status: status.name)
def test_a_refusal_is_told_by_the_kernels_name(person: Dialog, status: Status) -> None:
    said = person.answer(f"kill refused{int(status)}", PROMPT)
    assert said == [f"refused{int(status)}: refused: {status.name}"]


@pytest.mark.parametrize(
    ("result", "said"),
    {
        Result.OK: None,
        Result.UNKNOWN_REQUEST: "that service does not do this",
        Result.NOT_FOUND: "not found",
        Result.EXISTS: "is there already",
        Result.ABSENT: "this machine does not have it",
        Result.NO_ROOM: "there is no room for it",
        Result.REFUSED: "refused: OK",
        Result.BAD_ARGUMENT: "this can't be asked for",
        Result.END: "there is nothing",
        Result.NO_PROGRAM: "is in the image alone: there is nothing to start it from",
        max(Result) + 1: f"result {max(Result) + 1}",
    }.items(),
)
def test_a_result_is_told_in_words(person: Dialog, result: int, said: str | None) -> None:
    told = person.answer(f"run result{int(result)}", PROMPT)
    assert told == ([] if said is None else [f"result{int(result)}: {said}"])


def test_every_result_has_its_words() -> None:
    assert [*Result] == [*range(max(Result) + 1)]
    assert max(Result) + 1 < len(RESULTS)


def test_restart_names_the_task(person: Dialog) -> None:
    assert person.answer("restart clock", PROMPT) == []
    assert person.answer("restart pong", PROMPT) == [
        "pong: is in the image alone: there is nothing to start it from"
    ]


def test_ls(person: Dialog) -> None:
    rows = [line.rsplit(maxsplit=2) for line in person.answer("ls", PROMPT)]
    assert rows == [
        [name, str(len(data)), "program" if name == "binary" else "file"]
        for name, data in FILES.items()
    ]


def test_cat_prints_files_longer_than_a_message(person: Dialog) -> None:
    assert person.answer("cat poem", PROMPT) == FILES["poem"].decode().splitlines()


def test_cat_ends_a_line_that_the_file_does_not(person: Dialog) -> None:
    assert person.answer("cat unended", PROMPT) == ["no newline at its end"]
    assert person.answer("cat empty", PROMPT) == []


def test_cat_shows_control_characters_as_points(person: Dialog) -> None:
    """But newline and tab; bytes above ASCII go out as they are."""
    shown = "".join(
        chr(byte) if byte in (9, 10) or (byte >= 32 and byte != 127) else "." for byte in range(256)
    )
    person.type(f"cat binary{ENTER}")
    person.said("cat binary\r\n")
    assert person.said(f"\n{PROMPT}").removesuffix(f"\n{PROMPT}") == shown


@pytest.mark.parametrize("name", ["nothing", "poe", "poems", "a-name-of-more-than-sixteen"])
def test_cat_says_that_there_is_no_such_file(person: Dialog, name: str) -> None:
    assert person.answer(f"cat {name}", PROMPT) == [f"{name}: not found"]


def test_names(person: Dialog) -> None:
    assert person.answer("names", PROMPT) == ["clock", "sixteen letters!"]


def test_devices(person: Dialog) -> None:
    """A microvm has no screen, and nobody here drives a keyboard."""
    said = [line.split() for line in person.answer("devices", PROMPT)]
    assert said == [["screen", "no"], ["COM1", "yes"], ["keyboard", "no"]]


def test_echo_prints_words_of_any_number_and_length(person: Dialog) -> None:
    assert person.answer("echo", PROMPT) == [""]
    assert person.answer("echo  a   b", PROMPT) == ["a b"]
    long = " ".join(["word" * 7] * 7)
    assert person.answer(f"echo {long}", PROMPT) == [long]
    most = " ".join(["w"] * 31)
    assert person.answer(f"echo {most}", PROMPT) == [most]
    assert person.answer(f"echo {most} w", PROMPT) == ["more words than 32"]


def test_uptime_rises_and_sleep_waits(person: Dialog) -> None:
    def uptime() -> float:
        (line,) = person.answer("uptime", PROMPT)
        assert line.startswith("up ")
        assert line.endswith(" s")
        return float(line[3:-2])

    first = uptime()
    assert person.answer("sleep 250", PROMPT) == []
    assert first + 0.25 <= uptime() < first + 20


@pytest.mark.parametrize("argument", ["x", "1x", "-1", "1000000001", "99999999999999999999999"])
def test_sleep_takes_numbers_only(person: Dialog, argument: str) -> None:
    said = person.answer(f"sleep {argument}", PROMPT)
    assert said == [f"{argument}: not a number of milliseconds up to 1000000000"]


def test_ipc_measures_round_trips(person: Dialog) -> None:
    (line,) = person.answer("ipc", PROMPT)
    said = line.split()
    assert " ".join(said[:4]) == "10000 round trips in"
    assert said[5:8] == ["s;", "at", "best"]
    assert said[9:] == ["ns", "each"]
    all_of_them, best = float(said[4]), int(said[8])
    assert 100 < best <= all_of_them * 1e9 / 10000 * 1.01


@pytest.mark.parametrize("line", ["nothing", "PS", "p", "pss", "a-very-long-word-for-a-command"])
def test_an_unknown_command_is_told(person: Dialog, line: str) -> None:
    assert person.answer(line, PROMPT) == [f"{line}: no such command; help lists them"]


@pytest.mark.parametrize(
    ("line", "usage"),
    [
        ("ps x", "ps"),
        ("caps", "caps TASK"),
        ("caps a b", "caps TASK"),
        ("kill", "kill TASK"),
        ("restart", "restart TASK"),
        ("run", "run PROGRAM"),
        ("cat", "cat FILE"),
        ("cat a b", "cat FILE"),
        ("sleep", "sleep MS"),
        ("exit now", "exit"),
    ],
)
def test_wrong_arguments_are_told(person: Dialog, line: str, usage: str) -> None:
    assert person.answer(line, PROMPT) == [f"usage: {usage}"]


def test_an_empty_line_and_an_interrupt_give_a_new_prompt(person: Dialog) -> None:
    person.type(ENTER)
    assert person.said(PROMPT) == f"\n{PROMPT}"
    person.type(f"  {ENTER}")
    assert person.said(PROMPT) == f"  \n{PROMPT}"
    person.type(f"half a line{CTRL_C}")
    assert person.said(PROMPT) == f"half a line^C\n{PROMPT}"


@pytest.mark.parametrize("ending", [f"exit{ENTER}", CTRL_D])
def test_a_machine_that_no_emulator_ends_goes_on(person: Dialog, ending: str) -> None:
    """The stand-in answers and does nothing, as the supervisor on a real machine does."""
    person.type(ending)
    assert person.said(PROMPT) == (f"exit\nno emulator ends this machine: switch it off\n{PROMPT}")


def test_caps_tells_type_rights_and_badge(person: Dialog) -> None:
    heading, *rows = person.answer("caps holder", PROMPT)
    assert heading.split() == ["SLOT", "TYPE", "RIGHTS", "BADGE"]
    found = [(row[:4].strip(), row[6:20].strip(), row[20:50].split(), row[50:]) for row in rows]
    assert found == [
        (str(slot), type_name(kind), rights_of(kind, rights), f"{badge:x}")
        for slot, (kind, rights, badge) in HELD.items()
    ]


def type_name(kind: ObjectType) -> str:
    return TYPE_NAMES.get(kind, kind.name.capitalize())


def rights_of(kind: ObjectType, rights: int) -> list[str]:
    schema = RIGHTS[kind]
    return [
        name for name, field in schema.fields.items() if rights & field.mask and not field.reserved
    ]


def test_caps_of_nobody(person: Dialog) -> None:
    assert person.answer("caps nobody", PROMPT) == ["nobody: not found"]
