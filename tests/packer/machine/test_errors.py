"""What is said of a QEMU that cannot be started, opens no window or gave no verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from packer.cli.verdict import summary
from packer.machine.display import window
from packer.machine.errors import MachineError
from packer.machine.outcome import Outcome, judge
from packer.machine.session import Session


def program(path: Path, script: str) -> Path:
    path.write_text(script, encoding="utf-8")
    path.chmod(0o755)
    return path


def test_a_program_that_the_system_refuses(tmp_path: Path) -> None:
    broken = program(tmp_path / "qemu", "#!/no/such/interpreter\n")
    with pytest.raises(MachineError) as caught, Session([str(broken)]):
        pass
    assert str(caught.value) == (
        f"{broken}: error[KP4005]: cannot be started: No such file or directory"
    )


def test_a_qemu_without_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "Available display backend types:\nnone\ndbus\n"
    qemu = program(tmp_path / "qemu", f"#!/bin/sh\ncat <<EOF\n{said}EOF\n")
    monkeypatch.setenv("KPACK_QEMU", str(qemu))
    with pytest.raises(MachineError) as caught:
        window()
    assert str(caught.value) == (
        "error[KP4006]: this QEMU opens no windows; its displays are none, dbus\n"
        "help: sudo apt-get install qemu-system-gui"
    )


@pytest.mark.parametrize(
    ("status", "errors", "expected"),
    [
        (0, "", "image: error[KP4102]: QEMU was closed before the guest gave a code"),
        (1, "no such device", "image: error[KP4105]: QEMU gave up (exit status 1)"),
        (-9, "", "image: error[KP4105]: QEMU was ended by signal 9"),
    ],
)
def test_an_end_without_a_verdict(status: int, errors: str, expected: str) -> None:
    outcome = Outcome(*judge(status, "", errors), status, "", [], 1.0, errors=errors)
    assert summary(outcome, "image", None, shown=False).splitlines()[0] == expected
