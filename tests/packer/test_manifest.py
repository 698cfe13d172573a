"""The manifest: what it means, and that every mistake in it is named at its place, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from packer.manifest import DEMONSTRATION, Manifest, ManifestError, find, load, parse
from stages.kernel import STAGES
from stages.model import Capability, Stage

BOOT, CONSOLE, *OTHERS = STAGES

WHOLE = """\
[image]
name = "whole"
targets = ["pvh", "bios", "pvh"]
stages = ["console", "boot"]

[frames]
shared = {}

[[task]]
name = "ping"
program = ["ping.asm", "kpack:user/lib.asm"]
priority = 255
stack_pages = 2
supervisor = "boss"
ports = ["0x3f8-0x3ff", "0x60"]
physical = { "0x500000" = "0xb8000-0xb8fff" }
[task.capabilities]
pong = { endpoint = "pong", rights = ["call", "grant"], badge = 0xffff_ffff_ffff_ffff }
boss = { endpoint = "pong", rights = ["call"] }
counter = { frame = "shared", rights = ["r", "w"] }
info = { frame = "boot_info", rights = ["read"] }
self = { space = "ping", rights = ["map"] }

[[task]]
name = "pong"
program = ["ping.asm"]
priority = 0
"""

SMALL = """\
[image]
name = "small"
targets = ["pvh"]
[[task]]
name = "one"
program = ["ping.asm"]
priority = 1
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "ping.asm").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(folder: Path, text: str) -> Manifest:
    return parse(text, folder / "kpack.toml", {stage.name: stage for stage in STAGES})


def complaints(folder: Path, text: str) -> list[str]:
    """What is wrong with a manifest: line:column: code: text (help)."""
    with pytest.raises(ManifestError) as caught:
        read(folder, text)
    return [
        f"{each.place.line}:{each.place.column}: {each.code}: {each.message}"
        + (f" ({each.help})" if each.help else "")
        for each in caught.value.diagnostics
    ]


def test_what_a_manifest_says(folder: Path) -> None:
    manifest = read(folder, WHOLE)
    system = manifest.system
    assert (system.name, manifest.targets, system.frames) == ("whole", ["pvh", "bios"], ["shared"])
    assert [stage.name for stage in system.stages] == ["boot", "console"], "the kernel's order"
    ping, pong = system.tasks
    assert (ping.name, ping.priority, ping.stack_pages, ping.supervisor) == ("ping", 255, 2, "boss")
    assert ping.ports == [range(0x3F8, 0x400), range(0x60, 0x61)]
    assert ping.physical == {0x500000: range(0xB8000, 0xB9000)}
    assert list(ping.capabilities) == [
        Capability("pong", "endpoint", "pong", frozenset({"call", "grant"}), 2**64 - 1),
        Capability("boss", "endpoint", "pong", frozenset({"call"})),
        Capability("counter", "frame", "shared", frozenset({"read", "write"})),
        Capability("info", "frame", "boot_info", frozenset({"read"})),
        Capability("self", "space", "ping", frozenset({"map"})),
    ]
    assert [source.path for source in ping.program] == [
        folder / "ping.asm",
        DEMONSTRATION.parent / "lib.asm",
    ]
    assert (pong.capabilities, pong.ports, pong.physical, pong.stack_pages) == ([], [], {}, 1)


def test_a_task_may_be_a_file_that_is_compiled_later(folder: Path) -> None:
    text = SMALL.replace('program = ["ping.asm"]', 'elf = "build/one.elf"\nfpu = true')
    (task,) = read(folder, text).system.tasks
    assert (task.elf, task.program, task.fpu) == (folder / "build" / "one.elf", [], True)


def test_without_a_choice_an_image_has_all_stages(folder: Path) -> None:
    stages: list[Stage] = list(read(folder, SMALL).system.stages)
    assert stages == list(STAGES)


def test_lines_may_end_as_in_windows(folder: Path) -> None:
    assert complaints(folder, SMALL.replace("1", "-1").replace("\n", "\r\n")) == [
        "7:12: KP3006: priority is -1, outside of 0 to 255"
    ]


