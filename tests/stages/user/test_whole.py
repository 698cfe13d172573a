"""The demonstration with a person at it: services die, are made again, and cost nothing for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from packer.build import build
from packer.image import Image
from packer.machine.outcome import MARKER, PASSED
from packer.manifest import DEMONSTRATION, load
from tests.stages.user.dialog import Dialog, sitting_at

PROMPT = "kpack> "
PROGRAMS = ("names", "files", "clock", "keyboard", "shell")
RESTARTS = 20
NOTHING_LEFT = "pong: is in the image alone: there is nothing to start it from"


@pytest.fixture(scope="module")
def image() -> Image:
    return build(load(DEMONSTRATION).system)


@pytest.fixture(scope="module", params=["pc", "microvm"])
def person(request: pytest.FixtureRequest, image: Image) -> Iterator[Dialog]:
    """One machine for all tests of this file, in their order."""
    with sitting_at(image, request.param) as dialog:
        told = dialog.said(PROMPT)
        assert f"{MARKER}\n" in told, "the services came after the demonstration"
        assert "not started" not in told
        yield dialog


def ask(person: Dialog, line: str) -> list[str]:
    return person.answer(line, PROMPT)


def tasks(person: Dialog) -> dict[str, list[str]]:
    """The rows of `ps` by name, words behind it."""
    _, *rows = ask(person, "ps")
    return {name: words for name, *words in map(str.split, rows)}


@pytest.mark.boot
def test_every_program_serves_after_the_demonstration(person: Dialog) -> None:
    found = tasks(person)
    assert list(found)[-len(PROGRAMS) :] == list(PROGRAMS)
    assert {found[name][0] for name in PROGRAMS[:-1]} == {"receiving"}
    assert found["trespasser"][0] == "faulted"
    assert found["ping"][0] == "exited"
    assert sorted(ask(person, "names")) == ["clock", "files", "keyboard"]


@pytest.mark.boot
def test_twenty_restarts_cost_nothing(person: Dialog) -> None:
    before = ask(person, "mem")
    for name in ("clock", "files", "keyboard", "names"):
        for _ in range(RESTARTS // 4):
            assert ask(person, f"restart {name}") == []
    assert ask(person, "mem") == before
    found = tasks(person)
    assert {found[name][-1] for name in PROGRAMS[:-1]} == {str(RESTARTS // 4)}


@pytest.mark.boot
def test_a_killed_service_is_told_and_the_next_one_is_found(person: Dialog) -> None:
    (before,) = ask(person, "date")
    assert ask(person, "kill clock") == []
    assert ask(person, "date") == ["clock does not answer: DEAD"]
    assert ask(person, "kill clock") == ["clock: not found"]
    assert ask(person, "run clock") == []
    (after,) = ask(person, "date")
    assert after >= before
    assert ask(person, "run clock") == ["clock: is there already"]


@pytest.mark.boot
def test_a_task_of_the_image_ends_for_good(person: Dialog) -> None:
    assert ask(person, "restart pong") == [NOTHING_LEFT]
    assert ask(person, "kill pong") == []
    assert tasks(person)["pong"][0] == "exited"
    assert ask(person, "kill supervisor") == ["supervisor: refused: BAD_STATE"]
    assert ask(person, "run welcome") == ["welcome: not found"]


@pytest.mark.boot
def test_the_shell_can_end_itself_and_is_started_again(person: Dialog) -> None:
    """Its own capability to the supervisor dies with it; the next one has one of its own."""
    person.type("restart shell\r")
    person.said("shell       help lists")
    person.said(PROMPT)
    assert tasks(person)["shell"][-1] == "1"


@pytest.mark.boot
def test_exit_ends_the_machine(person: Dialog) -> None:
    person.type("exit\r")
    assert person.ended() == PASSED
