"""kpack export: from names to a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kobjects.emit import c, rust
from kobjects.kernel.message import MessageBuffer
from kobjects.kernel.slot import Slot
from tests.packer.cli.conftest import Kpack


def test_a_schema_goes_to_standard_output(kpack: Kpack) -> None:
    said = kpack("export", "--lang", "c", "Slot")
    assert (said.status, said.out, said.err) == (0, c.header([Slot]), "")


def test_a_schema_goes_to_a_file_whose_name_guards_it(kpack: Kpack, tmp_path: Path) -> None:
    said = kpack("export", "--lang", "c", "-o", "new/abi.h", "kernel.message", "--prefix", "k_")
    assert (said.status, said.out) == (0, "")
    text = (tmp_path / "new" / "abi.h").read_text()
    assert text == c.header([MessageBuffer], name="abi", prefix="k_")
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


MANIFEST = """
[image]
name = "handles"
targets = ["pvh"]
[modules]
shell = { elf = "build/shell.elf", priority = 1, capabilities = ["console", "names"] }
[[task]]
name = "one"
elf = "build/one.elf"
priority = 1
[task.capabilities]
first = { endpoint = "one", rights = ["call"] }
second = { endpoint = "one", rights = ["call"] }
[[task]]
name = "two"
elf = "build/two.elf"
priority = 1
[[task]]
name = "odd"
elf = "build/odd.elf"
priority = 1
capabilities.mro = { endpoint = "one", rights = [] }
"""


@pytest.fixture
def manifest(kpack: Kpack, tmp_path: Path) -> None:
    """A manifest whose programs are not compiled yet."""
    (tmp_path / "kpack.toml").write_text(MANIFEST)


@pytest.mark.usefixtures("manifest")
def test_the_handles_of_a_task(kpack: Kpack) -> None:
    text = kpack("export", "--lang", "c", "--task", "one").out
    assert "/* Handles of one's capabilities. */\ntypedef enum cap {\n" in text
    assert f"    CAP_FIRST = {Slot.size},\n    CAP_SECOND = {2 * Slot.size},\n}} cap;" in text
    assert "enum Call" not in text, "only what was asked for"
    text = kpack("export", "--lang", "nasm", "--task", "one", "Slot").out
    assert "cap.second equ 0x80\n" in text
    assert "Slot.badge equ 0x10\n" in text


@pytest.mark.usefixtures("manifest")
def test_the_handles_of_a_program_for_a_loader(kpack: Kpack) -> None:
    text = kpack("export", "--lang", "rust", "--task", "shell").out
    assert "pub enum cap {\n    console = 0x40,\n    names = 0x80,\n}" in text


@pytest.mark.usefixtures("manifest")
def test_a_task_without_capabilities_has_no_handles(kpack: Kpack) -> None:
    said = kpack("export", "--lang", "c", "--task", "two")
    assert said.status == 0
    assert "enum" not in said.out


@pytest.mark.usefixtures("manifest")
@pytest.mark.parametrize(
    ("task", "complaint"),
    [
        ("shel", "the manifest has no task shel; did you mean shell?"),
        ("x", "the manifest has no task x; there are shell, one, two, odd"),
        ("odd", "a capability of odd has no name elsewhere: "),
    ],
)
def test_no_handles(kpack: Kpack, task: str, complaint: str) -> None:
    said = kpack("export", "--lang", "c", "--task", task)
    assert said.status == 2
    assert complaint in said.err


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
