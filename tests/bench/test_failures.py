"""What is said of a QEMU that gives no time and of one that is no debugger's."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import clock, stub
from packer.machine.errors import MachineError
from packer.machine.session import Session

SCRIPT = "#!/bin/sh\necho no such device >&2\nexit 1\n"


@pytest.fixture
def qemu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """One that complains and ends at once."""
    path = tmp_path / "qemu"
    path.write_text(SCRIPT, encoding="utf-8")
    path.chmod(0o755)
    monkeypatch.setenv("KPACK_QEMU", str(path))
    return str(path)


@pytest.mark.usefixtures("qemu")
def test_a_machine_that_ends_gives_no_time(tmp_path: Path) -> None:
    with pytest.raises(MachineError) as caught:
        clock.ticks_per_nanosecond(tmp_path)
    said = "error[KP5001]: the clock gives no time; QEMU said: 'no such device'"
    assert str(caught.value) == said


def test_a_machine_that_ends_has_no_stub(qemu: str, tmp_path: Path) -> None:
    with pytest.raises(MachineError) as caught, Session([qemu]) as session:
        stub.connect(tmp_path / "stub", session)
    assert str(caught.value) == "error[KP5004]: no debugger stub; QEMU said: 'no such device'"
