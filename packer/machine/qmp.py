"""A running QEMU, asked one question at a time over its monitor socket.

QEMU's own library for the protocol is asynchronous; here each method is one question and its
answer. The library is imported when the first connection is made.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from packer.machine.errors import MachineError
from packer.machine.qemu import VERDICT

if TYPE_CHECKING:
    import asyncio

    from qemu.qmp import QMPClient

Answer = TypeVar("Answer")

PATIENCE = 10.0
"""Seconds that QEMU may take for an answer."""


class Disconnected(Exception):  # noqa: N818  (no error: a machine that ends hangs up)
    """QEMU has hung up, or does not answer."""


class Monitor:
    """The monitor of the QEMU that listens at `path`. Use it in a `with` statement.

    Every method but `connect` and `close` may raise Disconnected, and MachineError for what QEMU
    cannot do.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._runner: asyncio.Runner | None = None
        self._client: QMPClient | None = None

    def __enter__(self) -> Monitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def connected(self) -> bool:
        """Whether QEMU had not hung up when it was last asked."""
        return self._client is not None

    def connect(self) -> bool:
        """Connect if QEMU listens already; whether there is a connection now."""
        if self._client is None:
            talk = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                talk.connect(str(self.path))
            except OSError:
                talk.close()
                return False
            talk.setblocking(False)
            with contextlib.suppress(Disconnected):
                self._open(talk)
        return self.connected

    def ask(self, name: str, **arguments: object) -> Any:
        """Execute one QMP command."""
        if self._client is None:
            raise Disconnected(name)
        return self._wait(self._client.execute(name, arguments))

    def human(self, line: str) -> str:
        """What QEMU's human monitor says to a line."""
        text: str = self.ask("human-monitor-command", **{"command-line": line})
        return text.replace("\r\n", "\n")

    def state(self) -> str:
        """QEMU's run state: "running", "paused", "shutdown" after a reset or power-off, …"""
        status: dict[str, str] = self.ask("query-status")
        return status["status"]

    def shutdown_reason(self) -> str:
        """Why the machine was shut down, as QEMU's event says: "guest-reset" and so on. "" unknown,
        as when it happened before the connection.
        """
        if self._client is None:
            return ""
        events: list[Any] = [*self._client.events.clear()]
        reasons = [str(one["data"]["reason"]) for one in events if one["event"] == "SHUTDOWN"]
        return reasons[0] if reasons else ""

    def verdict(self) -> int | None:
        """The byte that the guest wrote to the exit port of a machine that stays, if it has."""
        return next(iter(self.codes()), None)

    def codes(self) -> bytes:
        """What was written to the exit port of a machine that keeps it, since this was asked."""
        return base64.b64decode(self.ask("ringbuf-read", device=VERDICT, size=16, format="base64"))

    def pause(self) -> None:
        """Stop the processor; memory and registers no longer change."""
        self.ask("stop")

    def registers(self) -> str:
        """`info registers`, without floating point and vectors."""
        return self.human("info registers").partition("\nFCW=")[0].strip()

    def tlb(self) -> str:
        """`info tlb`: what the guest's page tables map, page by page."""
        return self.human("info tlb")

    def memory(self, address: int, size: int) -> bytes:
        """Physical memory, that of devices included."""
        return self._file("pmemsave", val=address, size=size)

    def screenshot(self) -> bytes:
        """The screen as PNG."""
        return self._file("screendump", format="png")

    def quit(self) -> None:
        """End QEMU."""
        with contextlib.suppress(Disconnected):
            self.ask("quit")

    def close(self) -> None:
        """Hang up. QEMU goes on."""
        if self._client is not None:
            self._drop()
        if self._runner is not None:
            self._runner.close()
            self._runner = None

    def _file(self, name: str, **arguments: object) -> bytes:
        """What a command writes into a file."""
        with tempfile.TemporaryDirectory(prefix="kpack-") as folder:
            path = Path(folder, name)
            self.ask(name, **arguments, filename=str(path))
            return path.read_bytes()

    def _open(self, talk: socket.socket) -> None:
        import asyncio
        import logging

        from qemu.qmp import QMPClient

        # The library warns of every machine that ends; what it raises says the same.
        logging.getLogger("qemu.qmp").addHandler(logging.NullHandler())
        self._runner = self._runner or asyncio.Runner()
        # Tasks of the library that find the connection gone raise where nobody waits any more, and
        # asyncio would print that; whoever does wait is told by _wait.
        self._runner.get_loop().set_exception_handler(lambda _loop, _context: None)
        client = QMPClient("kpack")
        self._client = client
        self._wait(client.connect(talk))

    def _wait(self, question: Coroutine[Any, Any, Answer]) -> Answer:
        import asyncio

        from qemu.qmp import ExecuteError, QMPError

        if self._runner is None:
            raise Disconnected
        try:
            return self._runner.run(asyncio.wait_for(question, PATIENCE))
        except ExecuteError as refusal:
            raise MachineError("KP4010", f"QEMU refuses: {refusal}") from refusal
        except (QMPError, EOFError, OSError, TimeoutError, AssertionError) as error:
            # The library asserts that a connection it has just made still stands: a guest that ends
            # at once can be quicker.
            self._drop()
            raise Disconnected(str(error)) from error
        finally:
            question.close()  # an interrupt may have come before it was begun

    def _drop(self) -> None:
        from qemu.qmp import QMPError

        client, self._client = self._client, None
        if client is not None and self._runner is not None:
            # Hanging up reports how the connection ended, which is known.
            with contextlib.suppress(QMPError, EOFError, OSError, AssertionError):
                self._runner.run(client.disconnect())
