"""UEFI firmware at work: OVMF's page tables and descriptor tables, against QEMU's monitor."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from kobjects.memory.descriptors import read_tables
from kobjects.memory.live import QemuMonitor, QmpSocket
from kobjects.memory.modes import LEVEL_4
from packer.machine.qemu import program
from packer.machine.session import Session
from tests.kobjects.memory import qemu

pytestmark = pytest.mark.boot
pytest.importorskip("numpy")

CODE = (Path("/usr/share/OVMF/OVMF_CODE_4M.fd"), Path("/usr/share/OVMF/OVMF_CODE.fd"))
"""Where Debian's package ovmf has it, newer and older."""


def test_ovmf(tmp_path: Path) -> None:
    code = next((path for path in CODE if path.is_file()), None)
    if code is None:
        pytest.skip("OVMF is missing: apt-get install ovmf")
    path = tmp_path / "qmp"
    words = [
        program(), "-accel", "tcg", "-machine", "q35", "-m", "128M", "-nodefaults", "-display",
        "none", "-monitor", "none", "-net", "none",
        "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={code}",
        "-qmp", f"unix:{path},server=on,wait=off",
    ]  # fmt: skip
    with Session(words) as session:
        while not path.exists():
            session.pump(0.05)
        with QmpSocket(path, timeout=30) as talk:
            monitor = QemuMonitor(talk.execute)
            deadline = time.monotonic() + 60
            while not monitor.state().long_mode:
                assert time.monotonic() < deadline, "OVMF never came to long mode"
                session.pump(0.1)
            session.pump(1.5)  # on into its later phases, which build new tables
            talk.execute("stop", {})
            compare(monitor)


def compare(monitor: QemuMonitor) -> None:
    state, space = monitor.state(), monitor.space()
    assert state.mode is LEVEL_4
    walk = space.walk()
    assert len(walk) > 100
    assert qemu.tlb(walk) == qemu.lines(monitor.human("info tlb"))
    assert qemu.mem(walk) == qemu.lines(monitor.human("info mem"))
    assert walk.findings == ()
    tables = read_tables(space, state)
    code = tables.gdt.resolve(state.segments["cs"].selector)
    assert int(code or 0) >> 32 & 0xF0FF00 == state.segments["cs"].attributes & 0xF0FF00
    usable = [handler for handler in tables.handlers if handler.gate.present]
    assert usable
    assert all(handler.target and handler.target.executable for handler in usable)
