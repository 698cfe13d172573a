"""A triple fault explained: which exception could not be delivered, and the field that says why.

The processor delivers an exception by a gate of the IDT, whose selector names a code segment of the
GDT, on a stack of the TSS. Each of these is read from the machine that stands still, through the
page tables that were in force, and held against what delivery needs.
Source: SDM volume 3, "Interrupt and Exception Handling", "Exception- or Interrupt-Handler
Procedures"; "Double Fault Exception (#DF)".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kobjects.cpu.exceptions import Vector
from kobjects.cpu.gates import GateDescriptor
from kobjects.cpu.tss import TaskStateSegment
from kobjects.errors import KobjectsError
from kobjects.memory.descriptors import Handler, Tables, read_tables
from kobjects.memory.live import QemuMonitor
from kobjects.memory.space import AddressSpace, TranslationError
from packer.machine.qmp import Monitor
from packer.trace.log import Event, events


@dataclass(frozen=True)
class Cause:
    """A field that keeps an exception from being delivered.

    path  as `idt[14].present`, `tss.ist[0]` or a page-table entry
    text  what it is and what delivery needs
    help  what to do
    """

    path: str
    text: str
    help: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" + (f"\nhelp: {self.help}" if self.help else "")


def chain(found: Sequence[Event]) -> list[Event]:
    """The exceptions that led to the triple fault, the first one first; empty without one."""
    end = next((n for n, event in enumerate(found) if event.kind == "triple fault"), None)
    if end is None:
        return []
    first = end
    while first > 0 and found[first - 1].kind == "exception" and end - first < 3:
        first -= 1
    return list(found[first:end])


def causes(faults: Sequence[Event], space: AddressSpace) -> list[Cause]:
    """Why the exceptions of a chain were not delivered, each field once, the first one first."""
    found: dict[str, Cause] = {}
    for event in faults:
        if event.state is None:
            continue
        tables = _tables(space, event)
        if isinstance(tables, Cause):
            found.setdefault(tables.path, tables)
            continue
        for vector in (event.vector, Vector.DF):
            for cause in _of_vector(event, int(vector), tables, space):
                found.setdefault(cause.path, cause)
    return list(found.values())


def at_reset(monitor: Monitor, log: str) -> list[Cause]:
    """Why the exceptions in QEMU's log were not delivered, asked of a machine that stands where it
    would have been reset.
    """
    live = QemuMonitor(lambda name, arguments: monitor.ask(name, **arguments))
    return causes(chain(list(events(log))), live.space())


def _tables(space: AddressSpace, event: Event) -> Tables | Cause:
    assert event.state is not None
    try:
        return read_tables(space, event.state)
    except KobjectsError as error:
        return Cause("idtr", f"the tables cannot be read: {error}", "load GDTR and IDTR first")


def _of_vector(event: Event, vector: int, tables: Tables, space: AddressSpace) -> Iterator[Cause]:
    """What is wrong with one vector's way, in the order in which the processor takes it."""
    assert event.state is not None
    path = f"idt[{vector}]"
    size = GateDescriptor.size
    if vector >= len(tables.handlers):
        limit = event.state.idt.limit
        text = f"lies beyond the IDT's limit, {limit:#x}: a gate needs {size} bytes"
        yield Cause(path, text, "LIDT with a table that has this vector")
        return
    handler = tables.handlers[vector]
    if not handler.gate.present:
        yield Cause(f"{path}.present", "is 0: nobody handles this vector", "set it in the gate")
        return
    for finding in handler.findings:
        yield Cause(str(finding.path), f"{_number(finding.found)}: {finding.rule}")
    if handler.target is not None and handler.target.user:
        text = "the handler lies in a user page, which SMEP forbids to execute"
        yield Cause(f"{path}.offset", text, "clear user in one of the page-table entries")
    yield from _stack(event, handler, tables, space)


def _stack(event: Event, handler: Handler, tables: Tables, space: AddressSpace) -> Iterator[Cause]:
    """The stack onto which the processor pushes: of the IST, of the TSS, or the one in use."""
    assert event.state is not None
    gate, task = handler.gate, tables.task
    if isinstance(gate, GateDescriptor) and gate.ist:
        name, top = f"tss.ist[{gate.ist - 1}]", handler.stack or 0
    elif event.cpl and task is not None and isinstance(task.tss, TaskStateSegment):
        name, top = "tss.rsp0", task.tss.rsp0
    else:
        name, top = "rsp", event.state.registers.get("rsp", 0)
    try:
        page = space.translate(top - 8 & (1 << 64) - 1)
    except TranslationError as error:
        entry = f", at {error.path}" if error.path else ""
        text = f"is {top:#x}, below which nothing is mapped{entry}: {error.problem}"
        yield Cause(name, text, "a stack that ran into its guard page is too small, or recursion")
        return
    if not page.writable:
        yield Cause(name, f"is {top:#x}, below which the page can only be read")


def _number(value: object) -> str:
    return (
        f"is {value:#x}"
        if isinstance(value, int) and not isinstance(value, bool)
        else f"is {value}"
    )
