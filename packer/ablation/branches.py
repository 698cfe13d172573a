"""Conditions: every jump, move and set of a byte that depends on flags.

A jump that guards is left out by never going where the error is. Any other condition is tried both
ways, never true and always true, for it may guard in a way that no rule sees.
"""

from __future__ import annotations

from collections.abc import Iterator

from packer.ablation.flow import Flow, is_conditional
from packer.ablation.guard import Edit, Guard
from packer.ablation.listing import Coded, Listing

WAYS = {"never": "as if its condition were false", "always": "as if its condition were true"}
NOP = 0x90
IGNORED = 0x3E
"""A segment prefix, which no jump heeds, nor data in a flat segment. With it one instruction is as
long as the one whose place it takes: counts of instructions then show nothing but what is missing.
"""
NOPS = {
    1: "90", 2: "6690", 3: "0f1f00", 4: "0f1f4000", 5: "0f1f440000", 6: "660f1f440000",
    7: "0f1f8000000000", 8: "0f1f840000000000", 9: "660f1f840000000000",
}  # fmt: skip
"""By length, one instruction each, in 32- and 64-bit code. SDM 2, "NOP"."""
JMP_SHORT, JMP_NEAR = 0xEB, 0xE9
TWO_BYTES = 0x0F
MOV_REGISTER, MOV_BYTE = 0x8B, 0xC6


def guards(listing: Listing) -> Iterator[Guard]:
    """Of one unit, in address order: `branch:` those that guard, `flow:` all others."""
    flow = Flow(listing)
    for number, code in enumerate(listing.codes):
        if is_conditional(code):
            target = listing.at_label(code.target)
            there = "" if target is None else listing.codes[target].name
            behind = listing.codes[number + 1].name if number + 1 < len(listing.codes) else ""
            yield from _of_jump(listing, code, flow.sides(number), (there, behind))
        elif code.source.mnemonic.startswith(("cmov", "set")):
            yield from _both(listing, code, ("", ""))


def _of_jump(
    listing: Listing, code: Coded, errors: tuple[str, str], sides: tuple[str, str]
) -> Iterator[Guard]:
    part = listing.unit.name
    name = f"branch:{code.name}"
    (jumping, falling), (there, behind) = errors, sides
    if jumping and not falling:
        edit = Edit(part, code.offset, never(code.code, code.source.mode))
        yield Guard(name, f"never jumps: {jumping}", (edit,), code.name, there)
    elif falling and not jumping:
        edit = Edit(part, code.offset, always(code.code, code.source.mode))
        yield Guard(name, f"always jumps: {falling}", (edit,), code.name, behind)
    else:
        yield from _both(listing, code, sides)


def _both(listing: Listing, code: Coded, sides: tuple[str, str]) -> Iterator[Guard]:
    ways = (("never", never), ("always", always))
    for (way, change), side in zip(ways, sides, strict=True):
        edit = Edit(listing.unit.name, code.offset, change(code.code, code.source.mode))
        yield Guard(f"flow:{code.name}:{way}", WAYS[way], (edit,), code.name, side)


def never(code: bytes, mode: int) -> bytes:
    """The instruction with its condition false: a NOP; of SETcc, a move of 0."""
    return _set(code, 0) or nop(len(code), mode)


def nop(size: int, mode: int) -> bytes:
    """So many bytes that do nothing, in as few instructions as there can be."""
    if mode == 16 or not size:
        return bytes([NOP]) * size
    longest = min(size, max(NOPS))
    return bytes.fromhex(NOPS[longest]) + nop(size - longest, mode)


def always(code: bytes, mode: int) -> bytes:
    """The instruction with its condition true, in as many bytes. SDM 2, Jcc, CMOVcc, SETcc."""
    at = _opcode(code)
    first = code[at]
    if 0x70 <= first <= 0x7F or 0xE0 <= first <= 0xE3:
        return nop(at, mode) + bytes([JMP_SHORT]) + code[at + 1 :]
    second = code[at + 1]
    if first == TWO_BYTES and 0x80 <= second <= 0x8F:
        return bytes([IGNORED]) + code[:at] + bytes([JMP_NEAR]) + code[at + 2 :]
    if first == TWO_BYTES and 0x40 <= second <= 0x4F:
        return bytes([IGNORED]) + code[:at] + bytes([MOV_REGISTER]) + code[at + 2 :]
    changed = _set(code, 1)
    if changed is None:
        raise ValueError(f"{code.hex(' ')} depends on no condition")
    return changed


def _set(code: bytes, value: int) -> bytes | None:
    """MOV of the value in the place of SETcc: its immediate takes the second opcode byte's room."""
    at = _opcode(code)
    if code[at] != TWO_BYTES or not 0x90 <= code[at + 1] <= 0x9F:
        return None
    return code[:at] + bytes([MOV_BYTE]) + code[at + 2 :] + bytes([value])


def _opcode(code: bytes) -> int:
    """Where the opcode begins: behind operand-size, address-size and REX prefixes.

    In 16- and 32-bit code 40 to 4F are no prefixes but instructions, none of them conditional.
    """
    at = 0
    while code[at] in (0x66, 0x67) or 0x40 <= code[at] <= 0x4F:
        at += 1
    return at
