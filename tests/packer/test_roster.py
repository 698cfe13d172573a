"""The roster: what its holder is told and given, and manifests in which it could not be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from kobjects.kernel.abi import EndpointRights, ObjectType, SpaceRights, ThreadRights
from kobjects.kernel.addresses import Page, User
from kobjects.kernel.module import ModuleDirectory
from kobjects.kernel.object import ObjectHeader
from kobjects.kernel.roster import Restart, Roster, RosterLimit, TaskSymbol, WardFlags
from kobjects.kernel.slot import Slot
from packer.build import build
from packer.checks.tables import AddressSpace
from packer.errors import PackError
from packer.image import Image
from packer.manifest import ManifestError, parse
from stages.kernel import STAGES
from stages.tasks.objects import inventory
from stages.tasks.roster import badge_of

MANIFEST = """\
[image]
name = "roster"
targets = ["pvh"]
[modules]
text = "text"
tool = { program = ["one.asm"], priority = 5, start = true, operator = true }
two = { program = ["two.asm"], priority = 6 }
[[task]]
name = "root"
program = ["one.asm"]
priority = 200
root = true
roster = true
modules = true
slots = 1024
[task.capabilities]
info = { frame = "boot_info", rights = ["read"] }
[[task]]
name = "two"
program = ["two.asm"]
priority = 100
supervisor = "boss"
operator = true
restart = "always"
restarts = 9
restart_delay = 7
[task.capabilities]
boss = { endpoint = "root", rights = ["call"], badge = 3 }
[[task]]
name = "alone"
program = ["one.asm"]
priority = 1
[task.capabilities]
line = { irq = "4", rights = ["ack"], badge = 1 }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "one.asm").write_text("one:\n.local:\n    jmp one\n")
    (tmp_path / "two.asm").write_text(
        "two:\n    nop\n.own:\n    jmp .own\na_label_of_more_than_23_characters:\n"
    )
    (tmp_path / "text").write_bytes(b"x" * 5000)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(folder: Path, manifest: str = MANIFEST) -> Image:
    known = {stage.name: stage for stage in STAGES}
    return build(parse(manifest, folder / "kpack.toml", known).system)


@pytest.fixture
def image(folder: Path) -> Image:
    return read(folder)


def roster(image: Image) -> Roster:
    return Roster.parse(image.contents("roster"))


