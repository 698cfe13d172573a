"""What is known at one place of a program: registers, the stack's slots, compared values, CPUID's
answers."""

from __future__ import annotations

from typing import NamedTuple

from packer.asm.instructions import Register
from packer.flow.values import CPUID, LOW, Known, Value, join, unknown

REGISTERS = (
    *("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp"),
    *(f"r{number}" for number in range(8, 16)),
)
ENTRY = "in:"
"""Names of what registers hold when a function is entered."""

STACK = 4096
"""Two stacks are further apart."""
Slot = tuple[str, int]
"""A stack slot of eight bytes: the base's name and the distance from it; "" and an address."""


class Compared(NamedTuple):
    """The flags: of `left` - `right` for "cmp", of `left` & `right` for "test", in `size` bytes."""

    kind: str
    left: Known
    right: Known
    size: int


class Fact(NamedTuple):
    """A bit that CPUID has shown to be set; or, as register "leaf", that it has the leaf `bit`."""

    leaf: int
    register: str
    bit: int


class State:
    """`loose` has, by register, bits that were set without their own fact being known."""

    __slots__ = ("facts", "flags", "loose", "registers", "slots")

    def __init__(self, registers: dict[str, Known]) -> None:
        self.registers = registers
        self.slots: dict[Slot, Known] = {}
        self.flags: Compared | None = None
        self.facts: frozenset[Fact] = frozenset()
        self.loose: dict[str, int] = {}

    def copy(self) -> State:
        made = State(dict(self.registers))
        made.slots = dict(self.slots)
        made.flags, made.facts, made.loose = self.flags, self.facts, dict(self.loose)
        return made

    @classmethod
    def entered(cls) -> State:
        """At a function's first instruction: every register holds what it held before."""
        return cls({name: unknown(ENTRY + name) for name in REGISTERS})

    def join(self, other: State, at: str) -> bool:
        """Takes in what holds on another way to here; whether that changed anything."""
        changed = False
        for name, value in self.registers.items():
            joined = _joined(name, value, other.registers[name], at)
            if joined != value:
                self.registers[name], changed = joined, True
        for slot in list(self.slots):
            if slot not in other.slots:
                del self.slots[slot]
                changed = True
                continue
            joined = join(self.slots[slot], other.slots[slot], f"{at}:{slot}")
            if joined != self.slots[slot]:
                self.slots[slot], changed = joined, True
        if self.flags is not None and self.flags != other.flags:
            self.flags, changed = None, True
        if not self.facts <= other.facts:
            self.facts, changed = self.facts & other.facts, True
        for name, bits in other.loose.items():
            if bits & ~self.loose.get(name, 0):
                self.loose[name], changed = self.loose.get(name, 0) | bits, True
        return changed

    def widen(self, other: State, at: str) -> bool:
        """Before a join that was made often: what would change again is anything from now on.
        Whether that changed anything.
        """
        changed = False
        for name, value in self.registers.items():
            if _joined(name, value, other.registers[name], at) != value:
                self.registers[name], changed = unknown(f"{at}:{name}"), True
        for slot, value in self.slots.items():
            if slot in other.slots and join(value, other.slots[slot], f"{at}:{slot}") != value:
                self.slots[slot], changed = unknown(f"{at}:{slot}"), True
        return changed

    def forget(self, name: str) -> None:
        """A name stands for a new number from now on: what has the old one keeps it nameless."""
        for register, value in self.registers.items():
            if isinstance(value, Value) and value.name == name:
                self.registers[register] = value._replace(name=f"old:{register}:{name}", offset=0)
        for slot, value in list(self.slots.items()):
            if isinstance(value, Value) and value.name == name:
                del self.slots[slot]
        flags = self.flags
        if flags and any(isinstance(v, Value) and v.name == name for v in flags[1:3]):
            self.flags = None

    def fresh(self, name: str, size: int = 8) -> Value:
        """A number of so many bytes of which nothing else is known."""
        self.forget(name)
        return unknown(name, size)

    def set(self, register: Register, value: Known, at: str) -> None:
        """Writes a register or a part of one. The upper half of 64 bits becomes 0 with 32."""
        if register.whole not in self.registers:
            return
        if register.size < 4:
            old, full = self.registers[register.whole], (1 << 8 * register.size) - 1
            if isinstance(old, int) and isinstance(value, int) and register.size:
                value = old & ~full | value & full
            else:
                value = self.fresh(f"{at}:{register.whole}")
        self.registers[register.whole] = value

    def learn(self, value: Known, better: Known) -> None:
        """Everything that holds this value is known better now."""
        for name, held in self.registers.items():
            if held == value:
                self.registers[name] = better
        for slot, held in self.slots.items():
            if held == value:
                self.slots[slot] = better

    def know(self, *facts: Fact) -> None:
        self.facts |= frozenset(facts)


def _joined(name: str, one: Known, other: Known, at: str) -> Known:
    """Of a register. Where ways meet with two depths of one known stack, outside of any function,
    the deeper one counts: nothing is popped there that was pushed before.
    """
    numbers = [value for value in (one, other) if isinstance(value, int)]
    if name == "rsp" and len(numbers) == 2 and max(numbers) - min(numbers) < STACK:
        return min(numbers)
    return join(one, other, f"{at}:{name}")


def cpuid(leaf: int, subleaf: int, register: str) -> Value:
    return Value(f"{CPUID}{leaf:#x}:{subleaf:#x}:{register}", 0, LOW, LOW)
