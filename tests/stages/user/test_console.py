"""The console server: what is typed on the serial line becomes lines, while others print."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kobjects.kernel.abi import Abi, Call
from stages.model import System
from tests.stages.company import endpoint, task
from tests.stages.harness import with_program
from tests.stages.user.dialog import CTRL_C, CTRL_D, CTRL_U, ENTER, Dialog, sitting_at
from tests.stages.user.services import LIBRARY, readers

pytestmark = pytest.mark.boot

BACKSPACE, DELETE, ESCAPE, BELL = "\x08", "\x7f", "\x1b", "\x07"
WIPED = "\b \b"
LONGEST = 255
"""Characters of a line."""

AT_ONCE = 64
"""Bytes that one READ takes."""

BOOTED = "in registers\r\n"
"""How the kernel's last line ends."""


@pytest.fixture(scope="module")
def person() -> Iterator[Dialog]:
    """At a machine with one task that reads and prints, on screen and COM1."""
    with sitting_at(readers("one")) as dialog:
        dialog.said(BOOTED)
        yield dialog


@pytest.mark.parametrize(
    ("typed", "echo", "line"),
    [
        ("plain" + ENTER, "plain\n", "plain\n"),
        ("newline\n", "newline\n", "newline\n"),
        ("~ !" + ENTER, "~ !\n", "~ !\n"),
        ("ab" + BACKSPACE + "c" + ENTER, f"ab{WIPED}c\n", "ac\n"),
        ("ab" + DELETE + "c" + ENTER, f"ab{WIPED}c\n", "ac\n"),
        (BACKSPACE + "x" + ENTER, "x\n", "x\n"),
        ("abc" + CTRL_U + "d" + ENTER, f"abc{WIPED * 3}d\n", "d\n"),
        (CTRL_U + ENTER, "\n", "\n"),
        (f"{ESCAPE}[A{ESCAPE}[1;5Ca{ESCAPE}OPb{ESCAPE}xc" + ENTER, "abc\n", "abc\n"),
        ("a\x00\x01\tb\xe9" + ENTER, "ab\n", "ab\n"),
        ("half" + CTRL_D, "half", "half"),
        (CTRL_D, "", ""),
        ("gone" + CTRL_C, "gone^C\n", "\x03"),
    ],
)
def test_a_line_is_edited_echoed_and_taken(
    person: Dialog, typed: str, echo: str, line: str
) -> None:
    person.type(typed)
    assert person.said(f"{len(line)} one[") == f"{echo}{len(line)} one["
    assert person.said("]\r\n") == f"{line}]\n"


def test_a_long_line_comes_in_parts_and_a_longer_one_rings_the_bell(person: Dialog) -> None:
    text = "".join(chr(ord("a") + place % 26) for place in range(LONGEST))
    person.type(f"{text}xyz{ENTER}")
    assert person.said("\r\n") == f"{text}{BELL * 3}\n"
    line = f"{text}\n"
    for start in range(0, len(line), AT_ONCE):
        part = line[start : start + AT_ONCE]
        assert person.said("]\r\n") == f"{len(part)} one[{part}]\n"


def test_the_screen_shows_what_the_serial_line_does(person: Dialog) -> None:
    person.type(f"ab{BACKSPACE}c{ENTER}")
    person.said("ac\r\n]\r\n")
    person.shows("ac", "3 one[ac", "]")


def test_the_last_line_scrolls(person: Dialog) -> None:
    for number in range(15):
        person.type(f"line {number}{ENTER}")
        person.said("]\r\n")
    person.shows("line 14", "8 one[line 14", "]")
    assert person.screen()[-1] == ""
    assert "line 0" not in person.screen()


def test_a_burst_is_taken_whole(person: Dialog) -> None:
    """More than the UART's FIFO holds, typed at once."""
    lines = [f"line number {number}" for number in range(20)]
    person.type("".join(line + ENTER for line in lines))
    got = "".join(person.said("]\r\n") for _ in lines)
    wanted = [f"{len(line) + 1} one[{line}" for line in lines]
    assert [line for line in got.splitlines() if "one[" in line] == wanted


def test_what_is_typed_before_anybody_reads_is_kept() -> None:
    """The reader waits for a second before its first READ."""
    with sitting_at(readers("one", prepare=WAIT), "microvm") as person:
        person.said(BOOTED)
        person.type(f"early{ENTER}bird{ENTER}")
        assert person.said("bird\r\n") == "early\nbird\n"
        assert person.said("]\r\n") == "6 one[early\n]\n"
        assert person.said("]\r\n") == "5 one[bird\n]\n"


WAIT = f"""
    mov     r15, 1000000000
    xor     edi, edi
    mov     eax, {Call.RECV << Abi.NUMBER_SHIFT | Abi.DEADLINE}
    syscall
"""
"""Until a second after boot, in ns."""

PROMPT = """
    lea     rsi, [rip + text_prompt]
    call    add_text
    call    send
"""


def with_talker(said: str) -> System:
    """A reader that prompts once, and a task that says something half a second after boot."""
    program = f"../user/guests/talker.asm {LIBRARY}"
    talker = task("talker", program, 50, console=endpoint("console"))
    of = readers("one", prepare=PROMPT, more=talker)
    of = with_program(of, "one", "prompt", 'text_prompt:\n    .asciz "ask> "\n')
    return with_program(of, "talker", "what is said", f'text_said:\n    .asciz "{said}"\n')


def test_text_of_others_steps_before_the_line_that_is_typed() -> None:
    """A prompt and what is typed behind it are wiped, and come back below the other's text."""
    with sitting_at(with_talker("hello\\n")) as person:
        person.said("ask> ")
        person.type("half a ")
        assert person.said("half a ") == "half a "
        blanks = " " * len("ask> half a ")
        assert person.said("half a ") == f"\r{blanks}\rhello\nask> half a "
        person.type(f"word{ENTER}")
        assert person.said("\r\n") == "word\n"
        assert person.said("]\r\n") == "12 one[half a word\n]\n"
        person.shows("hello", "ask> half a word", "12 one[half a word", "]")


def test_a_key_ends_what_others_have_not_ended() -> None:
    with sitting_at(with_talker("working ...")) as person:
        person.said("ask> ")
        person.said("working ...")
        person.type("x")
        assert person.said("x") == "\nask> x"
        person.shows("working ...", "ask> x")
