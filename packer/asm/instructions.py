"""Bytes to instructions, with operands in plain numbers and names. capstone reads them."""

from __future__ import annotations

import functools
from typing import NamedTuple

import capstone  # type: ignore[import-untyped]
from capstone import x86

WIDTHS: dict[str, tuple[str, int]] = {}
"""Every general register by name: the 64-bit register that it is part of, and its bytes."""

for _name in ("ax", "bx", "cx", "dx"):
    WIDTHS |= {f"r{_name}": (f"r{_name}", 8), f"e{_name}": (f"r{_name}", 4)}
    WIDTHS |= {_name: (f"r{_name}", 2), f"{_name[0]}l": (f"r{_name}", 1)}
    WIDTHS |= {f"{_name[0]}h": (f"r{_name}", 0)}  # 0: the second byte
for _name in ("si", "di", "bp", "sp"):
    WIDTHS |= {f"r{_name}": (f"r{_name}", 8), f"e{_name}": (f"r{_name}", 4)}
    WIDTHS |= {_name: (f"r{_name}", 2), f"{_name}l": (f"r{_name}", 1)}
for _number in range(8, 16):
    for _suffix, _bytes in (("", 8), ("d", 4), ("w", 2), ("b", 1)):
        WIDTHS[f"r{_number}{_suffix}"] = (f"r{_number}", _bytes)


class Register(NamedTuple):
    """`whole` is the 64-bit register; `size` the bytes named, 0 for AH, BH, CH and DH."""

    name: str
    whole: str
    size: int


class Memory(NamedTuple):
    """`base` and `scaled` (by `scale`) are 64-bit registers or "". Of [rip + n] the base is "" and
    `disp` the address.
    """

    base: str
    scaled: str
    scale: int
    disp: int
    size: int
    segment: str


Operand = Register | Memory | int
"""An int is an immediate, negative where its sign was extended, or a jump's target."""
ADDRESSES = (1 << 64) - 1


class Instruction(NamedTuple):
    address: int
    size: int
    mnemonic: str
    operands: tuple[Operand, ...]
    writes: tuple[str, ...]
    """Whole general registers that it may change, whether named or not."""
    text: str
    prefix: str

    @property
    def end(self) -> int:
        return self.address + self.size


MODES = {16: capstone.CS_MODE_16, 32: capstone.CS_MODE_32, 64: capstone.CS_MODE_64}


@functools.cache
def _decoder(mode: int) -> capstone.Cs:
    decoder = capstone.Cs(capstone.CS_ARCH_X86, MODES[mode])
    decoder.detail = True
    return decoder


def decode(code: bytes, offset: int, address: int, mode: int = 64) -> Instruction | None:
    """The instruction at `offset` of the code, which is at `address`; None if there is none."""
    for found in _decoder(mode).disasm(code[offset : offset + 15], address, 1):
        return _plain(found, mode)
    return None


def _plain(found: capstone.CsInsn, mode: int) -> Instruction:
    operands = tuple(_operand(found, operand) for operand in found.operands)
    _, written = found.regs_access()
    names = (found.reg_name(number) for number in written)
    writes = tuple(dict.fromkeys(WIDTHS[name][0] for name in names if name in WIDTHS))
    prefix, _, mnemonic = found.mnemonic.rpartition(" ")
    text = f"{found.mnemonic} {found.op_str}".strip()
    return Instruction(found.address, found.size, mnemonic, operands, writes, text, prefix)


def _operand(found: capstone.CsInsn, operand: x86.X86Op) -> Operand:
    if operand.type == x86.X86_OP_IMM:
        goes = found.mnemonic[0] == "j" or found.mnemonic in ("call", "loop", "loope", "loopne")
        return int(operand.imm) & (ADDRESSES if goes else -1)
    if operand.type == x86.X86_OP_REG:
        name = found.reg_name(operand.reg)
        return Register(name, *WIDTHS.get(name, (name, operand.size)))
    memory = operand.mem
    base = found.reg_name(memory.base) if memory.base else ""
    index = found.reg_name(memory.index) if memory.index else ""
    segment = found.reg_name(memory.segment) if memory.segment else ""
    disp = memory.disp
    if base == "rip":
        base, disp = "", found.address + found.size + disp
    return Memory(_whole(base), _whole(index), memory.scale, disp, operand.size, segment)


def _whole(name: str) -> str:
    return WIDTHS[name][0] if name in WIDTHS else name
