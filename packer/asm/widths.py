"""Widths: the prefix that chooses one, and numbers that wrap at one."""

from __future__ import annotations


def operand_size(bits: int, mode: int) -> bytes:
    """What makes an operand `bits` bits wide in code of `mode` bits; 8 and 0 need nothing."""
    if bits == 64:
        return b"\x48"  # REX.W
    if bits in (16, 32) and (bits == 16) != (mode == 16):
        return b"\x66"
    return b""


def signed(value: int, bits: int) -> int:
    """An unsigned value of `bits` bits as the signed one with the same bits; others unchanged."""
    return value - (1 << bits) if 1 << bits - 1 <= value < 1 << bits else value
