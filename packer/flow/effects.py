"""What one instruction does to a `State`. What is not known here makes what it writes unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from packer.asm.instructions import Instruction, Memory, Operand, Register
from packer.flow.stack import address, load, move_stack, slot, store
from packer.flow.state import Compared, State, cpuid
from packer.flow.values import (
    ALL,
    Known,
    Value,
    add,
    bitwise_and,
    bitwise_or,
    join,
    narrowed,
    shifted,
    unknown,
)

IMPLICIT: Mapping[str, tuple[str, ...]] = {
    "cpuid": ("rax", "rbx", "rcx", "rdx"),
    "rdtsc": ("rax", "rdx"),
    "rdmsr": ("rax", "rdx"),
    "mul": ("rax", "rdx"),
    "div": ("rax", "rdx"),
    "idiv": ("rax", "rdx"),
    "in": ("rax",),
}
"""Registers that are written without being named. SDM 2."""
NO_FLAGS = frozenset(
    (
        *("mov", "movabs", "lea", "push", "pop", "movzx", "movsx", "movsxd", "not", "xchg", "nop"),
        *("in", "out", "rdmsr", "wrmsr", "rdtsc", "cpuid", "stosb", "stosd", "stosq", "movsb"),
        *("movsd", "movsq", "cld", "sti", "cli", "invlpg", "ltr", "lgdt", "lidt", "lldt"),
    )
)
"""Instructions that leave the flags of a comparison as they are; so do SETcc and CMOVcc."""
READ_ONLY = frozenset(("out", "lldt", "ltr", "lmsw", "div", "mul", "bt"))
"""Instructions that do not write the register that they name first."""
REP = ("rep", "repe", "repne")
CONTROL = ("cr0", "cr4")
FLAGS_ON_STACK = {"pushfq": -8, "popfq": 8}


class Effects:
    """Applies instructions. `gated` tells of a number's bits those whose facts are not known."""

    def __init__(self, gated: Callable[[State, int], int]) -> None:
        self.gated = gated

    def apply(self, state: State, code: Instruction) -> None:
        at = f"{code.address:#x}"
        handler = HANDLERS.get(code.mnemonic)
        if code.prefix in REP:
            _repeated(state, code, at)
        elif handler and code.operands:
            handler(self, state, code, at)
        elif code.mnemonic == "cpuid":
            _cpuid(state, at)
        elif code.mnemonic in FLAGS_ON_STACK:
            move_stack(state, FLAGS_ON_STACK[code.mnemonic], at)
            store(state, Memory("rsp", "", 1, 0, 8, ""), unknown(f"{at}:flags"))
        elif code.mnemonic.startswith("cmov"):
            _maybe(state, code, at)
        else:
            _unknown(state, code, at)
        name = code.mnemonic
        if name not in NO_FLAGS and not name.startswith(("cmp", "test", "set", "cmov")):
            state.flags = None

    def read(self, state: State, operand: Operand, at: str, size: int = 8) -> Known:
        """The value of an operand, zero-extended."""
        if isinstance(operand, int):
            return operand & ALL
        if isinstance(operand, Memory):
            return load(state, operand, at)
        if operand.whole not in state.registers:
            return unknown(f"{at}:{operand.name}")
        value = state.registers[operand.whole]
        if operand.size == 8:
            return value
        return narrowed(value, operand.size, f"{at}:low") if operand.size else unknown(at, 1)

    def move(self, state: State, code: Instruction, at: str) -> None:
        target, source = code.operands[:2]
        if isinstance(target, Memory):
            store(state, target, self.read(state, source, at))
            return
        if not isinstance(target, Register) or target.whole not in state.registers:
            return
        if isinstance(source, Register) and source.name in CONTROL:
            self.put(state, target, state.fresh(f"{source.name}:{at}"), at, 0)
            return
        if isinstance(source, Register):
            loose = state.loose.get(source.whole, 0)
            self.put(state, target, self.read(state, source, at), at, loose)
            return
        if isinstance(source, Memory):
            state.forget(f"{at}:load")
        value = self.read(state, source, at)
        loose = self.gated(state, source) if isinstance(source, int) else 0
        self.put(state, target, value, at, loose)

    def put(self, state: State, target: Register, value: Known, at: str, loose: int) -> None:
        state.set(target, value, at)
        if loose or target.whole in state.loose:
            state.loose[target.whole] = loose

    def lea(self, state: State, code: Instruction, at: str) -> None:
        target, source = code.operands
        assert isinstance(target, Register)
        assert isinstance(source, Memory)
        value = address(state, source, at)
        state.set(target, narrowed(value, target.size or 1, f"{at}:low"), at)

    def logic(self, state: State, code: Instruction, at: str) -> None:
        """AND, OR, XOR."""
        target, source = code.operands
        if isinstance(target, Memory):
            store(state, target, state.fresh(at))
            return
        assert isinstance(target, Register)
        if target.whole not in state.registers:
            return
        old, new = self.read(state, target, at), self.read(state, source, at)
        full = (1 << 8 * (target.size or 1)) - 1
        loose = state.loose.get(target.whole, 0)
        value: Known
        if code.mnemonic == "xor" and target == source:
            value, loose = 0, 0
        elif code.mnemonic == "and" and isinstance(new, int):
            state.forget(f"{at}:and")
            value = bitwise_and(old, new & full, f"{at}:and")
        elif code.mnemonic == "or":
            state.forget(f"{at}:or")
            value = bitwise_or(old, new if not isinstance(new, int) else new & full, f"{at}:or")
            loose |= self._loose(state, source)
        else:
            value = state.fresh(f"{at}:{code.mnemonic}", target.size or 1)
        self.put(state, target, value, at, loose)

    def _loose(self, state: State, source: Operand) -> int:
        if isinstance(source, int):
            return self.gated(state, source)
        return state.loose.get(source.whole, 0) if isinstance(source, Register) else 0

    def arithmetic(self, state: State, code: Instruction, at: str) -> None:
        """ADD, SUB, INC, DEC."""
        target = code.operands[0]
        if isinstance(target, Memory):
            store(state, target, state.fresh(at))
            return
        assert isinstance(target, Register)
        amount: Known = 1
        if len(code.operands) > 1:
            amount = self.read(state, code.operands[1], at)
        old = self.read(state, target, at)
        sign = -1 if code.mnemonic in ("sub", "dec") else 1
        if code.mnemonic == "add" and isinstance(old, int) and not isinstance(amount, int):
            old, amount = amount, old
        if isinstance(amount, int) and target.size >= 4:
            signed = amount - (1 << 64) if amount >> 63 else amount
            state.forget(f"{at}:sum")
            value = add(old, sign * signed, f"{at}:sum")
            state.set(target, narrowed(value, target.size, f"{at}:low"), at)
        else:
            state.set(target, state.fresh(f"{at}:sum", target.size or 1), at)

    def shift(self, state: State, code: Instruction, at: str) -> None:
        target, count = code.operands[0], code.operands[-1]
        if isinstance(target, Memory):
            store(state, target, state.fresh(at))
            return
        assert isinstance(target, Register)
        if isinstance(count, int) and len(code.operands) == 2 and target.size >= 4:
            left = count if code.mnemonic == "shl" else -count
            state.forget(f"{at}:shift")
            old = self.read(state, target, at)
            state.set(target, shifted(old, left, target.size, f"{at}:shift"), at)
        else:
            state.set(target, state.fresh(f"{at}:shift", target.size or 1), at)

    def extend(self, state: State, code: Instruction, at: str) -> None:
        target, source = code.operands
        assert isinstance(target, Register)
        if code.mnemonic == "movzx":
            size = source.size if isinstance(source, Register | Memory) else 8
            state.forget(f"{at}:load")
            value = self.read(state, source, at)
            state.set(target, narrowed(value, size or 1, f"{at}:low"), at)
        else:
            state.set(target, state.fresh(f"{at}:extended", target.size), at)

    def compare(self, state: State, code: Instruction, at: str) -> None:
        left, right = code.operands
        size = left.size if isinstance(left, Register | Memory) else 8
        values = self.read(state, left, f"{at}:l"), self.read(state, right, f"{at}:r")
        state.flags = Compared(code.mnemonic, *values, size or 1)

    def push(self, state: State, code: Instruction, at: str) -> None:
        value = self.read(state, code.operands[0], at)
        move_stack(state, -8, at)
        store(state, Memory("rsp", "", 1, 0, 8, ""), value)

    def pop(self, state: State, code: Instruction, at: str) -> None:
        target = code.operands[0]
        state.forget(f"{at}:load")
        value = load(state, Memory("rsp", "", 1, 0, 8, ""), at)
        move_stack(state, 8, at)
        if isinstance(target, Memory):
            store(state, target, value)
        elif isinstance(target, Register):
            self.put(state, target, value, at, 0)


