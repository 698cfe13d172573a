"""String instructions: movs, cmps, stos, lods, scas, ins and outs, the width as the last letter.

keystone 0.9.2 has no bare movsd, and elsewhere takes the address width from what it guesses. Here
the operands, if there are any, say the address width and nothing else: `rep movsd [edi], [esi]`.
Opcodes: Intel SDM 2, "REP/REPE/REPZ/REPNE/REPNZ".
"""

from __future__ import annotations

from packer.asm.items import Chunk, Instruction
from packer.asm.operands import Memory, Named, Operand
from packer.asm.source import Complaint
from packer.asm.widths import operand_size

# Opcode of the byte form, and which pointers it uses, in operand order: destination, source.
_STRINGS = {
    "movs": (0xA4, "ds"), "cmps": (0xA6, "sd"), "stos": (0xAA, "d"), "lods": (0xAC, "s"),
    "scas": (0xAE, "d"), "ins": (0x6C, "d"), "outs": (0x6E, "s"),
}  # fmt: skip
_BITS = {"b": 8, "w": 16, "d": 32, "q": 64}
_POINTERS = {16: {"d": "di", "s": "si"}, 32: {"d": "edi", "s": "esi"}, 64: {"d": "rdi", "s": "rsi"}}
_COMPARING = ("cmps", "scas")
_REPEATS = {"rep": b"\xf3", "repe": b"\xf3", "repz": b"\xf3", "repne": b"\xf2", "repnz": b"\xf2"}


def string(instruction: Instruction) -> Chunk | None:
    """The instruction's bytes if it is a string instruction. Raises Complaint."""
    mnemonic, mode = instruction.mnemonic, instruction.mode
    if mnemonic in _STRINGS:
        raise instruction.complain(
            "KP1023", f"{mnemonic} doesn't say its width", f"write {mnemonic}b, {mnemonic}w, …"
        )
    stem, bits = mnemonic[:-1], _BITS.get(mnemonic[-1:])
    if stem not in _STRINGS or bits is None:
        return None
    if any(isinstance(operand, Named) for operand in instruction.operands):
        return None  # movsd and cmpsd are SSE instructions too
    opcode, pointers = _STRINGS[stem]
    if bits == 64 and (mode != 64 or stem in ("ins", "outs")):
        raise instruction.complain("KP1020", f"{mnemonic} doesn't exist in {mode}-bit code")
    repeat = _repeat(instruction, comparing=stem in _COMPARING)
    address = b"\x67" if _address_bits(instruction, pointers) != mode else b""
    size = operand_size(bits, mode)
    # REX must stand last; the order of the others is that of GNU as.
    prefixes = address + repeat + size if bits == 64 else address + size + repeat
    return Chunk(instruction.place, prefixes + bytes([opcode + (bits != 8)]))


def _repeat(instruction: Instruction, *, comparing: bool) -> bytes:
    prefix = instruction.prefix
    if not prefix:
        return b""
    if prefix not in _REPEATS or (prefix == "rep") == comparing:
        raise Complaint(
            "KP1023", f"{prefix} doesn't apply to {instruction.mnemonic}",
            "write repe or repne" if comparing else "write rep",
        )  # fmt: skip
    return _REPEATS[prefix]


def _address_bits(instruction: Instruction, pointers: str) -> int:
    if not instruction.operands:
        return instruction.mode
    found = [_pointer(operand) for operand in instruction.operands]
    for bits, names in _POINTERS.items():
        if found == [names[pointer] for pointer in pointers]:
            return bits
    mode = 32 if instruction.mode == 16 else instruction.mode
    example = ", ".join(f"[{_POINTERS[mode][pointer]}]" for pointer in pointers)
    raise Complaint(
        "KP1023", f"{instruction.mnemonic} has fixed operands",
        f"write {instruction.mnemonic} alone, or {instruction.mnemonic} {example} "
        "to say the address width",
        column=instruction.operands[0].column,
    )  # fmt: skip


def _pointer(operand: Operand) -> str:
    """The register of a plain `[register]`, else nothing."""
    if not isinstance(operand, Memory) or operand.segment or operand.bits or operand.index:
        return ""
    return operand.base.name if operand.base and operand.displacement == 0 else ""
