"""The keyboard's driver: keys that QEMU presses, and the characters that come of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from kobjects.devices.keyboard import ScanCode
from kobjects.kernel.abi import Abi, Call
from kobjects.kernel.services import ConsoleRequest, KeyboardRequest, Result
from packer.build import build
from stages.model import Assembly, System
from tests.kobjects.oracle import evaluate
from tests.stages.company import endpoint, last, task
from tests.stages.harness import boot, system
from tests.stages.steps import PROGRAM, Step, by_name, scripted
from tests.stages.user.dialog import Dialog, sitting_at
from tests.stages.user.services import CONSOLE, IMAGE, KEYBOARD, NAMES, readers, stand_in

KEYS = {
    **{f"KEY_{letter.upper()}": letter for letter in "abcdefghijklmnopqrstuvwxyz"},
    **{f"KEY_{digit}": digit for digit in "0123456789"},
    **{f"KEY_KP{digit}": digit for digit in "0123456789"},
    **{
        f"KEY_{name}": character
        for name, character in (
            *(("ESC", "\x1b"), ("MINUS", "-"), ("EQUAL", "="), ("BACKSPACE", "\b"), ("TAB", "\t")),
            *(("LEFTBRACE", "["), ("RIGHTBRACE", "]"), ("ENTER", "\n"), ("SEMICOLON", ";")),
            *(("APOSTROPHE", "'"), ("GRAVE", "`"), ("BACKSLASH", "\\"), ("COMMA", ",")),
            *(("DOT", "."), ("SLASH", "/"), ("SPACE", " "), ("KPASTERISK", "*")),
            *(("KPMINUS", "-"), ("KPPLUS", "+"), ("KPDOT", "."), ("102ND", "<")),
        )
    },
}
"""Linux's names of the keys of a US keyboard, and what is printed on them. Its key codes up to 88
are the scan codes of set 1."""

SHIFTED = dict(zip("1234567890-=[];'`\\,./<", '!@#$%^&*()_+{}:"~|<>?>', strict=True))
"""What a US keyboard types with Shift, where it is not the capital letter."""

NAMES_OF = {
    **dict(zip("-=[];'`\\,./", (
        "minus", "equal", "bracket_left", "bracket_right", "semicolon", "apostrophe",
        "grave_accent", "backslash", "comma", "dot", "slash",
    ), strict=True)),
    " ": "spc",
}  # fmt: skip
"""QEMU's names of keys that are not what they type."""

PRINTABLE = "abcdefghijklmnopqrstuvwxyz1234567890-=[];'`\\,./ "


def key(character: str) -> str:
    return NAMES_OF.get(character, character)


@pytest.mark.parametrize("shifted", [False, True], ids=["plain", "shifted"])
def test_the_tables_have_what_is_printed_on_the_keys(shifted: bool) -> None:
    codes = evaluate({name: name for name in KEYS}, includes=["linux/input-event-codes.h"])
    image = build(keyboard_alone())
    unit, place = image.units["task.keyboard.text"], image.layout.placement("task.keyboard.text")
    start = place.physical - image.layout.window.start - unit.address
    start += unit.labels()["shifted_keys" if shifted else "plain_keys"]
    table = image.load[start : start + ScanCode.LAST + 1]
    wanted = bytearray(ScanCode.LAST + 1)
    for name, code in codes.items():
        character = KEYS[name]
        if shifted and not name.startswith("KEY_KP"):
            character = SHIFTED.get(character, character.upper())
        wanted[code] = ord(character)
    assert table == bytes(wanted)


def keyboard_alone() -> System:
    return stand_in(system(IMAGE + CONSOLE + NAMES + KEYBOARD), "names", [])


def typist() -> System:
    """A reader that says when the driver is ready: keys that are pressed before go nowhere."""
    return readers("one", more=KEYBOARD, prepare=READY, keyboard=endpoint("keyboard"))


READY = f"""
    mov     esi, {int(KeyboardRequest.STATE)}
    mov     edi, cap.keyboard
    mov     eax, {int(Call.CALL << Abi.NUMBER_SHIFT | 1)}
    syscall
    lea     rsi, [rip + text_ready]
    call    add_text
    call    flush
    ret
text_ready:
    .asciz  "ready"
"""


def set_2() -> System:
    """The same, but the driver has set its controller not to translate."""
    of = typist()
    tasks = [
        dataclasses.replace(each, program=[*map(untranslated, each.program)]) for each in of.tasks
    ]
    return dataclasses.replace(of, tasks=tasks)


