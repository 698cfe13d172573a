"""Which piece of its guest's run each figure of the ipc suite is of, and the accounts of those."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bench.account import Account, Sources
from bench.figures import full_name
from bench.run import Run
from bench.suites import ipc
from bench.trace import Place, Span, trace
from packer.image import Image

LOOPS = {
    "sched.yield.pair": "operation_yield",
    "syscall.null": "operation_null",
    "ipc.call.cross.0w": "operation_call_0",
    "ipc.call.cross.8w": "operation_call_8",
    "ipc.call.cross.64w": "operation_call_64",
    "ipc.call.cross.120w": "operation_call_120",
    "ipc.call.cross.0w.fpu": "operation_call_vectors",
    "ipc.call.same.0w": "operation_call_same",
    "ipc.signal_wait.cross": "operation_signal_wait",
    "sched.yield.solo": "operation_yield",
    "fault.roundtrip": "operation_fault",
    "thread.create_destroy": "operation_create_destroy",
    "mem.map_unmap": "operation_map_unmap",
}
"""The loop in which each operation is done, in the order in which the guest comes to them. Not
`irq.to_task`: a machine that is stepped has no interrupts, or the timer's at once.
"""

NAMES = (*LOOPS, ipc.COMPILED)
"""The figures that have an account."""

BEFORE_LOOP = 5
"""System calls that the client in C makes before its loop, and two rounds of that."""


def accounts(run: Run, names: Collection[str]) -> list[Account]:
    """The accounts of the figures with these names or full names. Those that cannot be taken here
    are left out, with a note.
    """
    if not {name.partition(" by ")[0] for name in names} & set(NAMES):
        return []
    run.say("ipc: one instruction at a time")
    made = []
    for guest in ipc.guests(run):
        spans = [
            span
            for span in _spans(guest.image)
            if {span.name, full_name(span.name, guest.tool)} & set(names)
        ]
        made += take(guest, spans) if spans else []
    return made


def take(guest: ipc.Guest, spans: Sequence[Span]) -> list[Account]:
    """The accounts of some spans of one guest."""
    sources = Sources(guest.image)
    found = trace(guest.file, _spaces(guest.image), spans)
    return [
        Account(full_name(name, guest.tool), [sources.step(place) for place in places])
        for name, places in found.items()
    ]


def assembled(image: Image) -> list[Span]:
    """Of the guest in assembly: the third round of each loop, when nothing is new any more."""
    labels = image.units["task.measure.text"].labels()
    starts = {name: Place("measure", labels[f"{loop}.next"]) for name, loop in LOOPS.items()}
    return [Span(name, place, place) for name, place in starts.items()]


def compiled(image: Image) -> list[Span]:
    """Of the guest in C, whose code has no labels here: from one system call of it to the next."""
    call = Place("client", image.symbols["syscall_entry"])
    return [Span(ipc.COMPILED, call, call, skip=BEFORE_LOOP)]


def _spans(image: Image) -> list[Span]:
    return assembled(image) if "task.measure.text" in image.units else compiled(image)


def _spaces(image: Image) -> Mapping[int, str]:
    names = [task.name for task in image.system.tasks]
    return {image.symbols.physical(f"pml4.{name}"): name for name in names}
