"""How many instructions QEMU itself says were executed until the guest comes to a place."""

from __future__ import annotations

import time
from pathlib import Path

from bench import stub
from packer.machine.qemu import Launch, Machine, command
from packer.machine.qmp import Monitor
from packer.machine.session import Session


def instructions_at(image: Path, machine: Machine, address: int, times: int) -> list[int]:
    """The counts before each of the first `times` arrivals."""
    control, debugger = image.with_suffix(".qmp"), image.with_suffix(".gdb")
    words = command(image, machine, Launch(icount=True, screen=False, monitor=control))
    counts = []
    with Session([*words, *stub.options(debugger)]) as session, Monitor(control) as monitor:
        while not monitor.connect():
            assert session.seconds < stub.PATIENCE, session.errors
            time.sleep(0.005)
        with stub.connect(debugger, session) as stopping:
            for _ in range(times):
                stopping.break_at(address)
                stopping.go()
                counts.append(monitor.ask("query-replay")["icount"])
                stopping.forget(address)
                stopping.step()
    return counts
