"""keystone behind a wall: encoding in a child process that may hang or die without harm."""

from __future__ import annotations

import atexit
import functools
import importlib.util
import marshal
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from packer.asm import worker
from packer.asm.worker import Reply

# Seconds without an answer after which a batch counts as hung; a batch takes 0.03 s.
TIME_LIMIT = 10.0
# A hung batch is halved down to the culprit, and every half may hang again.
RETRY_LIMIT = 1.0

_BATCH = 1000


class EncoderError(RuntimeError):
    """keystone or capstone is not installed, or can't be loaded."""


class _Lost(Exception):  # noqa: N818
    """The child hung or died over a batch."""


class Encoder:
    """Encodes folded instructions. Each distinct one is encoded once in the life of the encoder.

    Safe to use from several threads: one child, one caller at a time.
    """

    def __init__(self, time_limit: float = TIME_LIMIT, retry_limit: float = RETRY_LIMIT) -> None:
        self._time_limit = time_limit
        self._retry_limit = retry_limit
        self._known: dict[tuple[int, str], Reply] = {}
        self._lock = threading.RLock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._ready = False

    def start(self) -> None:
        """Start the child, so that it loads keystone while the sources are being read."""
        with self._lock:
            # After a fork the child is still the parent's: leave it alone.
            if self._child is None or self._owner != os.getpid():
                # Neither site nor environment: the child imports two modules from known folders.
                command = [sys.executable, "-I", "-S", worker.__file__, *_folders()]
                self._child = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
                self._owner, self._ready = os.getpid(), False

    def stop(self) -> None:
        """End the child; the next batch starts another one."""
        with self._lock:
            if self._child is not None and self._owner == os.getpid():
                self._child.kill()
                self._child.communicate()
            self._child = None

    def encode(self, mode: int, texts: Iterable[str]) -> dict[str, Reply]:
        """The reply for each text. One over which the child hangs or dies gets an error text.

        Raises EncoderError if there is no keystone or capstone.
        """
        wanted = list(dict.fromkeys(texts))
        with self._lock:
            missing = [text for text in wanted if (mode, text) not in self._known]
            for first in range(0, len(missing), _BATCH):
                self._batch(mode, missing[first : first + _BATCH], self._time_limit)
            return {text: self._known[mode, text] for text in wanted}

    def _batch(self, mode: int, texts: list[str], limit: float) -> None:
        try:
            replies = self._exchange(mode, texts, limit)
        except _Lost as lost:
            self.stop()
            if len(texts) > 1:
                middle = len(texts) // 2
                self._batch(mode, texts[:middle], self._retry_limit)
                self._batch(mode, texts[middle:], self._retry_limit)
                return
            replies = [str(lost)]
        self._known.update(
            ((mode, text), reply) for text, reply in zip(texts, replies, strict=True)
        )

    def _exchange(self, mode: int, texts: list[str], limit: float) -> list[Reply]:
        self.start()
        child = self._child
        assert child is not None
        if not self._ready:
            self._greet(child)
        replies: list[Reply] | None = _within(limit, lambda: _ask(child, (mode, texts)))
        if replies is None:
            raise _Lost("keystone ended its process over this instruction")
        return replies

    def _greet(self, child: subprocess.Popen[bytes]) -> None:
        """Read the child's first message: whether it has its tools."""
        assert child.stdout is not None
        stream = child.stdout
        try:
            trouble = _within(self._time_limit, lambda: _message(stream))
        except _Lost:
            trouble = None
        if trouble != "":
            self.stop()
            raise EncoderError(f"keystone and capstone can't be used: {trouble or 'no answer'}")
        self._ready = True


def _within(limit: float, action: Any) -> Any:
    """The action's result. Raises _Lost when it takes longer than `limit` seconds."""
    result: list[Any] = []
    thread = threading.Thread(target=lambda: result.append(action()), daemon=True)
    thread.start()
    thread.join(limit)
    if thread.is_alive():
        raise _Lost(f"keystone gave no answer over this instruction in {limit:g} s")
    return result[0]


def _ask(child: subprocess.Popen[bytes], request: Any) -> Any:
    """Send a request and read the answer; None if the child is gone."""
    assert child.stdin is not None
    assert child.stdout is not None
    data = marshal.dumps(request)
    try:
        child.stdin.write(struct.pack("<I", len(data)) + data)
        child.stdin.flush()
    except OSError:
        return None
    return _message(child.stdout)


def _message(stream: IO[bytes]) -> Any:
    """One message of the child; None if it ends first."""
    header = stream.read(4)
    if len(header) < 4:
        return None
    (size,) = struct.unpack("<I", header)
    data = stream.read(size)
    return marshal.loads(data) if len(data) == size else None


def _folders() -> list[str]:
    """Where keystone and capstone are installed."""
    found: dict[str, None] = {}
    for name in ("keystone", "capstone"):
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise EncoderError(f"{name} is not installed: pip install {_DISTRIBUTIONS[name]}")
        found[str(Path(spec.origin).parent.parent)] = None
    return list(found)


_DISTRIBUTIONS = {"keystone": "keystone-engine", "capstone": "capstone"}


@functools.cache
def shared_encoder() -> Encoder:
    """The encoder of this process, which all units share; its child ends with the process."""
    encoder = Encoder()
    atexit.register(encoder.stop)
    return encoder
