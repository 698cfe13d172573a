"""A running machine's memory, read when it is asked for.

`LiveMemory` stands on any function that reads physical memory. `QemuMonitor` gives it one over
QEMU's monitor: it needs a function that executes a QMP command, be it a library's, or that of
`QmpSocket`, which speaks to the socket that `-qmp unix:PATH,server=on` makes. Stop the machine
first (`stop`), or what is read is smeared over time.
"""

from __future__ import annotations

import json
import re
import socket
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from kobjects.errors import KobjectsError
from kobjects.memory.physical import MissingMemoryError, PhysicalMemory, Range
from kobjects.memory.space import AddressSpace
from kobjects.memory.state import CpuState, from_info_registers

BLOCK = 1 << 16
"""Bytes that are read at once, and kept."""

MOST_BLOCKS = 1 << 12
"""Blocks that are kept: 256 MiB."""


_FLAT = re.compile(r"^ +([0-9a-f]{16})-([0-9a-f]{16}) \(prio -?\d+, (?:ram|rom|romd)\)", re.M)


class LiveMemory(PhysicalMemory):
    """Memory behind a function from address and size to bytes.

    The function may return fewer bytes, or raise OSError, for what it can't read. What was read is
    kept until `forget`.

    ranges  what is asked of the function; outside of it, memory counts as missing
    """

    def __init__(
        self, function: Callable[[int, int], bytes], ranges: Iterable[tuple[int, int]]
    ) -> None:
        self._read, self._ranges = function, [Range(*each) for each in sorted(ranges)]
        self._blocks: dict[int, bytes] = {}

    @property
    def ranges(self) -> Sequence[Range]:
        return self._ranges

    def forget(self) -> None:
        """Drop what was read: the machine has run since."""
        self._blocks.clear()

    def read(self, address: int, size: int) -> bytes:
        parts = []
        at, end = address, address + size
        while at < end:
            start, block = self._block(at)
            part = block[at - start : end - start]
            if not part:
                raise self.missing(address, size)
            parts.append(part)
            at += len(part)
        return b"".join(parts)

    def tables(self, addresses: Any, width: int, count: int) -> tuple[Any, Any]:
        import numpy as np

        known, parts = np.zeros(len(addresses), bool), []
        for row, address in enumerate(addresses.tolist()):
            try:
                parts.append(self.read(address, width * count))
            except MissingMemoryError:
                continue
            known[row] = True
        found = np.frombuffer(b"".join(parts), f"<u{width}")
        return found.reshape(len(parts), count), known

    def _block(self, address: int) -> tuple[int, bytes]:
        """Where the block with an address begins, and what there is of it."""
        known = next((r for r in self._ranges if r.start <= address < r.end), None)
        if known is None:
            return address, b""
        start = known.start + (address - known.start) // BLOCK * BLOCK
        if start not in self._blocks:
            try:
                data = self._read(start, min(known.end - start, BLOCK))
            except OSError:
                data = b""
            if len(self._blocks) >= MOST_BLOCKS:
                self._blocks.clear()
            self._blocks[start] = data
        return start, self._blocks[start]


class QemuMonitor:
    """QEMU, by a function that executes a QMP command with its arguments and returns the answer."""

    def __init__(self, execute: Callable[[str, dict[str, Any]], Any]) -> None:
        self.execute = execute

    def human(self, line: str) -> str:
        """What the human monitor says to a line."""
        text: str = self.execute("human-monitor-command", {"command-line": line})
        return text.replace("\r\n", "\n")

    def state(self) -> CpuState:
        """The registers of the current processor."""
        return from_info_registers(self.human("info registers"))

    def read(self, address: int, size: int) -> bytes:
        """Physical memory, by way of a file that QEMU writes."""
        with tempfile.TemporaryDirectory(prefix="kobjects-") as folder:
            path = Path(folder, "memory")
            arguments = {"val": address, "size": size, "filename": str(path)}
            self.execute("pmemsave", arguments)
            return path.read_bytes()

    def ranges(self) -> list[Range]:
        """Where the machine has RAM or ROM, so that reading disturbs no device."""
        view = self.human("info mtree -f").partition("Root memory region: system\n")[2]
        found = _FLAT.findall(view.partition("\n\n")[0])
        return sorted({Range(int(first, 16), int(last, 16) + 1) for first, last in found})

    def memory(self) -> LiveMemory:
        """The machine's RAM and ROM."""
        return LiveMemory(self.read, self.ranges())

    def space(self) -> AddressSpace:
        """The address space that the current processor is in."""
        state = self.state()
        return AddressSpace(self.memory(), state.cr3, state.mode, no_execute=state.no_execute)


class QmpError(KobjectsError):
    """QEMU refused a command, or hung up."""


class QmpSocket:
    """The least that speaks QMP: one command at a time, events are skipped. Use it in `with`."""

    def __init__(self, path: str | Path, timeout: float = 10.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rb")
        self._next()  # the greeting
        self.execute("qmp_capabilities", {})

    def __enter__(self) -> QmpSocket:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def execute(self, command: str, arguments: dict[str, Any]) -> Any:
        """Execute a command; its answer. QmpError if QEMU refuses or hangs up."""
        line = json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n"
        self._socket.sendall(line)
        while True:
            answer = self._next()
            if "error" in answer:
                raise QmpError(f"QEMU refuses {command}: {answer['error'].get('desc')}")
            if "return" in answer:
                return answer["return"]

    def close(self) -> None:
        """Hang up. QEMU goes on."""
        self._lines.close()
        self._socket.close()

    def _next(self) -> dict[str, Any]:
        line = self._lines.readline()
        if not line:
            raise QmpError("QEMU hung up")
        answer: dict[str, Any] = json.loads(line)
        return answer
