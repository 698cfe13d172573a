"""A kernel's code as a graph: what is reached from its ways in, and what follows what.

Assumed: code does not change itself, and no data is executed. A `call` is taken to come back behind
itself; `ret` goes to where its function was called, which `analysis.py` proves by RSP.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from packer.asm.instructions import Instruction, Memory, Register, decode
from packer.errors import Problem
from packer.flow.state import REGISTERS
from packer.flow.values import ALL
from packer.subject import CodeUnit, Source, Subject

ENDS = frozenset(("ret", "retf", "retfq", "iretq", "iretd", "iret", "sysretq", "sysret", "ud2"))
"""Nothing follows these in the same function."""
POINTER = 8


class Table:
    """Where an indirect jump or call goes: addresses in the constants, 0 for none."""

    def __init__(self, address: int, name: str, entries: list[int]) -> None:
        self.address, self.name, self.entries = address, name, entries

    @property
    def targets(self) -> list[int]:
        return list(dict.fromkeys(entry for entry in self.entries if entry))


class Program:
    """The instructions that are reached, by address.

    functions  addresses that something calls, with who does
    tables     of each indirect jump or call, by its address
    far        where a far return goes that is used as a jump, by its address
    joints     where jumps go, and what follows conditional ones
    problems   what cannot be followed
    """

    def __init__(self, subject: Subject, unit: CodeUnit) -> None:
        self.subject, self.unit = subject, unit
        self.instructions: dict[int, Instruction] = {}
        self.functions: dict[int, set[int]] = {}
        self.tables: dict[int, Table] = {}
        self.far: dict[int, int] = {}
        self.problems: list[Problem] = []
        self.joints: set[int] = set()
        self._failed: set[int] = set()
        self._reads: dict[int, frozenset[str]] = {}
        self._labels = sorted((address, name) for name, address in unit.labels.items())
        self._addresses = [address for address, _ in self._labels]
        self._sources = [source.offset for source in unit.sources]

    def enter(self, addresses: Iterable[int]) -> None:
        """Follow the code from these addresses on."""
        waiting = [address for address in addresses if address not in self.instructions]
        while waiting:
            address = waiting.pop()
            if address in self.instructions or address in self._failed:
                continue
            code = self._decoded(address)
            if code is None:
                self._failed.add(address)
                continue
            self.instructions[address] = code
            if code.mnemonic == "call":
                for target in self._targets(code):
                    self.functions.setdefault(target, set()).add(address)
                    waiting.append(target)
            following = self.successors(code)
            if code.mnemonic == "jmp" or is_conditional(code):
                self.joints.update(following)
            waiting += following

    def read_by(self, function: int) -> frozenset[str]:
        """Registers that a function, or what it calls or jumps to, names anywhere: at most those
        matter to it.
        """
        if function not in self._reads:
            found, reached, waiting = set[str](), set[int](), [function]
            while waiting:
                address = waiting.pop()
                code = self.instructions.get(address)
                if address in reached or code is None:
                    continue
                reached.add(address)
                found.update(_named(code))
                waiting += self.successors(code)
                waiting += self.callees(code)
            self._reads[function] = frozenset(found) & frozenset(REGISTERS)
        return self._reads[function]

    def successors(self, code: Instruction) -> list[int]:
        """What may run next in the same function."""
        if code.mnemonic in ENDS:
            return [self.far[code.address]] if code.address in self.far else []
        if code.mnemonic == "jmp":
            return self._targets(code)
        if is_conditional(code):
            return [code.end, *self._targets(code)]
        return [code.end]

    def waits(self, address: int) -> bool:
        """Whether the instruction is a HLT that an interrupt ends: right behind `sti`."""
        before = self.instructions.get(address - 1)
        is_halt = self.instructions[address].mnemonic == "hlt"
        return is_halt and before is not None and before.mnemonic == "sti"

    def callees(self, code: Instruction) -> list[int]:
        return self._targets(code) if code.mnemonic == "call" else []

    def _targets(self, code: Instruction) -> list[int]:
        operand = code.operands[0]
        if isinstance(operand, int):
            return [operand & ALL]
        if code.address not in self.tables:
            self.tables[code.address] = self._table(code, operand)
        return self.tables[code.address].targets

    def _table(self, code: Instruction, operand: object) -> Table:
        constants = self.subject.constants
        if not isinstance(operand, Memory) or not constants or operand.base:
            self._cannot(code, "goes to where the bytes do not show")
            return Table(0, "", [])
        start = operand.disp & ALL
        names = [name for name, where in constants.labels.items() if where == start]
        if not names or operand.scale != POINTER or not operand.scaled:
            self._cannot(code, f"goes through {start:#x}, which is no table of the constants")
            return Table(start, "", [])
        end = min((a for a in constants.labels.values() if a > start), default=constants.end)
        data = constants.code[start - constants.address : end - constants.address]
        entries = [
            int.from_bytes(data[at : at + POINTER], "little")
            for at in range(0, len(data) - POINTER + 1, POINTER)
        ]
        # What follows a table may be aligned: zeros at its end belong to nobody, and lead nowhere.
        for entry in entries:
            if entry and not self.unit.address <= entry < self.unit.end:
                self._cannot(code, f"may go to {entry:#x} by {names[0]}, outside the kernel's code")
        kept = [e if self.unit.address <= e < self.unit.end else 0 for e in entries]
        return Table(start, names[0], kept)

    def _decoded(self, address: int) -> Instruction | None:
        unit = self.unit
        if not unit.address <= address < unit.end:
            self.problems.append(
                Problem("KP2311", unit.name, f"control goes to {address:#x}, outside of the code")
            )
            return None
        code = decode(unit.code, address - unit.address, address)
        source = self.source(address)
        if code is None:
            text = f"the bytes at {address:#x} are no instruction, and control comes there"
        elif source and source.is_data:
            text = f"control comes to {address:#x}, which {source.place} declares as data"
        elif source and (source.offset + unit.address, source.size) != (address, code.size):
            first = source.offset + unit.address
            text = (
                f"control comes to {address:#x} and finds `{code.text}` of {code.size} bytes; "
                f"{source.place} made {source.size} bytes at {first:#x}"
            )
        else:
            return code
        self.problems.append(Problem("KP2311", self.place(address), text))
        return None

    def _cannot(self, code: Instruction, text: str) -> None:
        problem = Problem("KP2321", self.place(code.address), f"`{code.text}` {text}")
        if problem not in self.problems:
            self.problems.append(problem)

    def label(self, address: int) -> str:
        """The last label at or before an address."""
        at = bisect.bisect_right(self._addresses, address) - 1
        return self._labels[at][1] if at >= 0 else ""

    def labels_at(self, address: int) -> Iterator[str]:
        at = bisect.bisect_left(self._addresses, address)
        while at < len(self._labels) and self._labels[at][0] == address:
            yield self._labels[at][1]
            at += 1

    def where(self, address: int) -> str:
        """Such as `lookup.done+0x4`."""
        at = bisect.bisect_right(self._addresses, address) - 1
        if at < 0:
            return f"{address:#x}"
        start, label = self._labels[at]
        return label if start == address else f"{label}+{address - start:#x}"

    def source(self, address: int) -> Source | None:
        """The line that made the byte."""
        at = bisect.bisect_right(self._sources, address - self.unit.address) - 1
        return self.unit.sources[at] if at >= 0 else None

    def place(self, address: int) -> str:
        """Label, distance and line, for messages."""
        source = self.source(address)
        return f"{self.where(address)} ({source.place})" if source else self.where(address)

    @cached_property
    def by_label(self) -> Mapping[str, int]:
        return self.unit.labels


def is_conditional(code: Instruction) -> bool:
    """Whether it jumps on a condition, or loops."""
    name = code.mnemonic
    return (name[0] == "j" and name not in ("jmp",)) or name.startswith("loop")


IMPLIED = {"rep": ("rcx",), "cpuid": ("rax", "rcx"), "wrmsr": ("rax", "rcx", "rdx")}


def _named(code: Instruction) -> Iterator[str]:
    yield from IMPLIED.get(code.prefix, ())
    yield from IMPLIED.get(code.mnemonic, ())
    for operand in code.operands:
        if isinstance(operand, Register):
            yield operand.whole
        elif isinstance(operand, Memory):
            yield operand.base
            yield operand.scaled