def test_a_folder_without_a_manifest_has_the_demonstration(folder: Path) -> None:
    assert find(folder) == DEMONSTRATION
    (folder / "kpack.toml").write_text(SMALL, encoding="utf-8")
    assert load(find(folder)).system.name == "small"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("name = 'small'", "name = 's m'"), "2:8: KP3006: 's m' is no name for files"),
        (("name = 'small'", ""), "1:2: KP3004: image has no name"),
        (("name = 'small'", "name = 3"), "2:8: KP3005: name is an integer instead of a string"),
        (("'pvh'", "'pvhh'"), "3:12: KP3007: there is no target pvhh (did you mean pvh?)"),
        (
            ("['pvh']", "[]"),
            "3:11: KP3004: no target; there are bios, iso, pvh, multiboot, uefi, rom",
        ),
        (("['pvh']", "'pvh'"), "3:11: KP3005: targets is a string instead of an array"),
        (("['pvh']", "[1]"), "3:12: KP3005: targets has an integer instead of a string"),
        (("[[task]]", "stages = ['bot']\n[[task]]"), "4:11: KP3007: there is no stage bot"),
        (("[[task]]", "colour = 1\n[[task]]"), "4:1: KP3003: unknown key colour (known here: "),
        (("[[task]]", "[frames]\n'a b' = {}\n[[task]]"), "5:1: KP3006: 'a b' is no name"),
        (("[[task]]", "[frame]\n[[task]]"), "4:2: KP3003: unknown key frame (did you mean frames"),
        (("[[task]]", "[task]"), "4:2: KP3005: task is a table instead of an array"),
        (("priority = 1", "priority = 256"), "7:12: KP3006: priority is 256, outside of 0 to 255"),
        (("priority = 1", "priority = true"), "7:12: KP3005: priority is a boolean instead of an"),
        (("priority = 1", ""), "4:3: KP3004: task has no priority"),
        (("'one'", "'1one'"), "5:8: KP3006: '1one' is no name: letters, digits and _, at most 15"),
        (("'one'", "'sixteen_letters_'"), "5:8: KP3006: 'sixteen_letters_' is no name"),
        (("'ping.asm'", "'pong.asm'"), "6:12: KP3009: there is no file pong.asm (programs are"),
        (("'ping.asm'", "'kpack:x.asm'"), "6:12: KP3009: there is no file kpack:x.asm"),
        (("['ping.asm']", "[]"), "6:11: KP3004: a program has at least one file"),
        (("program = ['ping.asm']", ""), "4:3: KP3004: task has no program"),
        (("program = ['ping.asm']", "elf = 1"), "6:7: KP3005: elf is an integer instead of a str"),
        (
            ("priority", "elf = 'x'\npriority"),
            "7:1: KP3006: a task has a program in assembly or an",
        ),
    ],
)
def test_a_mistake_is_named_at_its_place(
    folder: Path, change: tuple[str, str], expected: str
) -> None:
    old, new = (word.replace("'", '"') for word in change)
    assert old in SMALL
    (found,) = complaints(folder, SMALL.replace(old, new, 1))
    assert found.replace('"', "'").startswith(expected)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ports = ['x']", "8:10: KP3006: 'x' is no range (write it like 0x3f8-0x3ff)"),
        ("ports = ['9-8']", "8:10: KP3006: 9-8 does not rise, or passes 0xffff"),
        ("ports = ['0x10000']", "8:10: KP3006: 0x10000 does not rise, or passes 0xffff"),
        ("ports = ['0x100-0x140']", "8:10: KP3006: 0x100-0x140 is 65 ports; a range has at most"),
        ("ports = ['0xa1']", "8:10: KP3006: 0xa1 has port 0xa1, an interrupt controller's"),
        ("ports = ['1', '2', '3', '4', '5']", "8:1: KP3006: 5 ranges of ports; a task has at most"),
        ("physical = {'0x500000' = '0xb8001'}", "8:13: KP3006: 0x500000 and 0xb8001 are not whole"),
        ("physical = {'x' = '0xb8000-0xb8fff'}", "8:13: KP3006: 'x' is no address"),
        (
            "physical = {'0x400000' = '0xb8000-0xb8fff'}",
            "8:13: KP3006: 0x400000 to 0x400fff is outside of 0x500000 to 0x5dbfff, where devices",
        ),
        (
            "physical = {'0x500000' = '0x200000-0x200fff'}",
            "8:26: KP3006: 0x200000-0x200fff is memory, not a device (frames are shared through",
        ),
        (
            "physical = {'0x500000' = '0xfee00000-0xfee00fff'}",
            "8:26: KP3006: 0xfee00000-0xfee00fff holds interrupt controllers, which are the",
        ),
        (
            "supervisor = 'a'\ncapabilities.a = {endpoint = 'one', rights = ['grant']}",
            "8:14: KP3007: the capability a has no right call, and the kernel calls for this task",
        ),
        ("supervisor = 'boss'", "8:14: KP3007: there is no capability of this task that is named"),
        ("capabilities.a = {}", "8:14: KP3004: capability a names no object (give one of endpoint"),
        (
            "capabilities.a = {space = 'one', frame = 'x', rights = []}",
            "8:14: KP3004: capability a names frame and space",
        ),
        (
            "capabilities.a = {endpoint = 'on', rights = []}",
            "8:30: KP3007: there is no task on (did you mean one?)",
        ),
        (
            "capabilities.a = {frame = 'on', rights = []}",
            "8:27: KP3007: there is no frame on",
        ),
        (
            "capabilities.a = {endpoint = 'one', rights = ['cal']}",
            "8:47: KP3007: endpoint capabilities have no right cal (did you mean call?)",
        ),
        (
            "capabilities.a = {endpoint = 'one', rights = ['unused']}",
            "8:47: KP3007: endpoint capabilities have no right unused (there are call, grant, co",
        ),
        ("capabilities.a = {endpoint = 'one'}", "8:14: KP3004: task.capabilities.a has no rights"),
        (
            "capabilities.a = {space = 'one', rights = [], badge = 1}",
            "8:47: KP3006: space capabilities have no badge",
        ),
        (
            "supervisor = 'a'\ncapabilities.a = {space = 'one', rights = []}",
            "8:14: KP3007: the capability a is not for an endpoint",
        ),
    ],
)
def test_a_mistake_in_what_a_task_may_do(folder: Path, line: str, expected: str) -> None:
    (found,) = complaints(folder, SMALL + line.replace("'", '"'))
    assert found.startswith(expected)


