"""Tasks of the image that are started again: from the image itself, with all that the manifest gave
them; and whoever could call them before can call them afterwards. The console is one of them.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from packer.build import build
from packer.image import Image
from packer.manifest import DEMONSTRATION, load
from stages.model import Assembly, Module, System, Task
from tests.stages.user.dialog import ENTER, Dialog, sitting_at

pytestmark = pytest.mark.boot

PROMPT = "kpack> "
CRASH = "\x18"
"""Ctrl-X: a console here faults when it is typed."""
DEVICES = {machine: f"screen    {there}" for machine, there in (("pc", "yes"), ("microvm", "no"))}
ON_KEY = (
    "line.asm",
    ".ignored:\n    ret\n",
    ".ignored:\n    cmp     dil, 0x18\n    jne     .whole\n    ud2\n.whole:\n    ret\n",
)
ON_TEXT = (
    "output.asm",
    "put_char:\n",
    "put_char:\n    cmp     dil, '~'\n    jne     .whole\n    ud2\n.whole:\n",
)


def breakable(change: tuple[str, str, str]) -> System:
    """The demonstration, with a change in a file of its console."""
    file, old, new = change
    of = load(DEMONSTRATION).system
    console = next(task for task in of.tasks if task.name == "console")
    (source,) = [code for code in console.program if code.path.name == file]
    text = source.text()
    assert text.count(old) == 1
    program = [
        Assembly(code.path, generate=lambda: text.replace(old, new)) if code is source else code
        for code in console.program
    ]
    tasks = [
        dataclasses.replace(task, program=program) if task is console else task for task in of.tasks
    ]
    return dataclasses.replace(of, tasks=tasks)


@pytest.fixture(scope="module")
def image() -> Image:
    return build(breakable(ON_KEY))


def crash(person: Dialog, number: int) -> str:
    """End the console for that time; what came until the next one has said so, and the shell is at
    its prompt there. The last prompt may have been on the old one, or two be on the new one.
    """
    person.type(CRASH)
    said = person.said(f"restart     console: started again, {number}\r\n")
    person.type(f"echo new {number}{ENTER}")
    for text in ("echo ", ""):
        person.said(f"{text}new {number}\r\n")
    person.said(PROMPT)
    return said


@pytest.mark.parametrize("machine", ["pc", "microvm"])
def test_a_console_that_faults_is_started_again_and_says_so_itself(
    image: Image, machine: str
) -> None:
    with sitting_at(image, machine) as person:
        person.said(PROMPT)
        for number in (1, 2):
            person.type("echo lost")
            said = crash(person, number)
            assert "fault       console: #UD at take_char" in said
        (row,) = [row for row in person.answer("ps", PROMPT) if row.startswith("console")]
        assert row.split()[-1] == "2"
        assert person.answer("irq", PROMPT)[-1].split()[0] == "4"
        # Only a machine with a VGA has a screen, and the new console finds out by itself.
        assert person.answer("devices", PROMPT)[0] == DEVICES[machine]
        if machine == "pc":
            person.answer("echo on the screen", PROMPT)
            assert "on the screen" in person.screen()


def test_the_keyboard_finds_the_new_console(image: Image) -> None:
    with sitting_at(image) as person:
        person.said(PROMPT)
        crash(person, 1)
        person.press("e", "c", "h", "o", "spc", "h", "i", "ret")
        assert person.said(f"\n{PROMPT}").endswith(f"echo hi\nhi\n{PROMPT}")


def test_a_console_that_falls_over_what_the_supervisor_says_is_started_again() -> None:
    """The kernel could not tell the supervisor, who waited for it; it looks when its patience ends.
    What the console fell over is not told to the next one.
    """
    of = breakable(ON_TEXT)
    crash = Assembly(Path("crash"), generate=lambda: "crash:\n    ud2\n")
    crasher = Module("a~", program=Task("a~", [crash], 120), autostart=True)
    with sitting_at(dataclasses.replace(of, modules=[*of.modules, crasher])) as person:
        person.said(PROMPT)
        said = person.said(PROMPT)
        assert "thread console faulted: vector 6 " in said
        assert "fault       console: ended while the supervisor waited for it\n" in said
        assert "restart     console: started again, 1\n" in said
        assert "a~" not in said
        assert person.answer("echo on the new one", PROMPT) == ["on the new one"]
