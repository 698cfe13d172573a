"""Jumps and calls to labels, encoded here because how far they reach is known after layout only.

Opcodes: Intel SDM 2, "Jcc", "JMP", "CALL", "LOOP/LOOPcc".
"""

from __future__ import annotations

import struct

from packer.asm.expressions import Sum
from packer.asm.items import Branch, Chunk, Instruction, Patch
from packer.asm.operands import Far, Immediate
from packer.asm.registers import words
from packer.asm.source import Complaint

# The names of each condition, in the order of their codes; the first name is capstone's.
_CONDITION_NAMES = (
    "o", "no", "b c nae", "ae nb nc", "e z", "ne nz", "be na", "a nbe",
    "s", "ns", "p pe", "np po", "l nge", "ge nl", "le ng", "g nle",
)  # fmt: skip
CONDITIONS = {name: code for code, names in enumerate(_CONDITION_NAMES) for name in words(names)}

# Jumps that only have an 8-bit distance: opcode, and the counter's width where the name gives it.
_SHORT_ONLY = {
    "loopne": (0xE0, 0), "loopnz": (0xE0, 0), "loope": (0xE1, 0), "loopz": (0xE1, 0),
    "loop": (0xE2, 0), "jcxz": (0xE3, 16), "jecxz": (0xE3, 32), "jrcxz": (0xE3, 64),
}  # fmt: skip


def branch(instruction: Instruction, operand: Immediate) -> Branch | None:
    """A jump or call to `operand`, or None if the instruction is neither. Raises Complaint."""
    opcodes = _opcodes(instruction)
    if opcodes is None:
        return None
    mnemonic, mode = instruction.mnemonic, instruction.mode
    if not isinstance(operand.value, Sum):
        register = {16: "ax", 32: "eax", 64: "rax"}[mode]
        raise Complaint(
            "KP1021", f"{mnemonic} to a number: the unit doesn't know where it will lie",
            "jump to a label, or through a register: "
            f"mov {register}, {operand.value:#x}, then {mnemonic} {register}",
            column=operand.column,
        )  # fmt: skip
    return Branch(
        instruction.place, operand.value, *opcodes,
        displacement=2 if mode == 16 else 4, use_near=not opcodes[0],
    )  # fmt: skip


def _opcodes(instruction: Instruction) -> tuple[bytes, bytes] | None:
    """The short and the near opcode; empty where there is none."""
    mnemonic, mode = instruction.mnemonic, instruction.mode
    if mnemonic == "jmp":
        return b"\xeb", b"\xe9"
    if mnemonic == "call":
        return b"", b"\xe8"
    if mnemonic.startswith("j") and mnemonic[1:] in CONDITIONS:
        condition = CONDITIONS[mnemonic[1:]]
        return bytes([0x70 + condition]), bytes([0x0F, 0x80 + condition])
    if mnemonic not in _SHORT_ONLY:
        return None
    opcode, counter = _SHORT_ONLY[mnemonic]
    if (counter and {counter, mode} == {16, 64}) or (counter == 64 and mode == 32):
        raise instruction.complain("KP1020", f"{mnemonic} doesn't exist in {mode}-bit code")
    prefix = b"\x67" if counter not in (0, mode) else b""
    return prefix + bytes([opcode]), b""


def far(instruction: Instruction, operand: Far) -> Chunk:
    """`jmp far selector:offset` and the call like it. Raises Complaint in 64-bit code."""
    mode, place, offset = instruction.mode, instruction.place, operand.offset
    if mode == 64:
        raise instruction.complain(
            "KP1020", f"{instruction.mnemonic} far doesn't exist in 64-bit code",
            "push the selector, push the offset, then retfq",
        )  # fmt: skip
    size = mode // 8
    opcode = b"\xea" if instruction.mnemonic == "jmp" else b"\x9a"
    selector = struct.pack("<H", operand.selector)
    if isinstance(offset, Sum):
        return Chunk(place, opcode + bytes(size) + selector, (Patch(1, size, offset),))
    if not 0 <= offset < 1 << mode:
        raise Complaint(
            "KP1022", f"the far offset {offset:#x} doesn't fit {mode} bits", column=operand.column
        )
    return Chunk(place, opcode + offset.to_bytes(size, "little") + selector)
