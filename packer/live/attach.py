"""Attaching to a machine that runs: its monitor, and memory as its kernel sees it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kobjects.memory.live import QemuMonitor, QmpError, QmpSocket
from kobjects.memory.space import AddressSpace
from packer.live.rows import Rows
from packer.live.view import ForeignError, KernelView, name_of
from packer.machine.errors import MachineError
from packer.machine.run import OBSERVER


@dataclass(frozen=True)
class Attached:
    """A machine that stands still. `space` is the address space that its processor is in."""

    view: KernelView
    space: AddressSpace

    def pages(self) -> Rows:
        """What the user half of each Space maps, by runs of pages with the same rights."""
        for each in self.view.spaces:
            whose = [one.value for one in self.view.threads if one.value.space == each.value.object]
            names = " ".join(name_of(thread) for thread in whose)
            space = AddressSpace(self.space.memory, each.value.pml4, self.space.mode)
            for run in space.walk().ranges():
                if run.user:
                    yield _run(names, run)


def _run(space: str, run: Any) -> dict[str, Any]:
    return {
        "space": space,
        "from": f"{run.linear:#x}",
        "to": f"{run.linear + run.size:#x}",
        "physical": f"{run.physical:#x}",
        "rights": run.rights,
    }


@contextlib.contextmanager
def attached(socket: Path | None) -> Iterator[Attached]:
    """The machine at this monitor, or at the newest that `kpack run` has; it stands still inside
    the `with` block and goes on behind it if it ran before.

    MachineError where nothing listens, or what runs there is not our kernel.
    """
    path = socket or _newest()
    try:
        with QmpSocket(path) as qmp:
            ran = qmp.execute("query-status", {})["running"]
            qmp.execute("stop", {})
            try:
                yield _look(QemuMonitor(qmp.execute))
            finally:
                if ran:
                    qmp.execute("cont", {})
    except (OSError, QmpError) as error:
        hint = "kpack run keeps a machine running; --socket names another's monitor"
        raise MachineError("KP4011", f"no machine answers: {error}", hint, str(path)) from error
    except ForeignError as error:
        text = f"the machine does not run our kernel, or not yet: {error}"
        raise MachineError("KP4012", text, place=str(path)) from error


def _look(monitor: QemuMonitor) -> Attached:
    state, space = monitor.state(), monitor.space()
    base = state.segments["tr"].base

    def read(address: int, size: int) -> bytes:
        return space.read(address, size)

    return Attached(KernelView.of_task_register(read, base), space)


def _newest() -> Path:
    folders = {Path(tempfile.gettempdir()), Path("/tmp")}
    found = [path for folder in folders for path in folder.glob(f"kpack-*{OBSERVER}")]
    if not found:
        text = "no kpack run is going on"
        raise MachineError("KP4011", text, "start one, or name a monitor with --socket")
    return max(found, key=lambda path: path.stat().st_mtime_ns)