HANDLERS: Mapping[str, Callable[[Effects, State, Instruction, str], None]] = {
    **dict.fromkeys(("mov", "movabs"), Effects.move),
    **dict.fromkeys(("and", "or", "xor"), Effects.logic),
    **dict.fromkeys(("add", "sub", "inc", "dec"), Effects.arithmetic),
    **dict.fromkeys(("shl", "shr"), Effects.shift),
    **dict.fromkeys(("movzx", "movsx", "movsxd"), Effects.extend),
    **dict.fromkeys(("cmp", "test"), Effects.compare),
    "lea": Effects.lea,
    "push": Effects.push,
    "pop": Effects.pop,
}


def _repeated(state: State, code: Instruction, at: str) -> None:
    """A string instruction writes from RDI on: slots there and above are forgotten."""
    base, offset = slot(state.registers["rdi"])
    for name, where in list(state.slots):
        if name == base and where > offset - 8:
            del state.slots[name, where]
    _unknown(state, code, at)
    if code.prefix == "rep":
        state.registers["rcx"] = 0


def _cpuid(state: State, at: str) -> None:
    leaf, subleaf = state.registers["rax"], state.registers["rcx"]
    for name in IMPLICIT["cpuid"]:
        state.loose.pop(name, None)
        value: Known = state.fresh(f"{at}:{name}", 4)
        if isinstance(leaf, int):
            sub = subleaf if isinstance(subleaf, int) else 0
            value = cpuid(leaf & 0xFFFF_FFFF, sub, name)
        state.registers[name] = value


def _maybe(state: State, code: Instruction, at: str) -> None:
    target, source = code.operands
    assert isinstance(target, Register)
    old = state.registers[target.whole]
    new: Known = unknown(f"{at}:load")
    if isinstance(source, Register):
        new = state.registers[source.whole]
    state.forget(f"{at}:maybe")
    value = join(old, new, f"{at}:maybe")
    state.set(target, narrowed(value, target.size, f"{at}:low"), at)


def _unknown(state: State, code: Instruction, at: str) -> None:
    written = {*code.writes, *IMPLICIT.get(code.mnemonic, ())} - {"rsp"}
    first = code.operands[0] if code.operands else None
    if isinstance(first, Register) and code.mnemonic not in READ_ONLY:
        written.add(first.whole)
    if code.operands and isinstance(code.operands[0], Memory):
        store(state, code.operands[0], Value(at))
    for name in written & state.registers.keys():
        state.registers[name] = state.fresh(f"{at}:{name}")
        state.loose.pop(name, None)
