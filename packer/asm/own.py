"""Instructions that this assembler encodes itself instead of asking keystone.

Branches and string instructions have files of their own; here are the forms that keystone 0.9.2
lacks, or gives another operand size than the name says. Opcodes: Intel SDM 2, "Instruction Set
Reference". The tests hold every one of them against GNU as.
"""

from __future__ import annotations

import struct

from packer.asm.branches import branch, far
from packer.asm.expressions import Sum
from packer.asm.items import Branch, Chunk, Instruction, Patch
from packer.asm.operands import Far, Immediate, Named
from packer.asm.registers import words
from packer.asm.source import Complaint
from packer.asm.strings import string
from packer.asm.widths import operand_size, signed

# Instructions without operands: opcode, and operand size or 0 for the mode's own.
_PLAIN = {
    "ret": (b"\xc3", 0), "retf": (b"\xcb", 0), "retfq": (b"\xcb", 64),
    "iret": (b"\xcf", 16), "iretd": (b"\xcf", 32), "iretq": (b"\xcf", 64),
    "pushf": (b"\x9c", 16), "pushfd": (b"\x9c", 32), "pushfq": (b"\x9c", 0),
    "popf": (b"\x9d", 16), "popfd": (b"\x9d", 32), "popfq": (b"\x9d", 0),
    "pusha": (b"\x60", 16), "pushad": (b"\x60", 32), "popa": (b"\x61", 16), "popad": (b"\x61", 32),
    "cbw": (b"\x98", 16), "cwde": (b"\x98", 32), "cdqe": (b"\x98", 64),
    "cwd": (b"\x99", 16), "cdq": (b"\x99", 32), "cqo": (b"\x99", 64),
    "sysretq": (b"\x0f\x07", 64), "sysretd": (b"\x0f\x07", 0),
    "endbr64": (b"\xf3\x0f\x1e\xfa", 0), "endbr32": (b"\xf3\x0f\x1e\xfb", 0),
    "serialize": (b"\x0f\x01\xe8", 0), "setssbsy": (b"\xf3\x0f\x01\xe8", 0),
    "saveprevssp": (b"\xf3\x0f\x01\xea", 0),
}  # fmt: skip
_ONLY_64 = frozenset(words("retfq iretq pushfq popfq cdqe cqo sysretq sysretd"))
_NOT_64 = frozenset(words("pushfd popfd pusha pushad popa popad"))

_PUSH_SEGMENT = {
    "es": b"\x06", "cs": b"\x0e", "ss": b"\x16", "ds": b"\x1e", "fs": b"\x0f\xa0", "gs": b"\x0f\xa8"
}  # fmt: skip
_POP_SEGMENT = {"es": b"\x07", "ss": b"\x17", "ds": b"\x1f", "fs": b"\x0f\xa1", "gs": b"\x0f\xa9"}


def encode(instruction: Instruction) -> Chunk | Branch | None:
    """The instruction's bytes if it is one of ours, else None. Raises Complaint."""
    mnemonic, operands = instruction.mnemonic, instruction.operands
    if found := string(instruction):
        return found
    if instruction.prefix:
        return None
    if not operands:
        return _plain(instruction) if mnemonic in _PLAIN else None
    if len(operands) > 1:
        return None
    operand = operands[0]
    if isinstance(operand, Far) and mnemonic in ("jmp", "call"):
        return far(instruction, operand)
    if isinstance(operand, Named) and mnemonic in ("push", "pop"):
        return _segment(instruction, operand)
    if isinstance(operand, Immediate) and mnemonic == "push":
        return _push(instruction, operand)
    if isinstance(operand, Immediate) and mnemonic in ("ret", "retf"):
        return _return(instruction, operand)
    return branch(instruction, operand) if isinstance(operand, Immediate) else None


def _plain(instruction: Instruction) -> Chunk:
    mnemonic, mode = instruction.mnemonic, instruction.mode
    if (mnemonic in _ONLY_64 and mode != 64) or (mnemonic in _NOT_64 and mode == 64):
        raise instruction.complain("KP1020", f"{mnemonic} doesn't exist in {mode}-bit code")
    opcode, bits = _PLAIN[mnemonic]
    return Chunk(instruction.place, operand_size(bits, mode) + opcode)


def _push(instruction: Instruction, operand: Immediate) -> Chunk:
    mode, place, value = instruction.mode, instruction.place, operand.value
    bits = 16 if mode == 16 else 32
    if isinstance(value, Sum):
        return Chunk(
            place, b"\x68" + bytes(bits // 8), (Patch(1, bits // 8, value, signed=mode == 64),)
        )
    value = signed(value, mode)
    if -0x80 <= value < 0x80:
        return Chunk(place, b"\x6a" + struct.pack("<b", value))
    if not -(1 << bits - 1) <= value < 1 << bits - 1:
        raise Complaint(
            "KP1022", f"{operand.value:#x} doesn't fit the {bits}-bit immediate of push",
            "load it into a register with mov and push that", column=operand.column,
        )  # fmt: skip
    return Chunk(place, b"\x68" + value.to_bytes(bits // 8, "little", signed=True))


def _return(instruction: Instruction, operand: Immediate) -> Chunk:
    count = operand.value
    if isinstance(count, Sum) or not 0 <= count <= 0xFFFF:
        raise Complaint(
            "KP1022", f"{instruction.mnemonic} drops 0 to 65535 bytes", column=operand.column
        )
    opcode = b"\xc2" if instruction.mnemonic == "ret" else b"\xca"
    return Chunk(instruction.place, opcode + struct.pack("<H", count))


def _segment(instruction: Instruction, operand: Named) -> Chunk | None:
    if operand.register.kind != "segment":
        return None
    name, mnemonic = operand.register.name, instruction.mnemonic
    opcodes = _PUSH_SEGMENT if mnemonic == "push" else _POP_SEGMENT
    if name not in opcodes:
        raise instruction.complain("KP1020", "pop cs doesn't exist", "load cs with a far jump")
    if instruction.mode == 64 and name not in ("fs", "gs"):
        raise instruction.complain(
            "KP1020",
            f"{mnemonic} {name} doesn't exist in 64-bit code",
            "move it through a register",
        )
    return Chunk(instruction.place, opcodes[name])