def test_a_table_of_capabilities_has_an_end(folder: Path) -> None:
    lines = [f'capabilities.a{n} = {{ endpoint = "one", rights = [] }}' for n in range(64)]
    assert complaints(folder, SMALL + "\n".join(lines[:64])) == [
        "8:1: KP3006: 64 capabilities; a task's table holds 63"
    ]
    assert len(read(folder, SMALL + "\n".join(lines[:63])).system.tasks[0].capabilities) == 63


def test_two_tasks_of_one_name(folder: Path) -> None:
    twice = SMALL + SMALL[SMALL.index("[[task]]") :]
    assert complaints(folder, twice) == [
        "9:8: KP3008: there are two tasks one; the other is in line 4"
    ]


def test_all_mistakes_are_named_at_once_in_their_order(folder: Path) -> None:
    text = SMALL.replace("small", "s m").replace("ping.asm", "x.asm").replace("= 1", "= 999")
    assert [line.split(":")[0] for line in complaints(folder, text)] == ["2", "6", "7"]


def test_an_empty_manifest_lacks_everything(folder: Path) -> None:
    assert {line.split(": ", 2)[2] for line in complaints(folder, "")} == {
        "image has no name",
        "image has no targets",
        "the manifest has no [[task]]",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[image", "1:7: KP3002: not TOML: expected ']' at the end of a table declaration"),
        ("a = 1\na = 2\n", "2:6: KP3002: not TOML: cannot overwrite a value"),
        ("a = 1\nb = ", "2:5: KP3002: not TOML: invalid value"),
    ],
)
def test_what_is_not_toml(folder: Path, text: str, expected: str) -> None:
    assert complaints(folder, text) == [expected]


def test_an_error_shows_its_line_and_a_caret(folder: Path) -> None:
    (folder / "kpack.toml").write_text(SMALL.replace("pvh", "pvhh"), encoding="utf-8")
    with pytest.raises(ManifestError) as caught:
        load(folder / "kpack.toml")
    assert str(caught.value) == (
        "kpack.toml:3:12: error[KP3007]: there is no target pvhh\n"
        '    targets = ["pvhh"]\n'
        "               ^~~~~~\n"
        "help: did you mean pvh?"
    )
