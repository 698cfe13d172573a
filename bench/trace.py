"""Which instructions a guest executes between two places, one after the other, under icount."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import stub
from packer.machine.errors import MachineError
from packer.machine.qemu import MICROVM, Launch, command
from packer.machine.session import Session

KERNEL_HALF = 1 << 63
LONGEST = 20_000
"""Instructions after which the end of a span was missed."""


@dataclass(frozen=True)
class Place:
    """An address and the task whose it is: of the kernel's "", or where a span begins or ends the
    task that is there on its behalf.
    """

    task: str
    address: int


@dataclass(frozen=True)
class Span:
    """What is looked at: from one place to the next arrival at another, or at the same.

    skip  how many arrivals at the start are let pass before
    """

    name: str
    start: Place
    stop: Place
    skip: int = 2


def trace(file: Path, spaces: Mapping[int, str], spans: Sequence[Span]) -> dict[str, list[Place]]:
    """The executed instructions of each span, by name, in the order in which the guest comes there.

    `spaces` has tasks by what CR3 holds while they run. The task of an instruction in the kernel is
    "". MachineError if the guest ends or goes astray before.
    """
    with tempfile.TemporaryDirectory(prefix="kpack-") as folder:
        path = Path(folder, "stub")
        words = [*command(file, MICROVM, Launch(icount=True, screen=False)), *stub.options(path)]
        with Session(words) as session, stub.connect(path, session) as machine:
            return {span.name: list(_Walk(machine, spaces).along(span)) for span in spans}


@dataclass
class _Walk:
    machine: stub.Stub
    spaces: Mapping[int, str]

    def along(self, span: Span) -> Iterator[Place]:
        for _ in range(span.skip + 1):
            self._arrive(span.start)
        here = self._here(Place("", 0))
        for _ in range(LONGEST):
            yield here
            self.machine.step()
            here = self._here(here)
            if here.address == span.stop.address and self._task() == span.stop.task:
                return
        text = f"{span.name}: its end did not come within {LONGEST:,} instructions"
        raise MachineError("KP5004", text)

    def _arrive(self, place: Place) -> None:
        """Run to the place; from there, to the next arrival."""
        while True:
            if self.machine.register(stub.RIP) == place.address:
                self.machine.step()
            self.machine.break_at(place.address)
            self.machine.go()
            self.machine.forget(place.address)
            if self._task() == place.task:
                return

    def _here(self, before: Place) -> Place:
        """Only the kernel changes spaces, so CR3 is asked for only behind it."""
        address = self.machine.register(stub.RIP)
        if address >= KERNEL_HALF:
            return Place("", address)
        return Place(before.task or self._task(), address)

    def _task(self) -> str:
        return self.spaces.get(self.machine.register(stub.CR3), "?")
