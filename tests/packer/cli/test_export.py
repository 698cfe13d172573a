"""kpack export: from names to a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kobjects.emit import c, rust
from kobjects.kernel.slot import Slot
from tests.packer.cli.conftest import Kpack


def test_a_schema_goes_to_standard_output(kpack: Kpack) -> None:
    said = kpack("export", "--lang", "c", "Slot")
    assert (said.status, said.out, said.err) == (0, c.header([Slot]), "")


def test_a_schema_goes_to_a_file_whose_name_guards_it(kpack: Kpack, tmp_path: Path) -> None:
    said = kpack("export", "--lang", "c", "-o", "new/abi.h", "kernel.slot", "--prefix", "k_")
    assert (said.status, said.out) == (0, "")
    text = (tmp_path / "new" / "abi.h").read_text()
    assert text == c.header([Slot], name="abi", prefix="k_")
    assert "#ifndef K_ABI_H" in text


def test_the_interface_is_what_a_task_may_know(kpack: Kpack) -> None:
    text = kpack("export", "--lang", "rust", "interface").out
    for name in ("enum Call", "struct MessageBuffer", "enum DebugExit", "enum User"):
        assert f"pub {name} " in text
    assert "struct Thread " not in text


def test_without_a_name_everything_comes(kpack: Kpack) -> None:
    found = json.loads(kpack("export", "--lang", "json").out)
    names = {each["name"] for each in found["schemas"]}
    assert {"Thread", "SegmentDescriptor", "MasterBootRecord", "VgaCell"} <= names


@pytest.mark.parametrize(
    ("language", "beginning"),
    [
        ("rust", rust.PREAMBLE.splitlines()[0]),
        ("nasm", "; Made by `kpack export --lang nasm`"),
        ("gas", "# Made by `kpack export --lang gas`"),
        ("markdown", "## ObjectType"),
    ],
)
def test_other_languages(kpack: Kpack, language: str, beginning: str) -> None:
    assert kpack("export", "--lang", language, "Slot").out.startswith(beginning)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--lang", "c", "Slit"), "kobjects has no schema, module or room 'Slit'; did you mean"),
        (("--lang", "rust", "--prefix", "k_", "Slot"), "--prefix is for C, where all names share"),
        (("--lang", "ada"), "'ada' is not one of 'c', 'rust', 'nasm', 'gas', 'markdown', 'json'"),
        (("Slot",), "Missing option '--lang'"),
    ],
)
def test_what_it_refuses(kpack: Kpack, words: tuple[str, ...], complaint: str) -> None:
    said = kpack("export", *words)
    assert said.status == 2
    assert complaint in said.err
