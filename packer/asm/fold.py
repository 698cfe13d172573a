"""An instruction → the text that keystone gets: numbers only, every choice already made.

A value that needs an address is replaced by a placeholder that forces the widest field; where
capstone finds the placeholder, the value goes later. Equal texts are encoded once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeGuard

from packer.asm.expressions import Mask, Sum
from packer.asm.items import Instruction
from packer.asm.operands import Immediate, Memory, Named, Operand
from packer.asm.registers import SIZES, words
from packer.asm.source import Complaint
from packer.asm.widths import signed

# Placeholders: by address width for a displacement, by operand width for an immediate. All differ,
# none fits a shorter field, none has the sign bit.
DISPLACEMENTS = {16: 0x1122, 32: 0x11223344, 64: 0x11223344}
IMMEDIATES = {8: 0x5A, 16: 0x5A6B, 32: 0x5A6B7C1D, 64: 0x5A6B7C1D2E3F4051}

# Mnemonics whose immediate has the width of the other operand; in 64-bit operations the processor
# sign-extends 32 bits, except for mov to a register.
_FULL_WIDTH = frozenset(words("mov add adc sub sbb and or xor cmp test imul"))
SHIFTS = frozenset(words("shl shr sal sar rol ror rcl rcr"))
_BIT_TESTS = frozenset(words("bt bts btr btc"))

_SIZE_WORDS = {bits: f"{word} ptr " for word, bits in SIZES.items()} | {0: ""}


@dataclass(frozen=True)
class Folded:
    """keystone's text, and the operands as the check wants to find them again, numbers filled in.

    `references` are the operands whose number is a placeholder.
    """

    text: str
    operands: tuple[Operand, ...]
    references: tuple[Memory | Immediate, ...]


def fold(instruction: Instruction) -> Folded:
    """Raises Complaint for a value that can't fit its field."""
    mnemonic, operands = instruction.mnemonic, instruction.operands
    if mnemonic == "imul" and len(operands) == 2 and isinstance(operands[1], Immediate):
        operands = (operands[0], *operands)  # the short spelling of the three-operand form
    bits = width(operands)
    filled = tuple(_filled(instruction, operand, bits) for operand in operands)
    head = f"{instruction.prefix} {_name(instruction, filled)}".lstrip()
    text = f"{head} {', '.join(map(_text, filled))}".rstrip()
    return Folded(text, filled, tuple(filter(_is_reference, operands)))


def _is_reference(operand: Operand) -> TypeGuard[Memory | Immediate]:
    if isinstance(operand, Memory):
        return isinstance(operand.displacement, Sum)
    return isinstance(operand, Immediate) and isinstance(operand.value, Sum)


def _name(instruction: Instruction, operands: tuple[Operand, ...]) -> str:
    """keystone's name: other ones for 64-bit immediates and for far jumps through memory."""
    mnemonic = instruction.mnemonic
    if not operands:
        return mnemonic
    first, last = operands[0], operands[-1]
    if mnemonic in ("jmp", "call") and isinstance(first, Memory) and first.bits == 48:
        return "l" + mnemonic
    if _moves_to_register(instruction) and isinstance(last, Immediate):
        assert isinstance(last.value, int)
        return mnemonic if -(1 << 31) <= last.value < 1 << 31 else "movabs"
    return mnemonic


def width(operands: tuple[Operand, ...]) -> int:
    """The operation's width in bits: that of the first operand; 0 if it has none."""
    if not operands:
        return 0
    first = operands[0]
    if isinstance(first, Named):
        return first.register.bits
    if isinstance(first, Memory):
        if first.bits:
            return first.bits
        return next((op.register.bits for op in operands if isinstance(op, Named)), 0)
    return 0


def _filled(instruction: Instruction, operand: Operand, bits: int) -> Operand:
    """The operand with a number wherever it has a value."""
    if isinstance(operand, Memory):
        return _displacement(operand)
    return _immediate(instruction, operand, bits) if isinstance(operand, Immediate) else operand


def _displacement(memory: Memory) -> Memory:
    bits, value = memory.address_bits, memory.displacement
    if isinstance(value, Sum):
        return replace(memory, displacement=DISPLACEMENTS[bits])
    if bits == 64:
        value = signed(value, 64)
    limit = min(bits, 32)
    high = 1 << (limit - 1 if bits == 64 else limit)
    if not -(1 << limit - 1) <= value < high:
        raise Complaint(
            "KP1022", f"the displacement {memory.displacement:#x} doesn't fit {limit} bits",
            "64-bit code sign-extends it: load the address into a register" if bits == 64 else "",
            column=memory.column,
        )  # fmt: skip
    return replace(memory, displacement=signed(value, limit))


def _immediate(instruction: Instruction, operand: Immediate, bits: int) -> Immediate:
    mnemonic, value = instruction.mnemonic, operand.value
    full = mnemonic in _FULL_WIDTH and bits in IMMEDIATES
    if isinstance(value, Sum):
        if not full:
            raise Complaint(
                "KP1022", f"{mnemonic} has no room for an address",
                column=operand.column, unknown=value.symbols(),
            )  # fmt: skip
        narrow = bits == 64 and not _moves_to_register(instruction)
        return Immediate(IMMEDIATES[32 if narrow else bits], operand.column)
    if full:
        return Immediate(_fitting(instruction, operand, value, bits), operand.column)
    if mnemonic in SHIFTS | _BIT_TESTS and bits and not 0 <= value < bits:
        raise Complaint(
            "KP1022", f"bit {value} of a {bits}-bit operand",
            f"the processor would take it modulo {bits}", column=operand.column,
        )  # fmt: skip
    return operand


def _moves_to_register(instruction: Instruction) -> bool:
    return instruction.mnemonic == "mov" and isinstance(instruction.operands[0], Named)


def _fitting(instruction: Instruction, operand: Immediate, value: int, bits: int) -> int:
    """The value as a signed number of the operation's width."""
    lowest = -(1 << bits) if isinstance(value, Mask) else -(1 << bits - 1)
    if not lowest <= value < 1 << bits:
        raise Complaint("KP1022", f"{value:#x} doesn't fit {bits} bits", column=operand.column)
    number = signed(value & (1 << bits) - 1, bits)
    if bits == 64 and not _moves_to_register(instruction) and not -(1 << 31) <= number < 1 << 31:
        raise Complaint(
            "KP1022", f"{value:#x} doesn't fit the sign-extended 32-bit immediate of "
            f"{instruction.mnemonic}",
            "load it into a register with mov first", column=operand.column,
        )  # fmt: skip
    return number


def _text(operand: Operand) -> str:
    if isinstance(operand, Named):
        return operand.register.name
    if isinstance(operand, Immediate):
        return str(operand.value)
    assert isinstance(operand, Memory)
    segment = f"{operand.segment}:" if operand.segment else ""
    terms = [register.name for register in (operand.base,) if register]
    if operand.index:
        scale = f"*{operand.scale}" if operand.address_bits != 16 else ""
        terms.append(f"{operand.index.name}{scale}")
    if operand.rip:
        terms.append("rip")
    if not terms and operand.address_bits == 64:
        terms.append("riz*1")  # else keystone makes it relative to rip
    address = "+".join(terms)
    if operand.displacement or not terms:
        number = operand.displacement
        assert isinstance(number, int)
        address = f"{address}{number:+d}" if terms else str(number)
    return f"{_SIZE_WORDS[operand.bits]}{segment}[{address}]"
