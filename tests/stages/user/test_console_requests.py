"""What the console server is asked by tasks: readers that wait, keys, devices, and who may what.

A task types, as the keyboard's driver does, so that everything happens at the same instruction in
every run.
"""

from __future__ import annotations

import pytest

from kobjects.kernel.abi import Abi, Call, Status
from kobjects.kernel.services import ConsoleRequest, Result
from packer.machine.outcome import Outcome
from tests.stages.company import endpoint, last, task
from tests.stages.harness import boot, lines, passed, system
from tests.stages.steps import PROGRAM, Step, by_name, scripted
from tests.stages.table import Result as Told
from tests.stages.user.services import CONSOLE, IMAGE, readers

pytestmark = pytest.mark.boot

TYPIST = task(
    "typist",
    PROGRAM,
    40,
    console=endpoint("console"),
    typing=endpoint("console", 0x7E9),
)
"""A task that types; its second capability has the badge by which the console knows it."""

END = task("finish", "../../../bench/guest/finish.asm", 210, 'ports = ["0xf4-0xf4"]') + last()
"""Who ends the run, 50 ms after boot or later, when all others wait."""

MS = 1_000_000
MOST_READERS = 16


def ask(name: str, request: int, *words: int | str, who: str = "console") -> Step:
    return Step(name, Call.CALL, f"cap.{who}", (int(request), *words))


FOUND = ask("found", ConsoleRequest.KEYBOARD, 1, who="typing")


def typed(text: str) -> list[Step]:
    """A key's step for each character."""
    return [
        ask(f"key.{place}", ConsoleRequest.KEY, ord(letter), who="typing")
        for place, letter in enumerate(text)
    ]


def words_of(text: str) -> tuple[int, ...]:
    """A message of ten words that is a text."""
    data = text.encode().ljust(8 * Abi.REGISTER_WORDS, b"\0")
    return tuple(int.from_bytes(data[n : n + 8], "little") for n in range(0, len(data), 8))


@pytest.fixture(scope="module")
def asked() -> Outcome:
    of = system(IMAGE + CONSOLE + TYPIST + END)
    steps = (
        Step("none", Call.CALL, "cap.console", (ConsoleRequest.DEVICES,), 0),
        ask("zero", 0),
        ask("unknown", max(ConsoleRequest) + 1),
        ask("ones", (1 << 64) - 1),
        ask("early", ConsoleRequest.KEY, ord("x"), who="typing"),
        ask("devices.before", ConsoleRequest.DEVICES),
        FOUND,
        ask("usurper", ConsoleRequest.KEYBOARD, 0),
        ask("injected", ConsoleRequest.KEY, ord("x")),
        ask("devices.now", ConsoleRequest.DEVICES),
        *typed("ok\n"),
        ask("read", ConsoleRequest.READ),
        ask("lost", ConsoleRequest.KEYBOARD, 0, who="typing"),
        ask("devices.after", ConsoleRequest.DEVICES),
        Step("sent.text", Call.SEND, "cap.console", words_of("sent text\n")),
        Step("sent.read", Call.SEND, "cap.console", (ConsoleRequest.READ,)),
        Step("sent.request", Call.SEND, "cap.console", (ConsoleRequest.DEVICES,)),
        ask("devices.again", ConsoleRequest.DEVICES),
        Step("text", Call.CALL, "cap.console", words_of("all of " + "x" * 72 + "\n")),
    )
    return passed(boot(scripted(of, typist=steps)))


@pytest.fixture(scope="module")
def told(asked: Outcome) -> dict[str, Told]:
    return by_name(asked)


def padded(*words: int) -> list[int]:
    """The ten words of a reply; nothing of the server's is in those that it did not mean."""
    return [*words, *[0] * (Abi.REGISTER_WORDS - len(words))]


@pytest.mark.parametrize("name", ["none", "zero", "unknown", "ones"])
def test_what_is_no_request_is_told_so(told: dict[str, Told], name: str) -> None:
    assert told[name].words == padded(Result.UNKNOWN_REQUEST)


