"""The distribution: what its wheel holds, what its extras need, what the lock promises."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
PACKAGES = [
    name.rstrip("*") for name in PYPROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
]

ONLY_WITH = """
import sys

class Refuse:
    '''Hides modules as if nobody had installed them.'''

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {refused!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Refuse())
"""

IMPORT_ALL = """
import pkgutil
import kobjects
for module in pkgutil.walk_packages(kobjects.__path__, "kobjects."):
    __import__(module.name)
"""

HELP = """
from packer.cli.main import main
sys.argv = ["kpack", "--help"]
main()
"""

COMMAND = """
from packer.cli.main import main
sys.argv = {arguments!r}
main()
"""

INSPECTED = bytes(450) + b"\x83" + bytes(3) + b"\0\0\0\0\1\0\0\0" + bytes(48) + b"\x55\xaa"
"""A sector with a partition table."""


def needs(requirements: Iterable[str]) -> set[str]:
    """The names of distributions that pip would install for these requirements."""
    names: set[str] = set()
    for requirement in map(Requirement, requirements):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        name = canonicalize_name(requirement.name)
        names |= {name} | needs(importlib.metadata.requires(name) or ())
    return names


def run_with_only(requirements: Iterable[str], program: str) -> subprocess.CompletedProcess[str]:
    """Runs a program in a Python to which every other installed distribution is invisible."""
    allowed = needs(requirements) | {"kobjects"}
    refused = {
        module
        for module, owners in importlib.metadata.packages_distributions().items()
        if not allowed & {canonicalize_name(owner) for owner in owners}
    }
    assert {"keystone", "capstone", "qemu"} <= refused, "the test would not hide what it is about"
    return subprocess.run(
        [sys.executable, "-c", ONLY_WITH.format(refused=refused - {*PACKAGES}) + program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_schema_imports_with_construct_alone() -> None:
    done = run_with_only(PROJECT["dependencies"], IMPORT_ALL)
    assert done.returncode == 0, done.stderr


def test_kpack_explains_itself_without_keystone() -> None:
    done = run_with_only([*PROJECT["dependencies"], *EXTRAS["inspect"]], HELP)
    assert done.returncode == 0, done.stderr
    assert "Usage: kpack" in done.stdout


def test_kpack_inspects_and_sets_without_keystone(tmp_path: Path) -> None:
    (tmp_path / "sector").write_bytes(INSPECTED)
    needed = [*PROJECT["dependencies"], *EXTRAS["inspect"]]
    for words in (["inspect"], ["set", "mbr.disk_signature=0x12345678"]):
        arguments = ["kpack", words[0], str(tmp_path / "sector"), *words[1:]]
        done = run_with_only(needed, COMMAND.format(arguments=arguments))
        assert done.returncode == 0, done.stderr
        assert "mbr" in done.stdout
    assert (tmp_path / "sector").read_bytes()[440:444] == b"\x78\x56\x34\x12"


def test_hidden_means_hidden() -> None:
    done = run_with_only(PROJECT["dependencies"], "import keystone")
    assert "No module named 'keystone'" in done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel of this tree, built from a copy, as building leaves its traces."""
    copy = tmp_path_factory.mktemp("source")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    options = ["--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", str(copy)]
    subprocess.run([*pip, *options, str(copy)], check=True)
    return zipfile.ZipFile(next(copy.glob("*.whl")))


def test_the_wheel_holds_every_source(wheel: zipfile.ZipFile) -> None:
    own = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert held == own


def test_the_wheel_is_typed_and_licensed(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def locked(name: str) -> dict[str, str]:
    """Distribution -> version, of one lock file, for the Python that runs."""
    pins: dict[str, str] = {}
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    for line in re.findall(r"^[a-z0-9].*?==.*?(?= \\$)", text, flags=re.MULTILINE):
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate():
            pins[canonicalize_name(requirement.name)] = str(requirement.specifier)[2:]
    return pins


@pytest.mark.parametrize(("name", "extra"), [("kpack.txt", "kpack"), ("dev.txt", "dev")])
def test_the_lock_fits_the_ranges(name: str, extra: str) -> None:
    pins = locked(name)
    build = [*PYPROJECT["build-system"]["requires"], *PYPROJECT["dependency-groups"]["build"]]
    for requirement in map(Requirement, [*PROJECT["dependencies"], *EXTRAS[extra], *build]):
        if requirement.name != "kobjects":
            assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)])


def test_both_locks_agree() -> None:
    assert locked("kpack.txt").items() <= locked("dev.txt").items()
