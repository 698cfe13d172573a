"""Whether keystone did what the source says: its bytes, read back by capstone.

This is the last wall. Forms known to go wrong are refused with advice before (forms.py).
"""

from __future__ import annotations

from packer.asm import worker
from packer.asm.branches import CONDITIONS
from packer.asm.expressions import Value
from packer.asm.fold import Folded
from packer.asm.items import Instruction
from packer.asm.operands import Immediate, Memory, Named, Operand
from packer.asm.source import Complaint


def _condition_aliases() -> dict[str, str]:
    first: dict[int, str] = {}
    for name, number in CONDITIONS.items():
        first.setdefault(number, name)
    return {
        f"{stem}{name}": f"{stem}{first[number]}"
        for name, number in CONDITIONS.items()
        for stem in ("set", "cmov")
    }


# capstone's names for what the source may call otherwise.
_ALIASES = _condition_aliases() | {"sal": "shl", "xlatb": "xlat", "fwait": "wait", "movabs": "mov"}
_COMMUTATIVE = ("test", "xchg")

# Default segments, which an override may repeat: keystone leaves the prefix out.
_STACK = ("bp", "sp", "ebp", "esp")


def agree(instruction: Instruction, folded: Folded, reply: worker.Reply) -> worker.Decoded:
    """The one instruction that capstone reads, if it is the one meant. Raises Complaint."""
    if isinstance(reply, str):
        raise _refused(instruction, reply)
    code, decoded = reply
    if len(decoded) != 1 or decoded[0][0] != len(code):
        raise _wrong(instruction, code, "which is not one instruction")
    _, mnemonic, operands, *_ = found = decoded[0]
    name = mnemonic.rsplit(" ", 1)[-1]
    wanted = instruction.mnemonic
    if _ALIASES.get(wanted, wanted) != _ALIASES.get(name, name) and not _far_jump(wanted, name):
        raise _wrong(instruction, code, f"which is {mnemonic}")
    if instruction.prefix and not mnemonic.startswith(instruction.prefix + " "):
        raise _wrong(instruction, code, f"which has no {instruction.prefix}")
    if folded.operands and not _same(wanted, folded.operands, operands):
        raise _wrong(instruction, code, f"whose operands are {_shown(operands)}")
    return found


def _far_jump(wanted: str, name: str) -> bool:
    return wanted in ("jmp", "call") and name == "l" + wanted


def _refused(instruction: Instruction, error: str) -> Complaint:
    length = len(instruction.mnemonic)
    if "MNEMONICFAIL" in error:
        return Complaint(
            "KP1030", f"unknown instruction {instruction.mnemonic}", "emit others with .byte",
            column=instruction.column, length=length,
        )  # fmt: skip
    if "KS_ERR" in error:
        return Complaint(
            "KP1031", f"{instruction.mnemonic} doesn't take these operands in "
            f"{instruction.mode}-bit code",
            f"keystone: {error}", column=instruction.column, length=length,
        )  # fmt: skip
    return Complaint("KP1033", error, "this is a fault of keystone: emit the bytes with .byte")


def _wrong(instruction: Instruction, code: bytes, what: str) -> Complaint:
    return Complaint(
        "KP1032", f"keystone made {code.hex(' ') or 'nothing'} of it, {what}",
        "this is a fault of keystone: choose another form, or emit the bytes with .byte",
    )  # fmt: skip


def _same(mnemonic: str, wanted: tuple[Operand, ...], found: list[worker.Operand]) -> bool:
    if len(wanted) != len(found):
        return False
    if all(map(_matches, wanted, found)):
        return True
    return mnemonic in _COMMUTATIVE and all(map(_matches, wanted, reversed(found)))


def _matches(wanted: Operand, found: worker.Operand) -> bool:
    kind, _, name, _, _, value, size = found
    if isinstance(wanted, Named):
        return kind == "reg" and name == wanted.register.name
    if isinstance(wanted, Immediate):
        # To capstone the 1 of a shift by one has no size.
        return kind == "imm" and _number(wanted.value, value, 8 * size or 8)
    return kind == "mem" and isinstance(wanted, Memory) and _memory(wanted, found)


def _number(wanted: Value, found: int, bits: int) -> bool:
    assert isinstance(wanted, int)
    fits = -(1 << bits - 1) <= wanted < 1 << bits
    return fits and (wanted - found) % (1 << bits) == 0


def _memory(wanted: Memory, found: worker.Operand) -> bool:
    _, segment, base, index, scale, displacement, size = found
    base_name = "rip" if wanted.rip else wanted.base.name if wanted.base else ""
    index_name = wanted.index.name if wanted.index else ""
    if (base_name, index_name) != (base, index) or (index_name and scale != wanted.scale):
        return False
    default = "ss" if base_name in _STACK else "ds"
    if segment != wanted.segment and not (segment == "" and wanted.segment == default):
        return False
    # capstone gives far pointers in memory (48 bits) various sizes; the mnemonic tells them.
    if wanted.bits not in (0, 48, 8 * size):
        return False
    assert isinstance(wanted.displacement, int)
    return (wanted.displacement - displacement) % (1 << wanted.address_bits) == 0


def _shown(operands: list[worker.Operand]) -> str:
    return ", ".join(_shown_operand(*operand) for operand in operands) or "none"


def _shown_operand(
    kind: str, segment: str, base: str, index: str, scale: int, value: int, size: int
) -> str:
    if kind == "reg":
        return base
    if kind == "imm":
        return f"{value:#x}"
    terms = [base] if base else []
    if index:
        terms.append(f"{index}*{scale}")
    terms.append(f"{value:#x}")
    return f"{8 * size} bits at {segment + ':' if segment else ''}[{' + '.join(terms)}]"
