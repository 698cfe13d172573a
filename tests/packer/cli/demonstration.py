"""The demonstration at its prompt, with somebody at the keyboard."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packer.build import artifacts, build
from packer.image import Image
from packer.machine.qemu import MICROVM, Launch, command
from packer.machine.session import Session
from packer.manifest import find, load

PROMPT = b"kpack> "
PATIENCE = 60.0


@dataclass
class Demonstration:
    """A machine whose shell waits for a line."""

    image: Image
    socket: Path
    session: Session
    keyboard: int

    def type(self, line: str) -> str:
        """What the shell says to a line."""
        before = len(self.session.serial)
        os.write(self.keyboard, line.encode() + b"\r")
        self.wait(before + len(line) + len(PROMPT))
        return self.session.serial[before:].decode().replace("\r", "")

    def wait(self, after: int = 0) -> None:
        """Until the prompt stands beyond this byte."""
        until = time.monotonic() + PATIENCE
        while not self.session.serial[after:].endswith(PROMPT):
            assert time.monotonic() < until, bytes(self.session.serial[-500:])
            assert self.session.exit_status() is None, bytes(self.session.errors)
            self.session.pump(0.05)


@contextlib.contextmanager
def at_its_prompt(folder: Path) -> Iterator[Demonstration]:
    """The demonstration, booted by PVH; QEMU ends with the block."""
    image = build(load(find(folder)).system)
    file, *_ = artifacts(image, ["pvh"])
    path, socket = folder / file.name, folder / "qmp"
    path.write_bytes(file.data)
    ours, keyboard = os.pipe()
    launch = Launch(person=True, monitor=socket)
    with Session(command(path, MICROVM, launch), keyboard=ours) as session:
        machine = Demonstration(image, socket, session, keyboard)
        machine.wait()
        yield machine
    os.close(ours)
    os.close(keyboard)
