"""QEMU's debugger stub stops a machine at an address, and QEMU itself says how many instructions
were executed until there.
"""

from __future__ import annotations

import socket
import time
from pathlib import Path
from types import TracebackType

from packer.machine.qemu import Launch, Machine, command
from packer.machine.qmp import Monitor
from packer.machine.session import Session

PATIENCE = 20.0


class Stub:
    """The GDB remote serial protocol, as much of it as sets a breakpoint and goes there."""

    def __init__(self, path: Path) -> None:
        self._talk = socket.socket(socket.AF_UNIX)
        self._talk.settimeout(PATIENCE)
        self._talk.connect(str(path))
        self._stream = self._talk.makefile("rb")

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
        while (byte := self._stream.read(1)) != b"$":
            assert byte == b"+", byte
        answer = b"".join(iter(lambda: self._stream.read(1), b"#"))
        self._stream.read(2)
        self._talk.sendall(b"+")
        return answer.decode()


def instructions_at(image: Path, machine: Machine, address: int, times: int) -> list[int]:
    """How many instructions were executed before each of the first `times` arrivals."""
    control, debugger = image.with_suffix(".qmp"), image.with_suffix(".gdb")
    words = command(image, machine, Launch(icount=True, screen=False, monitor=control))
    words += ["-S", "-gdb", f"unix:{debugger},server=on,wait=off"]
    counts = []
    with Session(words) as session, Monitor(control) as monitor:
        while not monitor.connect():
            assert session.seconds < PATIENCE, session.errors
            time.sleep(0.005)
        with Stub(debugger) as stub:
            for _ in range(times):
                assert stub.ask(f"Z1,{address:x},1") == "OK"
                assert stub.ask("c").startswith("T05"), "stopped by the breakpoint"
                counts.append(monitor.ask("query-replay")["icount"])
                assert stub.ask(f"z1,{address:x},1") == "OK"
                assert stub.ask("s").startswith("T05"), "one instruction further"
    return counts