def given(image: Image, handle: int) -> Slot:
    slots = Slot[1024].parse(image.contents("slots.root"))
    return slots[handle // Slot.size]


def test_tasks_come_first_then_programs_that_are_not_in_the_image(image: Image) -> None:
    found = roster(image)
    names = [ward.name.rstrip(b"\0").decode() for ward in found.wards[: found.count]]
    assert names == ["root", "two", "alone", "tool"]
    assert (found.own, found.slots) == (0, 1024)
    assert [ward.module for ward in found.wards[:4]] == [0, 3, 0, 2], "places in the directory"
    directory = ModuleDirectory.parse(image.contents("modules"))
    assert directory.modules[3 - 1].name.rstrip(b"\0") == b"two"


def test_badges_tell_wards_apart(image: Image) -> None:
    assert [ward.badge for ward in roster(image).wards[:4]] == [
        *(0, 3, 0, RosterLimit.PROGRAM_BADGE + 3),
    ]
    tasks = image.system.tasks
    assert [badge_of(task, image.system) for task in tasks] == [0, 3, 0]


def test_a_task_of_the_image_has_the_policy_that_it_says_itself(image: Image) -> None:
    root, two, _, tool = roster(image).wards[:4]
    assert (two.restart, two.restarts, two.delay) == (Restart.ALWAYS, 9, 7)
    assert (root.restart, root.flags) == (Restart.NEVER, WardFlags())
    assert two.flags == WardFlags(operator=True)
    assert tool.flags == WardFlags(autostart=True, operator=True)


def test_the_holder_has_every_right_for_every_task(image: Image) -> None:
    offsets = inventory(image.system)
    found = roster(image)
    for name, ward in zip(("root", "two", "alone"), found.wards, strict=False):
        for kind, handle, rights in (
            ("space", ward.space, SpaceRights(map=True, caps=True, control=True)),
            ("thread", ward.thread, ThreadRights(read=True, write=True, control=True)),
            ("endpoint", ward.endpoint, EndpointRights(call=True, grant=True, control=True)),
        ):
            slot = given(image, handle)
            assert (slot.object, slot.rights) == (offsets[kind, name], rights)
    tool = found.wards[3]
    assert (tool.space, tool.thread, tool.endpoint) == (0, 0, 0)
    lines = [line for line, handle in enumerate(found.irqs) if handle]
    assert lines == [4]
    assert given(image, found.irqs[4]).type is ObjectType.IRQ


def test_the_first_free_slot_is_free_and_those_before_are_not(image: Image) -> None:
    slots = Slot[1024].parse(image.contents("slots.root"))
    used = {number for number, slot in enumerate(slots) if slot != Slot()}
    assert used == set(range(1, roster(image).first_free))


def test_every_page_of_the_modules_has_a_frame(image: Image) -> None:
    """In the order in which tasks see them: directory, text (two pages), tool, two."""
    found = roster(image)
    assert found.module_pages == 1 + 2 + 2 + 2
    seen = {
        page.linear: page.physical
        for page in AddressSpace(image, "pml4.root").walk()
        if page.linear >= User.MODULES and page.user
    }
    table = image.contents("object_table")
    for number in range(found.module_pages):
        slot = given(image, found.module_frames + number * Slot.size)
        header = ObjectHeader.parse(table[slot.object :][: ObjectHeader.size])
        assert header.type is ObjectType.FRAME
        assert header.target == seen[User.MODULES + number * Page.SIZE]
        assert slot.rights == 1, "read, and nothing else"


def symbols(image: Image, number: int) -> list[tuple[int, str]]:
    """The labels of a ward, read as the holder of the roster sees them."""
    ward = roster(image).wards[number]
    start = ward.symbols - User.ROSTER - Roster.size
    data = image.contents("task_symbols")[start : start + ward.symbol_count * TaskSymbol.size]
    found = TaskSymbol[ward.symbol_count].parse(data)
    return [(one.address, one.name.rstrip(b"\0").decode()) for one in found]


def test_labels_rise_and_end_without_a_name(image: Image) -> None:
    assert symbols(image, 0) == [(User.TEXT, "one"), (User.TEXT + 2, "")]
    assert symbols(image, 1) == [
        (User.TEXT, "two"),
        (User.TEXT + 3, ""),
        (User.TEXT + 3, "a_label_of_more_than_23"),
    ]
    assert symbols(image, 3) == [(User.TEXT, "one"), (User.TEXT + Page.SIZE, "")]


def test_only_the_holder_sees_the_roster(image: Image) -> None:
    where = [image.symbols.physical(name) for name in ("roster", "task_symbols")]
    for name, sees in (("root", True), ("two", False)):
        pages = [page for page in AddressSpace(image, f"pml4.{name}").walk() if page.user]
        seen = {page.linear: page for page in pages if page.physical in where}
        assert bool(seen) == sees
        if sees:
            assert list(seen) == [User.ROSTER, User.ROSTER + Page.SIZE]
            assert not any(page.writable or page.executable for page in seen.values())


def test_without_a_roster_there_is_none(folder: Path) -> None:
    text = MANIFEST.replace("roster = true\n", "").replace("root = true\n", "")
    image = read(folder, text)
    assert "roster" not in image.regions
    assert len(inventory(image.system)) == 1 + 3 * 4 + 1 + 1 + 1


def complaints(folder: Path, *changes: tuple[str, str]) -> list[str]:
    text = MANIFEST
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    known = {stage.name: stage for stage in STAGES}
    with pytest.raises(ManifestError) as caught:
        parse(text, folder / "kpack.toml", known)
    return [
        f"{each.place.line}:{each.place.column}: {each.code}: {each.message}"
        + (f" ({each.help})" if each.help else "")
        for each in caught.value.diagnostics
    ]


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (
            ("badge = 3", "badge = 0"),
            "28:1: KP3006: two would be told from others by badge 0 "
            "(give it one from 1 to 0xffffffff)",
        ),
        (
            ("badge = 3", "badge = 0x1_0000_0000"),
            "28:1: KP3006: two would be told from others by badge 4294967296 "
            "(give it one from 1 to 0xffffffff)",
        ),
        (
            ("modules = true\n", ""),
            "13:10: KP3004: root has the roster, but not root = true and modules = true "
            "(it starts programs out of the whole budget)",
        ),
        (
            ("priority = 1\n", 'priority = 1\nrestart = "always"\n'),
            "33:11: KP3004: there is nothing to start alone from again "
            "(give a program alone in [modules]; the image itself is used up)",
        ),
        (
            ("priority = 6", 'priority = 6, restart = "always"'),
            "7:56: KP3006: two is a task of the image, whose own restart counts "
            "(say it in line 18 and behind)",
        ),
        (
            ('"always"', '"sometimes"'),
            "24:11: KP3006: restart is 'sometimes'; there are never, on_fault, always",
        ),
        (
            ("restarts = 9", "restarts = 65536"),
            "25:12: KP3006: restarts is 65536, outside of 0 to 65535",
        ),
        (
            ("slots = 1024\n", 'slots = 1024\nphysical = { "0x57f000" = "0xb8000-0xb9fff" }\n'),
            "16:12: KP3006: devices at 0x57f000 reach into the roster at 0x580000",
        ),
    ],
)
def test_what_its_holder_could_not_do(folder: Path, change: tuple[str, str], wanted: str) -> None:
    assert complaints(folder, change) == [wanted]


