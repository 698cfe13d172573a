"""GDT, IDT and TSS read through an address space, with what they lead to.

Nothing here raises for what is in memory: what can't be read or leads nowhere is a finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kobjects.cpu.gates import CallGate, GateDescriptor
from kobjects.cpu.legacy import (
    CallGate32,
    GateDescriptor32,
    LegacySystemType,
    SystemDescriptor32,
    TaskGate,
)
from kobjects.cpu.segments import (
    DescriptorTable,
    SegmentDescriptor,
    SegmentSelector,
    SystemDescriptor,
    SystemType,
)
from kobjects.cpu.tss import TaskStateSegment, TaskStateSegment32
from kobjects.errors import Finding, KobjectsError
from kobjects.memory.mappings import rights_text
from kobjects.memory.space import AddressSpace, Translation, TranslationError
from kobjects.memory.state import CpuState, SegmentRegister, TableRegister

Descriptor = (
    SegmentDescriptor
    | SystemDescriptor
    | CallGate
    | SystemDescriptor32
    | CallGate32
    | GateDescriptor32
    | TaskGate
)

GATES_32 = {
    LegacySystemType.CALL_GATE_16: CallGate32,
    LegacySystemType.CALL_GATE_32: CallGate32,
    LegacySystemType.TASK_GATE: TaskGate,
    LegacySystemType.INTERRUPT_GATE_16: GateDescriptor32,
    LegacySystemType.INTERRUPT_GATE_32: GateDescriptor32,
    LegacySystemType.TRAP_GATE_16: GateDescriptor32,
    LegacySystemType.TRAP_GATE_32: GateDescriptor32,
}
MOST_BYTES = 1 << 16
"""Of a descriptor table: its limit has 16 bits."""


@dataclass(frozen=True)
class Table:
    """A GDT or LDT: descriptors by the offset at which selectors find them."""

    base: int
    descriptors: Mapping[int, Descriptor]
    findings: tuple[Finding, ...]

    def resolve(self, selector: int) -> Descriptor | None:
        """The descriptor that a selector of this table means; None if there is none."""
        return self.descriptors.get(selector & 0xFFF8)


@dataclass(frozen=True)
class Handler:
    """What one vector leads to.

    segment  the descriptor of the code segment (of a task gate: the TSS); None if there is none
    linear   where the handler is, with the segment's base; None for a task gate
    target   where that leads; None if it is not mapped
    stack    what the TSS has for the gate's IST; None without one
    """

    vector: int
    gate: GateDescriptor | GateDescriptor32 | TaskGate
    segment: Descriptor | None
    linear: int | None
    target: Translation | None
    stack: int | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Task:
    """A task-state segment, and the stacks in it with where they lead (None: not mapped)."""

    base: int
    tss: TaskStateSegment | TaskStateSegment32
    stacks: Mapping[str, Translation | None]
    iomap: bytes
    findings: tuple[Finding, ...]


def read_descriptors(space: AddressSpace, table: TableRegister, *, long_mode: bool = True) -> Table:
    """A GDT, or an LDT by its base and limit. In long mode system descriptors take two places."""
    data, found = _bytes(space, table.base, min(table.limit + 1, MOST_BYTES), "gdt")
    descriptors: dict[int, Descriptor] = {}
    at = 0
    while at + 8 <= len(data):
        descriptor = _descriptor(data, at, long_mode)
        if int(descriptor):
            descriptors[at] = descriptor
            found += [one.inside(f"gdt[{at // 8}]") for one in descriptor.check()]
        at += type(descriptor).size
    return Table(table.base, descriptors, tuple(found))


def read_handlers(
    space: AddressSpace, table: TableRegister, gdt: Table, task: Task | None = None, *,
    long_mode: bool = True,
) -> list[Handler]:  # fmt: skip
    """The IDT, vector by vector, up to 256 of them; gates that are not present have no target."""
    kind: Any = GateDescriptor if long_mode else GateDescriptor32
    data, found = _bytes(space, table.base, min(table.limit + 1, 256 * kind.size), "idt")
    handlers = []
    for vector in range(len(data) // kind.size):
        gate = kind.parse(data[vector * kind.size :])
        if not long_mode and gate.type == LegacySystemType.TASK_GATE:
            gate = TaskGate.from_int(int(gate))
        handlers.append(_handler(space, vector, gate, gdt, task, found if vector == 0 else []))
    return handlers


def read_task(space: AddressSpace, register: SegmentRegister, *, long_mode: bool = True) -> Task:
    """The TSS that the task register names; its I/O map as far as the limit goes."""
    kind: Any = TaskStateSegment if long_mode else TaskStateSegment32
    size = min(register.limit + 1, MOST_BYTES)
    data, found = _bytes(space, register.base, size, "tss")
    tss = kind.parse(data[: kind.size].ljust(kind.size, b"\0"))
    if register.limit + 1 < kind.size:
        found.append(Finding("tr.limit", register.limit, f"must be at least {kind.size - 1}"))
    stacks: dict[str, Translation | None] = {}
    for name, value in _stacks(tss):
        if value:
            stacks[name] = _translated(space, value - 1)
            if problem := _stack_problem(stacks[name]):
                found.append(Finding(f"tss.{name}", value, problem))
    return Task(register.base, tss, stacks, data[tss.iomap_base :], tuple(found))


@dataclass(frozen=True)
class Tables:
    """The descriptor tables of a processor."""

    gdt: Table
    task: Task | None
    handlers: list[Handler]

    @property
    def findings(self) -> Iterator[Finding]:
        """What is wrong with any of them."""
        yield from self.gdt.findings
        yield from self.task.findings if self.task else ()
        for handler in self.handlers:
            yield from handler.findings


def read_tables(space: AddressSpace, state: CpuState) -> Tables:
    """GDT, TSS and IDT of a processor whose registers are known."""
    long_mode = state.long_mode
    gdt = read_descriptors(space, state.gdt, long_mode=long_mode)
    register = state.segments.get("tr")
    task = None
    if register is not None and register.selector & 0xFFF8:
        task = read_task(space, register, long_mode=long_mode)
    handlers = read_handlers(space, state.idt, gdt, task, long_mode=long_mode)
    return Tables(gdt, task, handlers)


def _descriptor(data: bytes, at: int, long_mode: bool) -> Descriptor:
    segment = SegmentDescriptor.parse(data[at:])
    if segment.not_system or not int(segment):
        return segment
    if not long_mode:
        kind = int(SystemDescriptor32.from_int(int(segment)).type)
        word: Any = {int(key): word for key, word in GATES_32.items()}.get(kind, SystemDescriptor32)
        return word.from_int(int(segment))  # type: ignore[no-any-return]
    if at + SystemDescriptor.size > len(data):
        return segment
    system = SystemDescriptor.parse(data[at:])
    if system.type is SystemType.CALL_GATE:
        return CallGate.from_int(int(system))
    return system


def _handler(
    space: AddressSpace, vector: int, gate: Any, gdt: Table, task: Task | None,
    found: list[Finding],
) -> Handler:  # fmt: skip
    found = [*found, *gate.check()]
    selector = SegmentSelector.from_int(int(gate.selector))
    segment = gdt.resolve(gate.selector) if selector.table is DescriptorTable.GDT else None
    linear = target = stack = None
    if gate.present:
        if selector.table is DescriptorTable.GDT and segment is None:
            found.append(Finding("selector", gate.selector, "the GDT has no such descriptor"))
        if not isinstance(gate, TaskGate):
            linear, target = _code(space, gate, segment, found)
        if isinstance(gate, GateDescriptor) and gate.ist:
            stack = _interrupt_stack(gate.ist, task, found)
    named = tuple(one.inside(f"idt[{vector}]") for one in found)
    return Handler(vector, gate, segment, linear, target, stack, named)


def _code(
    space: AddressSpace, gate: Any, segment: Descriptor | None, found: list[Finding]
) -> tuple[int, Translation | None]:
    """Where a gate's handler is, and what the page tables make of that."""
    flat = isinstance(gate, GateDescriptor)
    if isinstance(segment, SegmentDescriptor):
        if not segment.executable or (flat and not segment.long):
            wanted = "a 64-bit code segment" if flat else "a code segment"
            found.append(Finding("selector", gate.selector, f"must name {wanted}"))
    elif segment is not None:
        found.append(Finding("selector", gate.selector, "must name a code segment"))
    base = segment.base if isinstance(segment, SegmentDescriptor) and not flat else 0
    linear = gate.offset + base if flat else gate.offset + base & 0xFFFFFFFF
    target = _translated(space, linear)
    if target is None:
        found.append(Finding("offset", gate.offset, "the handler is not mapped"))
    elif not target.executable:
        rights = rights_text(target.writable, target.user, target.executable)
        found.append(Finding("offset", gate.offset, f"the handler's page is {rights}"))
    return linear, target