@pytest.mark.parametrize("name", ["early", "usurper", "injected"])
def test_only_the_keyboard_driver_says_what_was_typed(told: dict[str, Told], name: str) -> None:
    """Who says first that there is a keyboard is the driver, by its badge."""
    assert told[name].words == padded(Result.REFUSED, Status.NO_RIGHT)


@pytest.mark.parametrize(
    ("when", "keyboard"), [("before", 0), ("now", 1), ("after", 0), ("again", 0)]
)
def test_the_devices_are_told(told: dict[str, Told], when: str, keyboard: int) -> None:
    """The machine is a microvm, which has no screen."""
    assert told[f"devices.{when}"].words == padded(Result.OK, 0, 1, keyboard)


def test_a_line_that_is_there_is_read_at_once(told: dict[str, Told]) -> None:
    read = told["read"]
    assert read.registers["rax"] == Abi.REGISTER_WORDS
    assert read.words == padded(Result.OK, 3, int.from_bytes(b"ok\n", "little"))


def test_what_is_sent_is_printed_and_not_answered(asked: Outcome, told: dict[str, Told]) -> None:
    assert "sent text" in lines(asked)
    assert [told[f"sent.{what}"].registers["rax"] for what in ("text", "read", "request")] == [
        0
    ] * 3


def test_all_of_a_full_message_is_printed(asked: Outcome, told: dict[str, Told]) -> None:
    assert "all of " + "x" * 72 in lines(asked)
    assert told["text"].words == padded(Result.OK)


def test_readers_are_served_in_the_order_in_which_they_asked() -> None:
    of = readers("one", "two", "three", more=TYPIST + END)
    outcome = passed(boot(scripted(of, typist=(FOUND, *typed("a\nb\nc\nd\ne\nf\n")))))
    said = [line.removeprefix("2 ") for line in lines(outcome) if line.startswith("2 ")]
    assert said == ["one[a", "two[b", "three[c", "one[d", "two[e", "three[f"]


def test_a_line_is_not_lost_on_clients_that_have_left() -> None:
    """More readers than there is room for give up, each within its deadline; the next gets it."""
    hasty = task("hasty", PROGRAM, 60, console=endpoint("console"))
    of = system(IMAGE + CONSOLE + hasty + TYPIST + END)
    giving_up = [
        Step(
            f"gave.up.{number}",
            Call.CALL,
            "cap.console",
            (ConsoleRequest.READ,),
            flags=Abi.DEADLINE,
            deadline=(number + 1) * MS,
        )
        for number in range(MOST_READERS + 4)
    ]
    giving_up.append(ask("read", ConsoleRequest.READ))
    nap = f"    mov     esi, {30 * MS}\n    call    sleep"
    steps: tuple[Step | str, ...] = (nap, FOUND, *typed("late\n"))
    told = by_name(boot(scripted(of, hasty=tuple(giving_up), typist=steps)))
    gave_up = [told[f"gave.up.{number}"].status for number in range(MOST_READERS + 4)]
    assert gave_up == [Status.TIMED_OUT] * (MOST_READERS + 4)
    assert told["read"].words == padded(Result.OK, 5, int.from_bytes(b"late\n", "little"))


def test_there_is_room_for_so_many_readers_and_no_more() -> None:
    names = [f"reader{number}" for number in range(MOST_READERS + 1)]
    text = IMAGE + CONSOLE + TYPIST + END
    for place, name in enumerate(names):
        text += task(name, PROGRAM, 100 - place, console=endpoint("console"))
    steps = {name: (ask(name, ConsoleRequest.READ),) for name in names}
    outcome = boot(scripted(system(text), typist=(FOUND, *typed("a\n")), **steps))
    told = by_name(outcome)
    assert told[names[-1]].words == padded(Result.NO_ROOM)
    assert told[names[0]].words == padded(Result.OK, 2, int.from_bytes(b"a\n", "little"))
    assert not told.keys() & set(names[1:-1])
