"""What a conditional jump's two ways tell of the values that were compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from packer.flow.state import Compared, Fact, State
from packer.flow.values import CPUID, Known, Value, most

OPPOSITE = {
    "je": "jne", "jne": "je", "jb": "jae",
    "jae": "jb", "ja": "jbe", "jbe": "ja",
}  # fmt: skip
CONDITIONS: Mapping[str, Callable[[int, int], bool]] = {
    "je": lambda left, right: left == right,
    "jne": lambda left, right: left != right,
    "jb": lambda left, right: left < right,
    "jae": lambda left, right: left >= right,
    "ja": lambda left, right: left > right,
    "jbe": lambda left, right: left <= right,
}


def taken(state: State, mnemonic: str, *, jumps: bool) -> bool:
    """Follows a conditional jump on one way; False when it cannot be taken from this state."""
    flags = state.flags
    if flags is None or mnemonic not in OPPOSITE:
        return True
    condition = mnemonic if jumps else OPPOSITE[mnemonic]
    if flags.kind == "test":
        return _tested(state, flags, condition)
    left, right = flags.left, flags.right
    if isinstance(left, int) and isinstance(right, int):
        full = (1 << 8 * flags.size) - 1
        return CONDITIONS[condition](left & full, right & full)
    if isinstance(left, Value) and isinstance(right, int):
        return _compared(state, left, right & (1 << 8 * flags.size) - 1, flags.size, condition)
    return True


def _compared(state: State, left: Value, right: int, size: int, condition: str) -> bool:
    if left.may >> 8 * size:
        return True  # only a part of it was compared
    if left.name.startswith(CPUID):
        _answered(state, left, right, condition)
    if condition == "je":
        state.learn(left, right)
        return right & ~left.may == 0 and right <= left.most
    limit = {"jb": right - 1, "jbe": right}.get(condition)
    if limit is not None:
        if limit < 0:
            return False
        state.learn(left, left._replace(most=min(left.most, limit)))
        return True
    return not (condition == "ja" and left.most <= right) and not (
        condition == "jae" and left.most < right
    )


def _tested(state: State, flags: Compared, condition: str) -> bool:
    left, right = flags.left, flags.right
    if isinstance(left, int) and isinstance(right, int):
        return CONDITIONS[condition](left & right & (1 << 8 * flags.size) - 1, 0)
    if condition not in ("je", "jne"):
        return True
    if left == right and isinstance(left, Value):
        if condition == "je" and not left.may >> 8 * flags.size:
            state.learn(left, 0)
        return condition == "je" or most(left) > 0
    if isinstance(left, Value) and isinstance(right, int) and condition == "jne":
        bits = right & left.may
        if left.name.startswith(CPUID) and bits and not bits & (bits - 1):
            _, leaf, _, register = left.name.split(":")
            state.know(Fact(int(leaf, 16), register, bits.bit_length() - 1))
        return bits != 0
    return True


def _answered(state: State, left: Value, right: int, condition: str) -> None:
    """CPUID's answer compared with a number: a leaf that there is, or all bits of a mask."""
    _, leaf, _, register = left.name.split(":")
    number = int(leaf, 16)
    if register == "rax" and number & 0x7FFF_FFFF == 0:
        highest = {"jae": right, "ja": right + 1, "je": right}.get(condition)
        if highest is not None:
            state.know(Fact(number, "leaf", highest))
    elif condition == "je":
        bits = (bit for bit in range(32) if right & left.may >> 0 & 1 << bit)
        state.know(*(Fact(number, register, bit) for bit in bits))


def has_leaf(facts: frozenset[Fact], leaf: int) -> bool:
    """Whether CPUID has said that it has this leaf. The first two are on every 64-bit processor."""
    first = leaf & 0x8000_0000
    return leaf in (0, 1) or any(
        fact.register == "leaf" and fact.leaf == first and fact.bit >= leaf for fact in facts
    )


def known(value: Known) -> bool:
    return isinstance(value, int)
