"""Manifests whose roster could not be right, each with what is said of it and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from kobjects.kernel.addresses import Page
from packer.build import build
from packer.errors import PackError
from packer.manifest import ManifestError, parse
from stages.kernel import STAGES
from tests.packer.rostered import MANIFEST, write


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


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
            "36:1: KP3006: two would be told from others by badge 0 "
            "(give it one from 1 to 0xffffffff)",
        ),
        (
            ("badge = 3", "badge = 0x1_0000_0000"),
            "36:1: KP3006: two would be told from others by badge 4294967296 "
            "(give it one from 1 to 0xffffffff)",
        ),
        (
            ("roster = true\nmodules = true\n", "roster = true\n"),
            "21:10: KP3004: root has the roster, but not root = true and modules = true "
            "(it starts programs out of the whole budget)",
        ),
        (
            ("priority = 1\n", 'priority = 1\nrestart = "always"\n'),
            "41:11: KP3004: root, which would start alone again, is not told of its end "
            "(say supervisor = NAME, of a capability for root with a badge)",
        ),
        (
            ("priority = 6", 'priority = 6, restart = "always"'),
            "6:56: KP3006: two is a task of the image, whose own restart counts "
            "(say it in line 26 and behind)",
        ),
        (
            ('"always"', '"sometimes"'),
            "32:11: KP3006: restart is 'sometimes'; there are never, on_fault, always",
        ),
        (
            ("restarts = 9", "restarts = 65536"),
            "33:12: KP3006: restarts is 65536, outside of 0 to 65535",
        ),
        (
            ("slots = 1024\n", 'slots = 1024\nphysical = { "0x57f000" = "0xb8000-0xb9fff" }\n'),
            "24:12: KP3006: devices at 0x57f000 reach into the roster at 0x580000",
        ),
    ],
)
def test_what_its_holder_could_not_do(folder: Path, change: tuple[str, str], wanted: str) -> None:
    assert complaints(folder, change) == [wanted]


def test_a_second_holder(folder: Path) -> None:
    more = "priority = 1\nroster = true\n"
    assert complaints(folder, ("priority = 1\n", more)) == [
        "21:10: KP3008: root and alone both have the roster; one task can"
    ]


def test_two_wards_of_one_badge(folder: Path) -> None:
    more = 'boss = { endpoint = "root", rights = ["call"], badge = 3 }\nline'
    found = complaints(
        folder, ("priority = 1\n", 'priority = 1\nsupervisor = "boss"\n'), ("line", more)
    )
    assert found == ["43:56: KP3008: alone and two have badge 3, by which they are told apart"]


def test_more_wards_than_a_roster_holds(folder: Path) -> None:
    rows = "".join(f'p{n} = {{ program = ["one.asm"], priority = 1 }}\n' for n in range(60))
    (found,) = complaints(folder, ("two =", f"{rows}two ="))
    assert found == "81:10: KP3006: 64 tasks and programs; a roster holds 62"


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
