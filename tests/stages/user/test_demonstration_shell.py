"""The demonstration's own shell, with the real services: what it tells, on every machine, on the
serial line and on the keyboard. How services die and come back is tried in test_whole.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from packer.build import build
from packer.image import Image
from packer.machine.outcome import MARKER, PASSED
from packer.manifest import DEMONSTRATION, load
from tests.stages.user.dialog import CTRL_C, CTRL_D, ENTER, Dialog, sitting_at

pytestmark = pytest.mark.boot

PROMPT = "kpack> "
SERVICES = ["names", "files", "clock", "keyboard", "shell"]
"""The programs that the supervisor starts once the run has passed."""

TASKS = ["console", "supervisor", "pong", "ping", "counter", "trespasser", *SERVICES]


@pytest.fixture(scope="module")
def image() -> Image:
    return build(load(DEMONSTRATION).system)


@pytest.fixture(scope="module")
def person(image: Image) -> Iterator[Dialog]:
    """At a machine with a screen, a keyboard and a serial line."""
    with sitting_at(image) as dialog:
        dialog.said(PROMPT)
        yield dialog


def table(person: Dialog, line: str) -> dict[str, list[str]]:
    """What a command prints below its heading, by the first word of each row."""
    _, *rows = person.answer(line, PROMPT)
    return {row.split()[0]: row.split()[1:] for row in rows}


def test_the_prompt_comes_after_the_demonstration_has_passed(image: Image) -> None:
    with sitting_at(image) as person:
        before = person.said(PROMPT).splitlines()
        assert MARKER in before
        assert before[-2:] == [
            "shell       help lists the commands; exit or Ctrl-D ends the machine",
            PROMPT,
        ]


def test_ps_knows_every_task(person: Dialog) -> None:
    tasks = table(person, "ps")
    assert list(tasks) == TASKS
    assert tasks["ping"][0] == "exited"
    assert tasks["trespasser"][0] == "faulted"
    assert tasks["counter"][:2] == ["ready", "100"]
    assert tasks["shell"][:3] == ["reply", "wait", "150"]


def test_the_counter_goes_on_beside_the_shell(person: Dialog) -> None:
    before = float(table(person, "ps")["counter"][2])
    person.answer("sleep 200", PROMPT)
    assert float(table(person, "ps")["counter"][2]) > before + 50


def test_caps_tells_what_a_task_may_name(person: Dialog) -> None:
    assert [row[0] for row in table(person, "caps shell").values()] == [
        *["Endpoint"] * 6,
        *("Frame", "Space"),
    ]
    assert [row[0] for row in table(person, "caps keyboard").values()] == [*["Endpoint"] * 3, "Irq"]
    assert person.answer("caps nobody", PROMPT) == ["nobody: not found"]


def test_what_is_typed_raises_interrupts(person: Dialog) -> None:
    before = table(person, "irq")
    assert list(before) == ["1", "4"]
    person.answer("echo " + "x" * 50, PROMPT)
    after = table(person, "irq")
    assert int(after["4"][0]) > int(before["4"][0])
    assert after["1"] == before["1"]


def test_names_and_files_are_told(person: Dialog) -> None:
    assert sorted(person.answer("names", PROMPT)) == ["clock", "files", "keyboard"]
    listed = [row.split()[0] for row in person.answer("ls", PROMPT)]
    assert listed == ["welcome", *SERVICES, "console"], "the last to be started again from"
    assert person.answer("cat names", PROMPT)[0].startswith("kprogram")


def test_a_file_is_printed_by_a_server_that_was_started_again(person: Dialog) -> None:
    """Its new Endpoint is asked of the name service, in the middle of the command."""
    welcome = (DEMONSTRATION.parent / "welcome.txt").read_text(encoding="utf-8").splitlines()
    assert person.answer("cat welcome", PROMPT) == welcome
    assert person.answer("restart files", PROMPT) == []
    assert person.answer("cat welcome", PROMPT) == welcome
    assert person.answer("restart files", PROMPT) == []
    assert person.answer("ls", PROMPT)[0].split()[0] == "welcome"


def test_what_can_not_be_done_is_told(person: Dialog) -> None:
    assert person.answer("kill nobody", PROMPT) == ["nobody: not found"]
    assert person.answer("kill supervisor", PROMPT) == ["supervisor: refused: BAD_STATE"]
    assert person.answer("restart pong", PROMPT) == [
        "pong: is in the image alone: there is nothing to start it from"
    ]
    assert person.answer("run nothing", PROMPT) == ["nothing: not found"]


def test_interrupts_are_for_lines_only(person: Dialog) -> None:
    person.type(f"echo lost{CTRL_C}")
    assert person.said(PROMPT) == f"echo lost^C\n{PROMPT}"
    assert person.answer("echo kept", PROMPT) == ["kept"]


def test_the_same_shell_answers_the_keyboard_on_the_screen(person: Dialog) -> None:
    """Whose driver was started again, with the interrupt that comes with it."""
    assert person.answer("restart keyboard", PROMPT) == []
    person.wait(lambda: table(person, "ps")["keyboard"][0] == "receiving")
    keys = ("e", "c", "h", "o", "spc", "shift-h", "i", "comma", "spc", "shift-9", "shift-0")
    person.press(*keys, "ret")
    assert person.said(f"\n{PROMPT}").endswith(f"echo Hi, ()\nHi, ()\n{PROMPT}")
    person.shows("kpack> echo Hi, ()", "Hi, ()", "kpack>")
    assert int(table(person, "irq")["1"][0]) > 0


@pytest.mark.parametrize("ending", [f"exit{ENTER}", CTRL_D])
def test_exit_ends_the_machine_as_passed(image: Image, ending: str) -> None:
    with sitting_at(image, "microvm") as person:
        person.said(PROMPT)
        person.type(ending)
        assert person.ended() == PASSED
        assert person.unread() == "exit\r\n"


def test_without_screen_and_keyboard_the_shell_is_on_the_serial_line(image: Image) -> None:
    with sitting_at(image, "microvm") as person:
        person.said(PROMPT)
        said = [line.split() for line in person.answer("devices", PROMPT)]
        assert said == [["screen", "no"], ["COM1", "yes"], ["keyboard", "no"]]
        assert table(person, "ps")["keyboard"][0] == "receiving"
        assert person.answer("date", PROMPT)[0].startswith("20")


def test_without_a_serial_line_the_shell_is_on_screen_and_keyboard(image: Image) -> None:
    with sitting_at(image, less=["-serial", "stdio"]) as person:
        person.shows("kpack>")
        person.press("d", "e", "v", "i", "c", "e", "s", "ret")
        person.shows("screen    yes", "COM1      no", "keyboard  yes", "kpack>")
        person.press("e", "x", "i", "t", "ret")
        assert person.ended() == PASSED


def test_round_trips_are_counted_where_instructions_are(image: Image) -> None:
    """The shell's loop has one instruction more than ping's."""
    with sitting_at(image, "microvm", icount=True) as person:
        lines = person.said(PROMPT).splitlines()
        (line,) = [line for line in lines if line.startswith("ping ")]
        pings = int(line.split()[-3])
        (said,) = person.answer("ipc", PROMPT)
        assert said.endswith(f"; at best {pings + 1} instructions each")
