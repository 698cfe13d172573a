"""QEMU and gdb side by side: a machine that waits, and gdb's arguments to take it over."""

from __future__ import annotations

import contextlib
import importlib.util
import signal
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import stages
from packer.machine.errors import MachineError
from packer.machine.qemu import Launch, Machine, command
from packer.machine.session import Session

PATIENCE = 10.0
"""Seconds that QEMU has to open its socket."""

POLL = 0.01
"""Seconds between two looks."""


@contextlib.contextmanager
def waiting(image: Path, machine: Machine, memory: int, serial: Path) -> Iterator[Path]:
    """A machine that has executed nothing yet; the socket where gdb finds it. It ends with the
    block. MachineError if QEMU does.
    """
    with tempfile.TemporaryDirectory(prefix="kpack-") as folder:
        socket = Path(folder, "gdb")
        words = command(image, machine, Launch(memory=memory, gdb=socket, serial=serial))
        before = signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for gdb
        try:
            with Session(words) as session:
                _wait_for(socket, session)
                yield socket
        finally:
            signal.signal(signal.SIGINT, before)


def arguments(symbols: Path, socket: Path, label: str, commands: Sequence[str]) -> list[str]:
    """What gdb is called with: no configuration of the user's, our commands, and the first stop."""
    steps = [
        "set confirm off",
        "set pagination off",
        "set disassembly-flavor intel",
        "set architecture i386:x86-64",
        f"directory {Path(stages.__file__).parents[1]}",
        *(f"python import sys; sys.path.append({str(path)!r})" for path in _paths()),
        "python import packer.live.gdb",
        f"target remote {socket}",
        f"hbreak *'{label}'",
        "continue",
    ]
    words = ["-nx", "-q", str(symbols)]
    for step in steps:
        words += ["-ex", step]
    if commands:
        words.append("-batch")
        for one in commands:
            words += ["-ex", one]
    return words


def _paths() -> list[Path]:
    """Where gdb's Python finds our packages and construct."""
    construct = importlib.util.find_spec("construct")
    assert construct is not None
    assert construct.origin is not None
    return [Path(stages.__file__).parents[1], Path(construct.origin).parents[1]]


def _wait_for(socket: Path, session: Session) -> None:
    while not socket.exists():
        session.pump(POLL)
        if session.exit_status() is not None or session.seconds > PATIENCE:
            said = session.errors.decode(errors="replace").strip()
            raise MachineError("KP4005", f"QEMU does not wait for gdb: {said}")