def _interrupt_stack(number: int, task: Task | None, found: list[Finding]) -> int | None:
    if task is None or not isinstance(task.tss, TaskStateSegment):
        found.append(Finding("ist", number, "there is no TSS"))
        return None
    stack = task.tss.ist[number - 1]
    if not stack:
        found.append(Finding("ist", number, f"tss.ist[{number - 1}] is 0"))
    return stack


def _stacks(tss: Any) -> Iterator[tuple[str, int]]:
    if isinstance(tss, TaskStateSegment32):
        yield from ((f"esp{ring}", getattr(tss, f"esp{ring}")) for ring in range(3))
        return
    yield from ((f"rsp{ring}", getattr(tss, f"rsp{ring}")) for ring in range(3))
    yield from ((f"ist[{number}]", stack) for number, stack in enumerate(tss.ist))


def _stack_problem(target: Translation | None) -> str:
    if target is None:
        return "the stack is not mapped"
    return "" if target.writable else "the stack's page can't be written"


def _translated(space: AddressSpace, linear: int) -> Translation | None:
    try:
        return space.translate(linear)
    except TranslationError:
        return None


def _bytes(space: AddressSpace, linear: int, size: int, name: str) -> tuple[bytes, list[Finding]]:
    """What there is of some linear memory: all of it, or the pages before the first that is not."""
    data = bytearray()
    while len(data) < size:
        at = linear + len(data)
        try:
            data += space.read(at, min(4096 - at % 4096, size - len(data)))
        except KobjectsError as error:
            return bytes(data), [Finding(name, at, f"must be readable: {error}")]
    return bytes(data), []
