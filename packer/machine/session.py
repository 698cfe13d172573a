"""One QEMU process, from its start to its certain end."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import IO

from packer.machine.errors import MachineError

CHUNK = 1 << 16
GRACE = 2.0
"""Seconds that QEMU has to end by itself before it is killed."""


class Session:
    """A QEMU that runs while the `with` block does, and not after, however the block is left.

    serial  what the guest has sent so far
    errors  what QEMU itself has said
    start   time.perf_counter_ns() just before the process was made
    """

    def __init__(
        self, command: Sequence[str], *, keyboard: int | None = None,
        show: Callable[[bytes], None] | None = None,
    ) -> None:  # fmt: skip
        """`keyboard`: a file descriptor whose bytes go to the guest's serial port; else it reads
        nothing. `show` is given the guest's bytes as they come.
        """
        self.command = list(command)
        self.serial = bytearray()
        self.errors = bytearray()
        self.start = 0
        self._keyboard = keyboard
        self._show = show
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Session:
        self.start = time.perf_counter_ns()
        try:
            # In a session of its own, Ctrl-C on the terminal is for us alone.
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL if self._keyboard is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            text = f"cannot be started: {error.strerror}"
            raise MachineError("KP4005", text, place=self.command[0]) from error
        self._listen(self._process.stdout, self._serial)
        self._listen(self._process.stderr, self._error)
        self._listen(self._keyboard, self._typed)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.end()
        finally:
            self._selector.close()
            for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
                if stream is not None:
                    with contextlib.suppress(BrokenPipeError):
                        stream.close()

    @property
    def seconds(self) -> float:
        """Since the start."""
        return (time.perf_counter_ns() - self.start) / 1e9

    def exit_status(self) -> int | None:
        """QEMU's exit status, negative for a signal; None while it runs."""
        return self._process.poll()

    def pump(self, seconds: float) -> bool:
        """Take what has been sent, waiting up to so long for something; whether there was any.

        When nothing can come any more, wait for the end of the process instead.
        """
        if not self._selector.get_map():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
            return False
        ready = self._selector.select(seconds)
        for key, _ in ready:
            data = os.read(key.fd, CHUNK)
            if not data:
                self._selector.unregister(key.fileobj)
            key.data(data)
        return bool(ready)

    def drain(self) -> None:
        """Take all that was sent before now."""
        while self.pump(0):
            pass

    def end(self) -> None:
        """End QEMU if it still runs."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(GRACE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _listen(self, source: IO[bytes] | int | None, take: Callable[[bytes], None]) -> None:
        if source is not None:
            self._selector.register(source, selectors.EVENT_READ, take)

    def _serial(self, data: bytes) -> None:
        self.serial += data
        if self._show:
            self._show(data)

    def _error(self, data: bytes) -> None:
        self.errors += data

    def _typed(self, data: bytes) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(data)