def test_a_second_holder(folder: Path) -> None:
    more = "priority = 1\nroster = true\n"
    assert complaints(folder, ("priority = 1\n", more)) == [
        "13:10: KP3008: root and alone both have the roster; one task can"
    ]


def test_two_wards_of_one_badge(folder: Path) -> None:
    more = 'boss = { endpoint = "root", rights = ["call"], badge = 3 }\nline'
    found = complaints(
        folder, ("priority = 1\n", 'priority = 1\nsupervisor = "boss"\n'), ("line", more)
    )
    assert found == ["35:56: KP3008: alone and two have badge 3, by which they are told apart"]


def test_more_wards_than_a_roster_holds(folder: Path) -> None:
    rows = "".join(f'p{n} = {{ program = ["one.asm"], priority = 1 }}\n' for n in range(60))
    (found,) = complaints(folder, ("[[task]]", f"{rows}[[task]]"))
    assert found == "73:10: KP3006: 64 tasks and programs; a roster holds 62"


def test_a_table_that_is_too_small(folder: Path) -> None:
    """By what the manifest says; the pages of modules are only known when they are made."""
    tasks = "".join(
        f'[[task]]\nname = "t{n}"\nprogram = ["one.asm"]\npriority = 1\n' for n in range(18)
    )
    (found,) = complaints(folder, ("slots = 1024\n", ""), ("[[task]]", f"{tasks}[[task]]"))
    assert "root gets 66 capabilities; its table holds 63 (give it slots = 1024)" in found


def test_a_table_that_the_modules_pages_do_not_fit_in(folder: Path) -> None:
    (folder / "text").write_bytes(bytes(60 * Page.SIZE))
    known = {stage.name: stage for stage in STAGES}
    text = MANIFEST.replace("slots = 1024\n", "")
    system = parse(text, folder / "kpack.toml", known).system
    with pytest.raises(PackError, match=r"root.* is given 76 capabilities; its table holds 63"):
        build(system)
