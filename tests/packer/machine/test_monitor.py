"""What QEMU tells about a machine that runs: memory, registers, translations, the screen."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from packer.machine.errors import MachineError
from packer.machine.qemu import MICROVM, PC, Launch, Machine, command
from packer.machine.qmp import Disconnected, Monitor
from packer.machine.screen import lines_of, read_screen
from packer.machine.session import Session
from tests.packer.machine import guests

boots = pytest.mark.boot


@pytest.fixture
def started(tmp_path: Path) -> Iterator[tuple[Session, Monitor]]:
    """A pc whose screen shows `seen`, halted."""
    code = guests.show16("seen") + guests.say16("x") + guests.HALT
    image = guests.write(tmp_path, "image", guests.sector(code))
    socket = tmp_path / "socket"
    with Session(command(image, PC, Launch(monitor=socket))) as session, Monitor(socket) as monitor:
        while not session.serial:
            assert session.pump(20.0)
        assert monitor.connect()
        yield session, monitor


@boots
def test_memory_and_screen(started: tuple[Session, Monitor]) -> None:
    _, monitor = started
    assert monitor.memory(0x7C00 + 510, 2) == b"\x55\xaa", "the boot sector, where a BIOS loads it"
    assert read_screen(monitor)[0].startswith("seen")
    assert "CS =0000" in monitor.registers()
    assert "PG disabled" in monitor.tlb()


@boots
def test_a_screenshot_is_a_png_of_the_text_mode(started: tuple[Session, Monitor]) -> None:
    _, monitor = started
    data = monitor.screenshot()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (720, 400)


@boots
def test_what_qemu_cannot_do_is_an_error(started: tuple[Session, Monitor]) -> None:
    _, monitor = started
    with pytest.raises(MachineError, match=r"QEMU refuses: .*no-such-command"):
        monitor.ask("no-such-command")
    assert monitor.state() == "running", "and the connection holds"


@boots
def test_a_qemu_that_ends_hangs_up(started: tuple[Session, Monitor]) -> None:
    session, monitor = started
    session.end()
    with pytest.raises(Disconnected):
        monitor.state()
    assert not monitor.connected
    with pytest.raises(Disconnected):
        monitor.state()


@boots
@pytest.mark.parametrize("machine", [PC, MICROVM], ids=lambda machine: machine.name)
def test_qemu_ends_when_asked_to(machine: Machine, tmp_path: Path) -> None:
    """Without being killed: SIGTERM is enough, a paused machine included."""
    data = guests.kernel(guests.say32("x") + guests.TRIPLE_FAULT32)
    image = guests.write(tmp_path, "image", data)
    socket = tmp_path / "socket"
    with Session(command(image, machine, Launch(monitor=socket))) as session:
        session.pump(20.0)
        time.sleep(0.1)
        session.end()
        assert session.exit_status() == 0


def test_the_end_of_the_process_is_waited_for() -> None:
    """A process that closes its outputs some time before it ends, as an ending QEMU does."""
    with Session(["sh", "-c", "exec >&- 2>&-; sleep 0.3"]) as session:
        while session.exit_status() is None and session.seconds < 10:
            session.pump(20.0)
        assert 0.3 < session.seconds < 10


def test_nobody_listens_yet(tmp_path: Path) -> None:
    with Monitor(tmp_path / "socket") as monitor:
        assert not monitor.connect()


def test_a_screen_is_what_its_cells_say() -> None:
    """Cells are pairs of code and colour; codes are those of the PC's character generator."""
    cells = {0: b"\xc9\x1f", 1: b"\xcd\x1f", 2: b"\x7f\x07", 3: b"\x1a\x07", 80: b"a\x70"}
    memory = b"".join(cells.get(number, b"\0\x07") for number in range(80 * 25))
    assert lines_of(memory) == ["╔═⌂→", "a", *[""] * 23]
