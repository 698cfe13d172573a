"""The roster: what its holder is told and given, and manifests in which it could not be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from kobjects.kernel.abi import EndpointRights, ObjectType, SpaceRights, ThreadRights
from kobjects.kernel.addresses import Page, User
from kobjects.kernel.module import ModuleDirectory
from kobjects.kernel.object import ObjectHeader
from kobjects.kernel.program import Program, ProgramFlags
from kobjects.kernel.roster import Grant, Restart, Roster, RosterLimit, TaskSymbol, WardFlags
from kobjects.kernel.slot import Slot
from kobjects.kernel.thread import PortRange
from packer.build import build
from packer.checks.tables import AddressSpace
from packer.image import Image
from packer.manifest import parse
from stages.kernel import STAGES
from stages.tasks.objects import inventory
from stages.tasks.roster import badge_of
from tests.packer.rostered import MANIFEST, write


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write(tmp_path)
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
    slots = Slot[64].parse(image.contents("slots.root"))
    return slots[handle // Slot.size]


def test_tasks_come_first_then_programs_that_are_not_in_the_image(image: Image) -> None:
    found = roster(image)
    names = [ward.name.rstrip(b"\0").decode() for ward in found.wards[: found.count]]
    assert names == ["root", "two", "alone", "tool"]
    assert (found.own, found.slots) == (0, 1024)
    assert [ward.module for ward in found.wards[:4]] == [0, 2, 0, 3], "places in the directory"
    directory = ModuleDirectory.parse(image.contents("modules"))
    assert directory.modules[2 - 1].name.rstrip(b"\0") == b"two"


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


def test_a_program_says_what_it_needs(image: Image) -> None:
    program = Program.parse(image.contents("module.tool")[: Program.size])
    assert (program.frames, program.objects, program.priority) == (5, 2, 5)
    assert program.flags == ProgramFlags(modules=True)
    assert program.ports[:3] == (
        PortRange(first=0x70, count=2),
        PortRange(first=0x80, count=1),
        PortRange(),
    )
    other = Program.parse(image.contents("module.two")[: Program.size])
    assert (other.frames, other.objects, other.flags) == (16, 0, ProgramFlags())
    assert not any(ports.count for ports in other.ports)


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
    slots = Slot[64].parse(image.contents("slots.root"))
    used = {number for number, slot in enumerate(slots) if slot != Slot()}
    assert used == set(range(1, roster(image).first_free))


def test_of_a_large_table_only_the_pages_in_use_are_loaded(image: Image) -> None:
    """The rest lies right behind: the kernel sees one table."""
    start, rest = (image.layout.placement(f"slots.root{part}") for part in ("", ".rest"))
    assert (start.size, rest.size) == (64 * Slot.size, (1024 - 64) * Slot.size)
    assert (start.loaded, rest.loaded) == (True, False)
    assert start.end == rest.virtual


def test_a_second_large_table_is_loaded_whole(folder: Path) -> None:
    image = read(folder, MANIFEST.replace("priority = 1\n", "priority = 1\nslots = 1024\n"))
    assert len(image.contents("slots.alone")) == 1024 * Slot.size


def test_every_page_of_the_modules_has_a_frame(image: Image) -> None:
    """In the order in which tasks see them: directory, text (two pages), two, tool."""
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


OWN = MANIFEST.replace(
    '[[task]]\nname = "alone"',
    """[[task]]
name = "again"
program = ["two.asm"]
priority = 7
supervisor = "root"
restart = "always"
stack_pages = 2
ports = ["0x70-0x71"]
physical = { "0x500000" = "0xb8000-0xb9fff" }
[task.capabilities]
root = { endpoint = "root", rights = ["call"], badge = 9 }
line = { irq = "5", rights = ["ack"], badge = 6 }
shared = { frame = "shared", rights = ["read", "write"] }
own = { space = "again", rights = ["map"] }
other = { thread = "two", rights = ["read"] }
[[task]]
name = "alone\"""",
).replace("[modules]", "[frames]\nshared = {}\n[modules]")


def test_a_task_that_is_started_again_is_a_module_of_its_own(folder: Path) -> None:
    image = read(folder, OWN)
    again = roster(image).wards[2]
    assert again.flags == WardFlags(own_program=True)
    assert again.module == 4, "behind those of the manifest"
    module = image.contents("module.again")
    program = Program.parse(module[: Program.size])
    assert (program.priority, program.stack_pages, program.segment_count) == (7, 2, 2)
    assert program.ports[0] == PortRange(first=0x70, count=2)
    text, screen = program.segments[:2]
    assert (text.address, text.rights, text.device) == (User.TEXT, 5, 0)
    assert module[text.offset :][: text.file_bytes].startswith(image.contents("task.again.text"))
    assert (screen.address, screen.offset, screen.memory_bytes) == (0x500000, 0xB8000, 0x2000)
    assert (screen.file_bytes, screen.rights, screen.device) == (0, 3, 1)


def test_grants_say_what_the_table_of_the_image_has(folder: Path) -> None:
    """Compared with that table: objects, rights and badges."""
    image = read(folder, OWN)
    found = roster(image)
    again = found.wards[2]
    start = again.grants - User.ROSTER - Roster.size
    data = image.contents("task_symbols")[start : start + again.grant_count * Grant.size]
    table = Slot[64].parse(image.contents("slots.again"))
    offsets = inventory(image.system)
    names = ["root", "two", "again", "alone"]
    for number, grant in enumerate(Grant[again.grant_count].parse(data), 1):
        slot = table[grant.slot // Slot.size]
        assert (grant.slot, grant.type) == (number * Slot.size, slot.type)
        assert grant.rights == int(slot.rights)
        kind = grant.type.name.lower()
        if kind == "irq":
            assert (grant.target, grant.badge) == (5, 6)
        elif kind == "frame":
            assert given(image, grant.target).object == slot.object
            assert given(image, grant.target).rights == 15
        else:
            assert offsets[kind, names[grant.target]] == slot.object
            assert grant.badge == slot.badge
    assert again.grant_count == 5
