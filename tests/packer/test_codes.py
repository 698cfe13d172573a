"""The table of error codes is exact, its assembly examples make their codes, tests name them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from packer.asm import AsmError, Diagnostic
from packer.codes import table
from tests.packer.asm.tools import complaints, unit

CODE = re.compile(r"KP[0-9]{4}")
PACKAGES = ("kobjects", "stages", "packer", "bench")

CRASH = "KP1033"
"""The encoder's own failure, which no text makes in every version of it."""

UNNAMED = {"KP2508"}
"""Codes that no test names yet. It may only shrink."""

ASSEMBLED = {code for code in table() if code.startswith("KP1")} - {CRASH}


def named(*folders: Path) -> set[str]:
    """The codes in the Python sources below these folders, but for the tests of the table."""
    about = {"test_codes.py", "test_explain_error.py"}
    return {
        code
        for folder in folders
        for file in folder.rglob("*.py")
        if file.name not in about
        for code in CODE.findall(file.read_text(encoding="utf-8"))
    }


def linked(text: str) -> list[Diagnostic]:
    """What is wrong with a source, else with it linked beside a kernel that has a table."""
    if found := complaints(text):
        return found
    with pytest.raises(AsmError) as caught:
        unit(text).link(0, {"table": 0xFFFF_FFFF_8000_0000}.__getitem__)
    return list(caught.value.diagnostics)


def test_the_table_has_every_code_of_the_sources_and_no_other(root: Path) -> None:
    assert set(table()) == named(*(root / package for package in PACKAGES))


def test_every_code_is_named_by_a_test_or_made_by_its_example(root: Path) -> None:
    assert set(table()) - named(root / "tests") - ASSEMBLED == UNNAMED


@pytest.mark.parametrize("code", sorted(ASSEMBLED))
def test_an_assembly_example_makes_its_code(code: str) -> None:
    assert {found.code for found in linked(table()[code].example)} == {code}


def test_entries_are_written_for_a_terminal() -> None:
    for entry in table().values():
        texts = (entry.title, entry.means, entry.example, entry.do)
        assert all(text and text == text.strip() for text in texts), entry.code
        assert len(entry.title) <= 72, entry.code
        assert not entry.title.endswith("."), entry.code
        assert "\n" not in entry.title + entry.means + entry.do, entry.code
        assert entry.means.endswith("."), entry.code
        assert entry.do.endswith("."), entry.code
