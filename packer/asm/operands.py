"""Operands: registers, immediates, memory and far pointers.

A memory operand is folded to segment:[base + index*scale + displacement]. What the hardware can't
address is refused here; keystone would drop the part that it doesn't like.
"""

from __future__ import annotations

from dataclasses import dataclass

from packer.asm.expressions import Cursor, Scope, Sum, Value, expression, unexpected
from packer.asm.registers import REGISTERS, SIZES, Register
from packer.asm.source import Complaint


@dataclass(frozen=True, slots=True)
class Immediate:
    value: Value
    column: int


@dataclass(frozen=True, slots=True)
class Memory:
    """`bits` is the stated width (0: none); `displacement` is a number or a Sum of symbols.

    `address_bits` is the width of the address computation; `rip` says that the displacement counts
    from the end of the instruction.
    """

    bits: int
    segment: str
    base: Register | None
    index: Register | None
    scale: int
    displacement: Value
    address_bits: int
    rip: bool
    column: int


@dataclass(frozen=True, slots=True)
class Named:
    """A register as an operand."""

    register: Register
    column: int


@dataclass(frozen=True, slots=True)
class Far:
    """A far pointer, `far selector:offset`."""

    selector: int
    offset: Value
    column: int


Operand = Immediate | Memory | Named | Far


def operands(cursor: Cursor, scope: Scope, mode: int) -> tuple[Operand, ...]:
    """Read the operands up to the end of the line. `mode` is 16, 32 or 64."""
    if cursor.next.kind == "end":
        return ()
    found = [_operand(cursor, scope, mode)]
    while cursor.accept(","):
        found.append(_operand(cursor, scope, mode))
    cursor.expect("end", "an operand ends here: a comma or the end of the line belongs here")
    return tuple(found)


def _operand(cursor: Cursor, scope: Scope, mode: int) -> Operand:
    token = cursor.next
    if token.kind == "[":
        return _memory(cursor, scope, mode, 0, "")
    if token.kind == "name":
        register = REGISTERS.get(token.text)
        if register is not None:
            cursor.take()
            if register.kind == "segment" and cursor.accept(":"):
                return _memory(cursor, scope, mode, 0, register.name)
            return Named(register, token.column)
        if token.text in SIZES:
            return _sized(cursor, scope, mode)
        if token.text == "far":
            return _far(cursor, scope)
        if token.text in ("short", "near"):
            raise token.complain(
                "KP1010", f"{token.text} is not needed", "the assembler picks the shortest jump"
            )
    value = expression(cursor, scope)
    if cursor.next.kind == ":":
        raise cursor.next.complain(
            "KP1004", "a far pointer needs far", "write jmp far selector:offset"
        )
    if cursor.next.kind == "[":
        raise cursor.next.complain(
            "KP1004", "a bracket can't follow a number", "write the sum inside: [rax + table]"
        )
    return Immediate(value, token.column)


def _sized(cursor: Cursor, scope: Scope, mode: int) -> Memory:
    size = cursor.take()
    if not cursor.accept_word("ptr"):
        raise size.complain("KP1004", f"{size.text} without ptr", f"write {size.text} ptr […]")
    segment = REGISTERS.get(cursor.next.text)
    if segment is not None and segment.kind == "segment":
        cursor.take()
        cursor.expect(":", "a segment register is followed by a colon")
    elif cursor.next.kind != "[":
        raise unexpected(cursor.next, f"{size.text} ptr is followed by brackets")
    return _memory(cursor, scope, mode, SIZES[size.text], segment.name if segment else "")


def _far(cursor: Cursor, scope: Scope) -> Far:
    column = cursor.take().column
    selector = expression(cursor, scope)
    if isinstance(selector, Sum) or not 0 <= selector <= 0xFFFF:
        unknown = selector.symbols() if isinstance(selector, Sum) else ()
        raise Complaint(
            "KP1005", "a selector is a number from 0 to 0xffff",
            column=column, length=3, unknown=unknown,
        )  # fmt: skip
    cursor.expect(":", "a far pointer is written far selector:offset")
    return Far(selector, expression(cursor, scope), column)


def _memory(cursor: Cursor, scope: Scope, mode: int, bits: int, segment: str) -> Memory:
    bracket = cursor.expect("[", "memory is written in brackets")
    column = bracket.column
    if (inner := REGISTERS.get(cursor.next.text)) and inner.kind == "segment":
        raise cursor.next.complain(
            "KP1011", "the segment stands before the bracket", f"write {inner.name}:[…]"
        )
    address = expression(cursor, scope, registers=True)
    cursor.expect("]", "the bracket is still open")
    try:
        return _fold(address, mode, bits, segment, column)
    except Complaint as complaint:
        complaint.column = complaint.column or column
        complaint.length = cursor.tokens[cursor.position - 1].column - complaint.column + 1
        raise


