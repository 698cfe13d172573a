"""kpack new: a project that compiles, boots and passes, far from this repository."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from kobjects.kernel.addresses import User
from packer.manifest import load
from packer.starter import TEMPLATE, create, is_name
from tests.packer.cli.conftest import Kpack
from tests.stages.compiled import make, project


def test_it_writes_a_project_and_says_what_to_do(kpack: Kpack, tmp_path: Path) -> None:
    said = kpack("new", "deep/mine")
    assert said.status == 0
    written = {path for path in (tmp_path / "deep" / "mine").rglob("*") if path.is_file()}
    assert {tmp_path / line for line in said.out.splitlines()} == written
    assert {path.relative_to(tmp_path / "deep" / "mine") for path in written} == {
        path.relative_to(TEMPLATE) for path in TEMPLATE.rglob("*") if path.is_file()
    }
    assert said.err.startswith("kpack: now `make -C deep/mine")
    assert load(tmp_path / "deep" / "mine" / "kpack.toml").system.name == "mine"


def test_a_name_of_its_own(kpack: Kpack, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert kpack("new", "folder", "--name", "my-kernel_2").status == 0
    assert load(tmp_path / "folder" / "kpack.toml").system.name == "my-kernel_2"


def test_this_folder_may_be_the_project(kpack: Kpack, tmp_path: Path) -> None:
    assert kpack("new", ".", "--name", "here").status == 0
    assert (tmp_path / "kpack.toml").is_file()


@pytest.mark.parametrize("name", ["my kernel", "", "a/b", "ä"])
def test_what_is_no_name(kpack: Kpack, name: str) -> None:
    said = kpack("new", "folder", "--name", name)
    assert said.status == 2
    assert f"{name!r} is no name for files: letters, digits, - and _; choose one with" in said.err
    assert not is_name(name)


@pytest.mark.parametrize(
    ("there", "expected"),
    [(["old.txt"], "it has old.txt\n"), (["b", ".a", "c"], "it has .a and 2 more\n")],
)
def test_a_folder_that_is_not_empty(
    kpack: Kpack, tmp_path: Path, there: list[str], expected: str
) -> None:
    (tmp_path / "mine").mkdir()
    for name in there:
        (tmp_path / "mine" / name).touch()
    said = kpack("new", "mine")
    assert (said.status, said.out) == (3, "")
    assert said.err == (
        f"mine: error[KP2205]: the folder is not empty: {expected}help: choose another folder\n"
    )
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == sorted(there)


def test_the_manifest_names_what_a_task_in_c_may_name() -> None:
    """`task.ld` can't be told by a schema."""
    script = (TEMPLATE / "lib" / "task.ld").read_text()
    assert f"    . = {int(User.TEXT):#x}; /* User.TEXT */" in script
    assert f"    ASSERT(. <= {int(User.DEVICES):#x}, " in script


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose programs are compiled."""
    folder = project(tmp_path_factory.mktemp("new") / "mine")
    done = make(folder, "programs")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.boot
def test_it_compiles_boots_and_passes(compiled: Path) -> None:
    folder = compiled
    done = make(folder, "test")
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"(?m)^passed .* (?:pvh|bios) on", done.stdout)) == 2, done.stdout
    ran = make(folder, "run")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.replace("\r", "").split("ipc  ")[1].splitlines()[1:6] == [
        "greeter     hello from C",
        "adder       20 + 22, in Rust",
        "greeter     Rust says 42",
        "start       the answer from C and Rust is 42",
        "kpack: demonstration passed",
    ]


@pytest.mark.boot
@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("tasks/greeter.c", "{ 20, 22 }", "{ 20, 23 }", "kpack: demonstration failed"),
        ("tasks/adder.rs", "let [a, b, ..]", "panic!(); let [a, b, ..]", "demonstration failed"),
        ("tasks/greeter.c", "int main(void)\n{", "int main(void)\n{ *(volatile int *)0 = 0;",
         "start       the task with badge 1 had exception 14 at 40"),
    ],
)  # fmt: skip
def test_a_project_that_is_wrong_fails(
    tmp_path: Path, compiled: Path, file: str, old: str, new: str, said: str
) -> None:
    folder = shutil.copytree(compiled, tmp_path / "mine")
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))
    done = make(folder, "test")
    assert done.returncode
    assert said in done.stderr


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("CC", "sudo apt-get install gcc"),
        ("RUSTC", "sudo apt-get install rustc (Debian 12: rustc-web)"),
        ("KPACK", "make KPACK=/path/to/kpack"),
    ],
)
def test_a_missing_tool_is_named_with_what_installs_it(
    tmp_path: Path, variable: str, expected: str
) -> None:
    folder = project(tmp_path / "mine")
    done = make(folder, f"{variable}=no-such-tool", "programs")
    assert done.returncode == 2
    assert f"error: no-such-tool is not on the search path\nhelp: {expected}\n" in done.stderr


def test_a_compiler_that_is_too_old_is_named(tmp_path: Path) -> None:
    folder = project(tmp_path / "mine")
    old = tmp_path / "old-rustc"
    old.write_text("#!/bin/sh\necho 'rustc 1.63.0 (4b91a6ea7 2022-08-08)'\n")
    old.chmod(0o755)
    done = make(folder, f"RUSTC={old}", "programs")
    assert f"error: {old} is older than 1.65\nhelp: sudo apt-get install rustc" in done.stderr


def test_nothing_is_written_where_nothing_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Exception, match="KP2201"):
        create(tmp_path / "file" / "mine", "mine")
