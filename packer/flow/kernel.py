"""The kernel's ways in, each followed: first instruction, SYSCALL, and the gates of the IDT.

Assumed: a way in from a task finds RSP at the task's T if it is a gate's without a stack of its
own, and RSP anywhere if it is SYSCALL's. Interrupts come from tasks, and from the instruction
behind `sti` that waits for them; exceptions inside the kernel, NMI, #DB and #MC anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from kobjects.cpu.exceptions import PUSHES_ERROR_CODE, Vector
from kobjects.cpu.gates import GateDescriptor
from kobjects.cpu.msr import Msr
from kobjects.kernel.trap import TrapFrame
from packer.asm.instructions import Instruction
from packer.checks import gates, interrupt_stacks
from packer.errors import Problem
from packer.flow.analysis import Analysis
from packer.flow.claimed import Claimed
from packer.flow.effects import Effects
from packer.flow.features import without_their_feature
from packer.flow.program import Program
from packer.flow.seen import Seen
from packer.flow.stack import KERNEL_FRAME, TASK_FRAME
from packer.flow.state import REGISTERS, State
from packer.flow.values import Known, Value, unknown
from packer.subject import CodeUnit, Subject
from stages.selectors import Selector

FIRST = "kernel_entry"
FRAME = TrapFrame.size - TrapFrame.offset("rip")
"""What the processor pushes of a frame, without an error code."""
EXCEPTIONS = 32


@dataclass
class Way:
    """A way in: addresses with what is known there, and what was seen from them on.

    pushed  bytes that the processor has pushed
    """

    name: str
    starts: Mapping[int, State]
    pushed: int
    seen: Seen = field(default_factory=Seen)


class Kernel:
    """All that follows from the code of one subject, worked out once."""

    def __init__(self, subject: Subject, text: CodeUnit) -> None:
        self.subject = subject
        self.program = Program(subject, text)
        self.analysis = Analysis(self.program, Effects(without_their_feature))
        self.claimed = Claimed(subject)

    @cached_property
    def ways(self) -> Sequence[Way]:
        """In the order in which they are found: what start-up loads tells where SYSCALL goes."""
        found: list[Way] = []
        entry = self.subject.symbols.get(FIRST)
        if entry is not None:
            found.append(self._followed(Way("start-up", {entry: _state(unknown("loader"))}, 0)))
        for msr, name in ((Msr.LSTAR, "SYSCALL"), (Msr.CSTAR, "SYSCALL, 32-bit")):
            for target in self._loaded(found, msr):
                state = _state(unknown("task:rsp"))
                found.append(self._followed(Way(name, {target: state}, 0)))
        found += [self._followed(way) for way in self._gates(found)]
        return found

    @property
    def reached(self) -> Mapping[int, Instruction]:
        """Every instruction that some way in leads to, by address."""
        _ = self.ways
        return self.program.instructions

    @property
    def problems(self) -> list[Problem]:
        """What could not be followed."""
        _ = self.ways
        return [*self.program.problems, *self.analysis.problems.values()]

    def _followed(self, way: Way) -> Way:
        self.program.enter(way.starts)
        way.seen = self.analysis.follow(way.starts)
        return way

    def _loaded(self, ways: Sequence[Way], msr: Msr) -> list[int]:
        """Addresses that start-up writes to an MSR."""
        targets = []
        for way in ways:
            for (_, what), values in way.seen.writes.items():
                for value in values if what == f"msr {int(msr):#x}" else ():
                    low, high = value
                    if isinstance(low, int) and isinstance(high, int):
                        targets.append((high << 32 | low & 0xFFFF_FFFF) & (1 << 64) - 1)
        return list(dict.fromkeys(targets))

    def _gates(self, ways: Sequence[Way]) -> list[Way]:
        entries = {n: gate for n, gate in enumerate(gates.table(self.subject)) if gate.present}
        tss = interrupt_stacks.task_state(self.subject)
        alone = [
            _own(number, gate, tss.ist[gate.ist - 1])
            for number, gate in entries.items()
            if gate.ist and tss
        ]
        shared = {number: gate.offset for number, gate in entries.items() if not gate.ist}
        exceptions = {n: offset for n, offset in shared.items() if n < EXCEPTIONS}
        interrupts = {n: offset for n, offset in shared.items() if n >= EXCEPTIONS}
        task, kernel = Value(TASK_FRAME), Value(KERNEL_FRAME)
        user, ring_0 = int(Selector.USER_CODE), int(Selector.KERNEL_CODE)
        groups = [
            *_group("exception of a task", exceptions, task, user),
            *_group("exception in the kernel", exceptions, kernel, ring_0),
            *_group("interrupt of a task", interrupts, task, user),
        ]
        waits = {rsp for way in ways for rsp in way.seen.waits.values() if isinstance(rsp, int)}
        for rsp in sorted(waits):
            base = rsp & -interrupt_stacks.ALIGNED
            if self.subject.region_at(base) and base % 0x1000 == 0:
                groups += _group("interrupt while idle", interrupts, base, ring_0)
        return [*groups, *alone]


def _state(rsp: Known) -> State:
    state = State({name: unknown(f"before:{name}") for name in REGISTERS})
    state.registers["rsp"] = rsp
    return state


def _group(name: str, offsets: Mapping[int, int], base: Known, cs: int) -> list[Way]:
    """One way for gates that share a stack."""
    starts: dict[int, State] = {}
    for vector, offset in offsets.items():
        starts[offset] = _framed(base, 8 * (vector in PUSHES_ERROR_CODE), cs)
    return [Way(name, starts, FRAME + 8)] if starts else []


def _framed(base: Known, error: int, cs: int | None) -> State:
    """RSP below a frame that the processor has pushed on `base`."""

    def below(distance: int) -> Known:
        if isinstance(base, int):
            return base - distance
        return base._replace(offset=base.offset - distance)

    state = _state(below(FRAME + error))
    if cs is not None:
        place = below(FRAME - 8)
        key = ("", place) if isinstance(place, int) else (place.name, place.offset)
        state.slots[key] = cs
    return state


def _own(vector: int, gate: GateDescriptor, top: int) -> Way:
    error = 8 * (vector in PUSHES_ERROR_CODE)
    names = {int(one): f"#{one.name}" for one in Vector}
    name = names.get(vector, f"vector {vector}")
    state = _framed(top & -interrupt_stacks.ALIGNED, error, None)
    return Way(name.replace("#NMI", "NMI"), {gate.offset: state}, FRAME + error)