def _fold(address: Value, mode: int, bits: int, segment: str, column: int) -> Memory:
    """Split an address into base, index, scale and displacement."""
    if not isinstance(address, Sum):
        return Memory(bits, segment, None, None, 1, address, mode, False, column)
    found = address.registers()
    symbols = address.symbols()
    displacement = Sum(address.constant, symbols, address.column) if symbols else address.constant
    if any(register.kind == "pointer" for register in found):
        _check_rip(found, displacement, mode)
        return Memory(bits, segment, None, None, 1, displacement, 64, True, column)
    if not found and mode == 64:
        name = next(iter(symbols))
        raise Complaint(
            "KP1012", f"[{name}] is an absolute address, which moves with the layout",
            f"write [rip + {name}]",
        )  # fmt: skip
    width = _address_bits(found, mode)
    if not found:
        return Memory(bits, segment, None, None, 1, displacement, width, False, column)
    base, index, scale = _pair(found) if width != 16 else _pair16(found)
    return Memory(bits, segment, base, index, scale, displacement, width, False, column)


def _check_rip(found: dict[Register, int], displacement: Value, mode: int) -> None:
    names = [register.name for register in found]
    if mode != 64 or "eip" in names:
        raise Complaint("KP1012", "addresses relative to rip exist in 64-bit code only")
    if len(found) > 1:
        other = next(name for name in names if name != "rip")
        raise Complaint(
            "KP1012", f"rip can't be combined with {other}",
            "load the address first: lea rcx, [rip + table], then [rcx + rax*8]; "
            "or absolute: [rax*8 + table]",
        )  # fmt: skip
    if found[next(iter(found))] != 1 or not isinstance(displacement, Sum):
        raise Complaint("KP1012", "what lies there has no name", "write [rip + label]")


def _address_bits(found: dict[Register, int], mode: int) -> int:
    """The one width of the address registers, which must suit the mode."""
    if not found:
        return mode
    for register in found:
        if register.kind != "general" or register.bits not in (16, 32, 64):
            raise Complaint("KP1012", f"{register.name} can't hold an address")
    widths = {register.bits for register in found}
    if len(widths) > 1:
        first, second = list(found)[:2]
        raise Complaint("KP1012", f"{first.name} and {second.name} differ in width")
    (width,) = widths
    suitable = {16: (16, 32), 32: (32,), 64: (64,)}[mode]
    if width not in suitable:
        name = next(iter(found)).name
        raise Complaint(
            "KP1012", f"{mode}-bit code doesn't address through {name}",
            f"use {' or '.join(str(bits) for bits in suitable)}-bit registers",
        )  # fmt: skip
    return width


def _pair(found: dict[Register, int]) -> tuple[Register | None, Register | None, int]:
    """base, index and scale of 32- and 64-bit addresses."""
    if len(found) > 2:
        raise Complaint(
            "KP1012", "an address has at most two registers", "add them up with lea first"
        )
    if len(found) == 1:
        ((register, factor),) = found.items()
        if factor == 1:
            return register, None, 1
        # 3, 5 and 9 times are the register plus 2, 4 and 8 times itself. So is 2 times, and four
        # bytes shorter than an index without a base; but ebp as a base would mean ss.
        double = factor == 2 and register.number != 5
        base = register if double or factor in (3, 5, 9) else None
        return base, _index(register), _scale(register, factor - (base is not None))
    (base, first), (index, second) = found.items()
    if first != 1 or (second == 1 and index.number == 4 and base.number != 4):
        # One register may be scaled; the stack pointer may not be, so it becomes the base.
        (base, first), (index, second) = (index, second), (base, first)
    if first != 1:
        raise Complaint("KP1012", "only one register can be scaled", "shift the other one first")
    return base, _index(index), _scale(index, second)


def _index(register: Register) -> Register:
    if register.number == 4:
        raise Complaint("KP1012", f"{register.name} can't be scaled", "copy it to another register")
    return register


def _scale(register: Register, factor: int) -> int:
    if factor not in (1, 2, 4, 8):
        raise Complaint(
            "KP1012", f"{register.name} times {factor}", "an index is scaled by 1, 2, 4 or 8"
        )
    return factor


def _pair16(found: dict[Register, int]) -> tuple[Register | None, Register | None, int]:
    """base and index of 16-bit addresses: bx or bp, si or di, no scale."""
    bases = [register for register in found if register.name in ("bx", "bp")]
    indexes = [register for register in found if register.name in ("si", "di")]
    if len(bases) + len(indexes) != len(found) or len(bases) > 1 or len(indexes) > 1:
        names = " + ".join(register.name for register in found)
        raise Complaint("KP1012", f"[{names}] doesn't exist", "16-bit addresses: (bx|bp) + (si|di)")
    if any(factor != 1 for factor in found.values()):
        raise Complaint("KP1012", "16-bit addresses have no scale", "use 32-bit registers")
    if not bases:
        return indexes[0], None, 1
    return bases[0], next(iter(indexes), None), 1
