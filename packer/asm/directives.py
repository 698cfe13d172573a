"""Directives: data, padding and modes. All others are refused with what to write instead."""

from __future__ import annotations

from packer.asm.expressions import Cursor, Mask, Scope, Sum, constant, expression, unexpected
from packer.asm.items import Align, Chunk, Item, Org, Patch
from packer.asm.lexer import Token, octets
from packer.asm.source import Complaint, Place, did_you_mean

MODES = {".code16": 16, ".code32": 32, ".code64": 64}
_WIDTHS = {".byte": 1, ".word": 2, ".long": 4, ".quad": 8}
NAMES = frozenset({*MODES, *_WIDTHS, ".ascii", ".asciz", ".align", ".org", ".zero"})

# A unit is an image's part; more than this is a slip.
_LARGEST = 1 << 24

_PYTHON = "repetition and conditions are Python's job: generate the source"
_FLAT = "a unit has no sections: its place is said by whoever assembles it"
_PUBLIC = "every label is public, and other names are symbols from elsewhere: leave it out"
_CONST = "write const NAME = expression"
_ORG = "write .zero with a number, or .org with an offset from the start of the unit"
_ADDRESS = "the operands say the address width: rep movsd [edi], [esi]"
_OPERAND = "the operands or the name say the width: pushfd, iretd"
_ELSEWHERE = {
    **dict.fromkeys((".section", ".text", ".data", ".bss", ".pushsection", ".popsection"), _FLAT),
    **dict.fromkeys((".macro", ".rept", ".irp", ".irpc", ".if", ".ifdef", ".include"), _PYTHON),
    **dict.fromkeys((".global", ".globl", ".extern", ".weak", ".local", ".type"), _PUBLIC),
    **dict.fromkeys((".set", ".equ", ".equiv"), _CONST),
    **dict.fromkeys((".space", ".skip", ".fill"), _ORG),
    **dict.fromkeys((".balign", ".p2align"), "write .align with the boundary in bytes"),
    **dict.fromkeys((".string", ".string8"), "write .asciz"),
    **dict.fromkeys((".short", ".hword", ".2byte", ".value"), "write .word"),
    **dict.fromkeys((".int", ".4byte", ".dword"), "write .long"),
    **dict.fromkeys((".8byte", ".octa"), "write .quad"),
    **dict.fromkeys(
        (".intel_syntax", ".att_syntax", ".syntax"), "the dialect is Intel's: leave it out"
    ),
}
# The same for words of other assemblers that open a statement without a dot.
FOREIGN = {
    "db": "write .byte", "dw": "write .word", "dd": "write .long", "dq": "write .quad",
    "bits": "write .code16, .code32 or .code64", "use16": "write .code16", "use32": "write .code32",
    "org": "write .org", "align": "write .align", "equ": _CONST, "section": _FLAT, "segment": _FLAT,
    "global": _PUBLIC, "extern": _PUBLIC, "times": _ORG, "resb": _ORG, "resw": _ORG, "resq": _ORG,
    "rex": "the assembler picks prefixes",
    "addr32": _ADDRESS, "a32": _ADDRESS, "a16": _ADDRESS, "data16": _OPERAND, "data32": _OPERAND,
    "o16": _OPERAND, "o32": _OPERAND,
}  # fmt: skip


def read(token: Token, cursor: Cursor, place: Place, scope: Scope, mode: int) -> Item:
    """Read the arguments of the directive `token`; `mode` chooses the NOPs of .align."""
    name = token.text
    if name in _WIDTHS:
        return _numbers(cursor, place, scope, _WIDTHS[name])
    if name in (".ascii", ".asciz"):
        return _strings(cursor, place, terminated=name == ".asciz")
    if name == ".align":
        boundary = _argument(cursor, scope, name)
        if boundary < 1 or boundary & boundary - 1 or boundary > 4096:
            raise _range(token, f".align {boundary}", "a boundary is a power of two up to 4096")
        return Align(place, boundary, mode)
    if name == ".org":
        return Org(place, _sized(token, _argument(cursor, scope, name)))
    if name == ".zero":
        return Chunk(place, bytes(_sized(token, _argument(cursor, scope, name))), is_data=True)
    raise token.complain(
        "KP1013", f"unknown directive {name}",
        _ELSEWHERE.get(name) or did_you_mean(name, NAMES) or "local labels end with a colon",
    )  # fmt: skip


def _argument(cursor: Cursor, scope: Scope, name: str) -> int:
    value = constant(cursor, scope, f"the argument of {name}")
    cursor.expect("end", f"{name} takes one number")
    return value


def _sized(token: Token, value: int) -> int:
    if not 0 <= value <= _LARGEST:
        raise _range(token, f"{token.text} {value}", f"from 0 to {_LARGEST}")
    return value


def _range(token: Token, what: str, allowed: str) -> Complaint:
    return token.complain("KP1015", f"{what} is out of range", allowed)


def _numbers(cursor: Cursor, place: Place, scope: Scope, size: int) -> Chunk:
    """`.word 1, label - 2`: each number has `size` bytes, little-endian."""
    data, patches = bytearray(), []
    while True:
        start = cursor.next
        if start.kind == "string":
            raise start.complain("KP1004", "a string is not a number", "write .ascii or .asciz")
        value = expression(cursor, scope)
        if isinstance(value, Sum):
            patches.append(Patch(len(data), size, value))
            data += bytes(size)
        else:
            data += _number(start, value, size)
        if not cursor.accept(","):
            break
    cursor.expect("end", "a comma or the end of the line belongs here")
    return Chunk(place, bytes(data), tuple(patches), is_data=True)


def _number(start: Token, value: int, size: int) -> bytes:
    bits = 8 * size
    lowest = -(1 << bits) if isinstance(value, Mask) else -(1 << bits - 1)
    if not lowest <= value < 1 << bits:
        raise start.complain("KP1022", f"{value:#x} doesn't fit {bits} bits")
    return (value % (1 << bits)).to_bytes(size, "little")


def _strings(cursor: Cursor, place: Place, *, terminated: bool) -> Chunk:
    data = bytearray()
    while True:
        token = cursor.next
        if token.kind != "string":
            raise unexpected(token, "a string in double quotes belongs here")
        data += octets(cursor.take()) + bytes(terminated)
        if not cursor.accept(","):
            break
    cursor.expect("end", "a comma or the end of the line belongs here")
    return Chunk(place, bytes(data), is_data=True)
