"""tools/setup.sh on machines that lack something, played by programs that only keep a diary."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ("cat", "cksum", "dirname", "env", "grep", "mkdir", "cp", "rm")

PYTHON = """#!/bin/sh
echo "python $*" >>"$DIARY"
case "$*" in
    "-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    "-m pip --version") ;;
    "-m pip install "*"--editable .") cp "$0" .venv/bin/kpack ;;
    "-m pip install "*) [ ! -e no-network ] ;;
    *ensurepip*) [ -e can-make-venv ] ;;
    *) exec {real} "$@" ;;
esac
"""

OTHER = """#!/bin/sh
echo "${0##*/} $*" >>"$DIARY"
case "${0##*/} $*" in
    apt-get*python3*) : >can-make-venv ;;
    "sudo "*) "$@" ;;
    "id -u") echo "$PLAYED_USER" ;;
esac
"""


class Machine:
    """A folder with the set-up script, and a search path with nothing but our players."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.diary = folder / "diary"
        self.programs = folder / "programs"
        self.programs.mkdir()
        shutil.copytree(ROOT / "tools", folder / "tools")
        shutil.copytree(ROOT / "requirements", folder / "requirements")
        shutil.copy(ROOT / "pyproject.toml", folder)
        for tool in TOOLS:
            self.program(tool).symlink_to(shutil.which(tool) or pytest.fail(f"no {tool}"))
        self.play("python3", PYTHON.replace("{real}", sys.executable))
        self.play("id", OTHER)
        (folder / "can-make-venv").touch()

    def program(self, name: str) -> Path:
        return self.programs / name

    def play(self, name: str, script: str = OTHER) -> None:
        self.program(name).write_text(script, encoding="utf-8")
        self.program(name).chmod(0o755)

    def without(self, name: str) -> None:
        (self.folder / name).unlink()

    def set_up(self, purpose: str = "dev", user: int = 0) -> subprocess.CompletedProcess[str]:
        """Runs the script; the diary then holds what this run alone did."""
        self.diary.write_text("", encoding="utf-8")
        names = {"PATH": self.programs, "DIARY": self.diary, "PLAYED_USER": user}
        return subprocess.run(
            [self.folder / "tools/setup.sh", purpose],
            env={name: str(value) for name, value in names.items()},
            capture_output=True,
            text=True,
            check=False,
        )

    def did(self, what: str) -> bool:
        return what in self.diary.read_text(encoding="utf-8")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_second_run_installs_nothing(machine: Machine) -> None:
    assert machine.set_up().returncode == 0
    assert machine.did("pip install")
    assert machine.set_up().returncode == 0
    assert not machine.did("-m ")


def test_what_develops_also_runs(machine: Machine) -> None:
    machine.set_up("dev")
    machine.set_up("run")
    assert not machine.did("-m ")


def test_what_runs_does_not_yet_develop(machine: Machine) -> None:
    machine.set_up("run")
    assert not machine.did("requirements/dev.txt")
    machine.set_up("dev")
    assert machine.did("requirements/dev.txt")
    assert not machine.did("-m venv"), "the environment is filled up, not made anew"


def test_a_new_lock_is_installed(machine: Machine) -> None:
    machine.set_up()
    with (machine.folder / "requirements/dev.txt").open("a", encoding="utf-8") as lock:
        lock.write("# changed\n")
    machine.set_up()
    assert machine.did("pip install")


def test_an_interrupted_installation_starts_over(machine: Machine) -> None:
    (machine.folder / "no-network").touch()
    failed = machine.set_up()
    assert failed.returncode == 1
    assert "pip could not install what requirements/dev.txt names" in failed.stderr
    machine.without("no-network")
    assert machine.set_up().returncode == 0
    assert machine.did("-m venv"), "half an installation is not built upon"


def test_an_environment_without_pip_is_made_anew(machine: Machine) -> None:
    python = machine.folder / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\ncase "$*" in *pip*) exit 1 ;; esac\n', encoding="utf-8")
    python.chmod(0o755)
    assert machine.set_up().returncode == 0
    assert machine.did("-m venv")


def test_python_that_is_too_old_is_named(machine: Machine) -> None:
    old = 'case "$*" in *platform*) echo 3.9.2 ;; *) exit 1 ;; esac'
    machine.play("python3", f"#!/bin/sh\n{old}\n")
    failed = machine.set_up()
    assert failed.returncode == 1
    assert "setup: Python 3.11 or newer is needed; python3 is 3.9.2\n" in failed.stderr
    assert "help: sudo apt-get install python3.11" in failed.stderr


def test_a_newer_python_beside_an_old_one_is_taken(machine: Machine) -> None:
    machine.program("python3").rename(machine.program("python3.12"))
    machine.play("python3", "#!/bin/sh\nexit 1\n")
    assert machine.set_up().returncode == 0


def test_root_installs_what_is_missing(machine: Machine) -> None:
    machine.without("can-make-venv")
    machine.play("apt-get")
    machine.play("dpkg")
    assert machine.set_up().returncode == 0
    assert machine.did("apt-get update")
    assert machine.did("apt-get install")
    assert not machine.did("sudo")


def test_others_install_it_through_sudo(machine: Machine) -> None:
    machine.without("can-make-venv")
    for name in ("apt-get", "dpkg", "sudo"):
        machine.play(name)
    assert machine.set_up(user=1000).returncode == 0
    assert machine.did("sudo env DEBIAN_FRONTEND=noninteractive apt-get install")


def test_without_sudo_the_line_for_root_is_given(machine: Machine) -> None:
    machine.without("can-make-venv")
    machine.play("apt-get")
    failed = machine.set_up(user=1000)
    assert failed.returncode == 1
    version = ".".join(map(str, sys.version_info[:2]))
    line = f"help: as root: apt-get install --no-install-recommends python{version}-venv"
    assert line in failed.stderr


def test_without_apt_the_missing_packages_are_named(machine: Machine) -> None:
    machine.without("can-make-venv")
    failed = machine.set_up()
    assert failed.returncode == 1
    assert "-venv (Debian's names)" in failed.stderr
    assert "help: install them with this system's package manager" in failed.stderr


def test_a_failing_apt_ends_the_set_up(machine: Machine) -> None:
    machine.without("can-make-venv")
    machine.play("apt-get", "#!/bin/sh\nexit 100\n")
    machine.play("dpkg")
    assert machine.set_up().returncode != 0
    assert not machine.did("-m venv")
