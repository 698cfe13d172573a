"""A person at a machine: types on the serial line and the keyboard, and reads what comes back."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from packer.build import artifacts, build
from packer.image import Image
from packer.machine.qemu import MACHINES, Launch, command
from packer.machine.qmp import Monitor
from packer.machine.screen import read_screen
from packer.machine.session import Session
from stages.model import System

PATIENCE = 30.0
"""Seconds that a guest may take to say something, however busy the host is."""

CTRL_C, CTRL_D, CTRL_U = "\x03", "\x04", "\x15"
ENTER = "\r"


class Dialog:
    """One running machine. `said` takes what it has printed so far, by what it must contain."""

    def __init__(self, session: Session, monitor: Monitor, typing: int) -> None:
        self.session, self.monitor, self.typing = session, monitor, typing
        self.read = 0

    def type(self, text: str) -> None:
        """Type on the serial line."""
        os.write(self.typing, text.encode())
        self.session.pump(0.01)

    def press(self, *keys: str) -> None:
        """Press keys of the PS/2 keyboard, one after another, by QEMU's names: "a", "shift-a"."""
        for key in keys:
            self.monitor.human(f"sendkey {key} 10")
            self.listen(0.03)

    def said(self, wanted: str) -> str:
        """All that came since the last call, up to and with `wanted`. Fails if it does not come."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            text = self.unread()
            found = text.find(wanted)
            if found >= 0:
                self.read += len(text[: found + len(wanted)].encode("latin-1"))
                return text[: found + len(wanted)].replace("\r\n", "\n")
            assert self.session.exit_status() is None, f"QEMU ended: {text!r}"
            self.session.pump(0.05)
        raise AssertionError(f"no {wanted!r} in {self.unread()!r}")

    def answer(self, line: str, until: str) -> list[str]:
        """Type a line; the lines that came of it, without its echo, before `until`."""
        self.type(line + ENTER)
        self.said(f"{line}\r\n")
        return self.said(until).removesuffix(until).splitlines()

    def quiet(self, seconds: float = 0.3) -> str:
        """What comes within so long: for what must not come."""
        self.listen(seconds)
        return self.unread()

    def listen(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.session.pump(left)

    def unread(self) -> str:
        return self.session.serial[self.read :].decode("latin-1")

    def screen(self) -> list[str]:
        return read_screen(self.monitor)

    def wait(self, until: Callable[[], bool]) -> None:
        """Until that is so. Fails if it does not become so."""
        end = time.monotonic() + PATIENCE
        while not until():
            assert time.monotonic() < end, f"in vain: {self.unread()!r}"
            self.session.pump(0.05)

    def shows(self, *lines: str) -> None:
        """Wait until these are the last lines on the screen that are not empty. Each character goes
        to the serial line first.
        """
        self.wait(lambda: [line for line in self.screen() if line][-len(lines) :] == [*lines])

    def ended(self) -> int:
        """QEMU's exit status, once it has ended by itself."""
        self.wait(lambda: self.session.exit_status() is not None)
        self.session.drain()
        status = self.session.exit_status()
        assert status is not None
        return status


@contextlib.contextmanager
def sitting_at(
    what: System | Image, machine: str = "pc", *, icount: bool = False, more: Sequence[str] = (),
    less: Sequence[str] = (),
) -> Iterator[Dialog]:  # fmt: skip
    """Boot for a person, by PVH. `more` goes behind QEMU's command, `less` is left out of it."""
    image = build(what) if isinstance(what, System) else what
    (artifact, _) = artifacts(image, ["pvh"])
    with tempfile.TemporaryDirectory(prefix="kpack-") as folder:
        path, socket = Path(folder, artifact.name), Path(folder, "qmp")
        path.write_bytes(artifact.data)
        launch = Launch(person=True, monitor=socket, icount=icount)
        words = [*command(path, MACHINES[machine], launch), *more]
        words = [word for word in words if word not in less]
        keyboard, typing = os.pipe()
        try:
            with Session(words, keyboard=keyboard) as session, Monitor(socket) as monitor:
                end = time.monotonic() + PATIENCE
                while not monitor.connect():
                    assert time.monotonic() < end, session.errors.decode()
                    session.pump(0.01)
                yield Dialog(session, monitor, typing)
        finally:
            os.close(keyboard)
            os.close(typing)