def untranslated(part: Assembly) -> Assembly:
    """The source with the controller's translation left off, if it is the driver's."""
    if part.path.name != "keyboard.asm":
        return part
    text = part.text()
    changed = text.replace("ControllerConfiguration.translate | ", "")
    assert changed != text
    return dataclasses.replace(part, generate=lambda: changed)


@pytest.fixture(scope="module", params=["set 1", "set 2"])
def person(request: pytest.FixtureRequest) -> Iterator[Dialog]:
    with sitting_at(typist() if request.param == "set 1" else set_2()) as dialog:
        dialog.said("ready\r\n")
        yield dialog


def line(person: Dialog, *keys: str) -> str:
    """What the reader gets of keys that are pressed, with Enter behind them."""
    person.press(*keys, "ret")
    return person.said("]\r\n").partition("one[")[2].removesuffix("\n]\n")


@pytest.mark.boot
def test_every_key_types_what_is_printed_on_it(person: Dialog) -> None:
    assert line(person, *map(key, PRINTABLE)) == PRINTABLE


@pytest.mark.boot
def test_shift_types_the_upper_ones(person: Dialog) -> None:
    shifted = [f"shift-{key(character)}" for character in PRINTABLE]
    wanted = "".join(SHIFTED.get(character, character.upper()) for character in PRINTABLE)
    assert line(person, *shifted) == wanted
    assert line(person, "shift_r-a", "b") == "Ab"


@pytest.mark.boot
def test_caps_lock_is_for_letters_and_shift_undoes_it(person: Dialog) -> None:
    keys = ("caps_lock", "a", "1", "shift-b", "shift-2", "caps_lock", "c")
    assert line(person, *keys) == "A1b@c"


@pytest.mark.boot
def test_the_keypad_types_numbers_and_signs(person: Dialog) -> None:
    digits = [f"kp_{digit}" for digit in "0123456789"]
    signs = ("kp_add", "kp_subtract", "kp_multiply", "kp_divide", "kp_decimal")
    person.press(*digits, *signs, "kp_enter")
    assert person.said("]\r\n").partition("one[")[2] == "0123456789+-*/.\n]\n"


@pytest.mark.boot
def test_keys_without_a_character_type_nothing(person: Dialog) -> None:
    keys = ("f1", "f7", "f12", "up", "left", "home", "delete", "pause", "print", "alt", "meta_l")
    assert line(person, "x", *keys, "num_lock", "scroll_lock", "y") == "xy"


@pytest.mark.boot
def test_ctrl_makes_control_characters(person: Dialog) -> None:
    assert line(person, "a", "b", "ctrl-u", "c", "backspace", "d") == "d"
    person.press("e", "ctrl-d")
    assert person.said("]\r\n").endswith("1 one[e]\n")
    person.press("f", "ctrl_r-c")
    assert person.said("]\r\n").endswith("f^C\n1 one[\x03]\n")
    assert line(person, "g") == "g"


@pytest.mark.boot
@pytest.mark.parametrize(
    ("target", "state", "there"),
    [("pvh", [Result.ABSENT], 0), ("bios", [Result.OK, 1, 0], 1)],
    ids=["microvm", "pc"],
)
def test_the_driver_says_whether_there_is_a_keyboard(
    target: str, state: list[int], there: int
) -> None:
    asker = task("asker", PROGRAM, 40, console=endpoint("console"), keyboard=endpoint("keyboard"))
    finish = task("finish", "../../../bench/guest/finish.asm", 210, 'ports = ["0xf4-0xf4"]')
    of = system(IMAGE + CONSOLE + NAMES + KEYBOARD + asker + finish + last())
    steps = (
        Step("state", Call.CALL, "cap.keyboard", (KeyboardRequest.STATE,)),
        Step("unknown", Call.CALL, "cap.keyboard", (99,)),
        Step("none", Call.CALL, "cap.keyboard", (KeyboardRequest.STATE,), 0),
        Step("devices", Call.CALL, "cap.console", (ConsoleRequest.DEVICES,)),
    )
    of = scripted(stand_in(of, "names", []), asker=steps)
    told = by_name(boot(of, target=target, icount=False))
    assert told["state"].words[: len(state)] == state
    assert told["devices"].words[3] == there
    for name in ("unknown", "none"):
        assert told[name].words[0] == Result.UNKNOWN_REQUEST
