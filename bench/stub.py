"""QEMU's debugger stub: stops a machine at an address and goes on by one instruction.

As much of GDB's remote serial protocol as that takes. Neither changes what a guest does that no
device interrupts: a step holds interrupts off, and the clock of a machine that stands and counts
instructions runs on to the next timer.
"""

from __future__ import annotations

import socket
import time
from pathlib import Path
from types import TracebackType

from packer.machine.errors import MachineError
from packer.machine.session import Session

PATIENCE = 20.0
"""Seconds that an answer may take, and QEMU's start."""

RIP = 16
CR3 = 29
"""The numbers of registers in QEMU's description of a 64-bit machine."""

DESCRIPTION = "qXfer:features:read:target.xml:0,ffb"
STOPPED = "T05"


def options(path: Path) -> list[str]:
    """QEMU's: the machine stands before its first instruction, and the stub listens at `path`."""
    return ["-S", "-gdb", f"unix:{path},server=on,wait=off"]


class Stub:
    """A connection to the stub at `path`, in a `with` statement. Addresses are virtual."""

    def __init__(self, path: Path) -> None:
        self._talk = socket.socket(socket.AF_UNIX)
        self._talk.settimeout(PATIENCE)
        self._talk.connect(str(path))
        self._stream = self._talk.makefile("rb")
        self.ask(DESCRIPTION)  # QEMU names registers to nobody who has not read it

    def __enter__(self) -> Stub:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        self._talk.close()

    def ask(self, words: str) -> str:
        """Send a packet; the answer to it. `$…#xx` is a packet and its checksum, `+` a receipt."""
        data = words.encode()
        self._talk.sendall(b"$%s#%02x" % (data, sum(data) % 256))
        try:
            while (byte := self._stream.read(1)) != b"$":
                if byte != b"+":
                    raise MachineError("KP5004", f"QEMU's debugger stub says {byte!r} to {words}")
            answer = b"".join(iter(lambda: self._stream.read(1), b"#"))
            self._stream.read(2)
        except TimeoutError as error:
            text = f"QEMU's debugger stub says nothing to {words} within {PATIENCE:g} s"
            raise MachineError("KP5004", text) from error
        self._talk.sendall(b"+")
        return answer.decode()

    def break_at(self, address: int) -> None:
        self._told(f"Z1,{address:x},1")

    def forget(self, address: int) -> None:
        """Take the breakpoint there away."""
        self._told(f"z1,{address:x},1")

    def go(self) -> None:
        """To the next breakpoint."""
        self._stopped("c")

    def step(self) -> None:
        """One instruction; of a repeated one, one repetition."""
        self._stopped("s")

    def register(self, number: int) -> int:
        return int.from_bytes(bytes.fromhex(self.ask(f"p{number:x}")), "little")

    def _told(self, words: str) -> None:
        answer = self.ask(words)
        if answer != "OK":
            raise MachineError("KP5004", f"QEMU's debugger stub says {answer!r} to {words}")

    def _stopped(self, words: str) -> None:
        answer = self.ask(words)
        if not answer.startswith(STOPPED):
            text = f"the guest ended while it was to be stopped: {answer!r}"
            raise MachineError("KP5004", text)


def connect(path: Path, session: Session) -> Stub:
    """As soon as QEMU listens. MachineError if it doesn't."""
    while True:
        try:
            return Stub(path)
        except OSError as error:
            if session.exit_status() is not None or session.seconds > PATIENCE:
                session.drain()
                said = session.errors.decode("utf-8", "replace").strip()
                text = f"no debugger stub; QEMU said: {said!r}"
                raise MachineError("KP5004", text) from error
            time.sleep(0.005)
