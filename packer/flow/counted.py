"""Loops whose bound the code shows: a register counts down to 0 or up to a number, once in each
round.

Down: `dec R; jnz` with a known number in R at first, `dec R; jns` with one that is known not to be
above some; up: `inc R` and `cmp R, n; jb`. All ways around must pass both, and nothing else in the
loop may write R.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from packer.asm.instructions import Instruction, Register
from packer.flow.components import Edges, components, restricted
from packer.flow.effects import READ_ONLY

COMPARES = frozenset(("cmp", "test", "push"))

Arrivals = Mapping[tuple[int, int], Mapping[str, tuple[int, int]]]
"""For each way between two instructions, the least and the most that registers hold there."""


class Step(NamedTuple):
    """A counting instruction and the jump that asks for it."""

    counting: int
    register: str
    last: int | None
    """What is counted up to; None: down to 0."""
    signed: bool
    """Down to below 0."""


def rounds(
    head: int,
    component: Sequence[int],
    edges: Edges,
    codes: Mapping[int, Instruction],
    arrivals: Arrivals,
    preserved: Callable[[Instruction, str], bool],
) -> int | None:
    """How often the loop's head runs at most; None if that is not shown."""
    inside = set(component)
    for step in _steps(component, edges, codes):
        if not _always(head, component, edges, step.counting):
            continue
        if _written(inside - {step.counting}, step.register, codes, preserved):
            continue
        if step.last is not None:
            return max(step.last, 1)
        first = [
            known[step.register]
            for (before, after), known in arrivals.items()
            if after == head and before not in inside and step.register in known
        ]
        entries = [pair for pair in arrivals if pair[1] == head and pair[0] not in inside]
        if not entries or len(first) != len(entries):
            continue
        least, most = min(low for low, _ in first), max(high for _, high in first)
        if step.signed:
            return most + 1
        if least >= 1:
            return most
    return None


def _steps(
    component: Sequence[int], edges: Edges, codes: Mapping[int, Instruction]
) -> Iterator[Step]:
    inside = set(component)
    for address in component:
        code = codes[address]
        target = code.operands[0] if code.operands else None
        if not isinstance(target, Register) or target.size < 4:
            continue
        jump = codes.get(code.end)
        if jump is None or jump.address not in inside or not _ends(jump, inside, edges):
            continue
        if code.mnemonic == "dec" and jump.mnemonic in ("jne", "jns"):
            if _stays(jump, inside):
                yield Step(address, target.whole, None, jump.mnemonic == "jns")
        elif code.mnemonic == "cmp" and jump.mnemonic == "jb" and _stays(jump, inside):
            last = code.operands[1]
            if isinstance(last, int):
                for up in component:
                    if codes[up].mnemonic == "inc" and codes[up].operands == (target,):
                        yield Step(up, target.whole, last, False)


def _ends(jump: Instruction, inside: set[int], edges: Edges) -> bool:
    """One of its ways leads out."""
    return jump.mnemonic[0] == "j" and (jump.end not in inside or jump.operands[0] not in inside)


def _stays(jump: Instruction, inside: set[int]) -> bool:
    """It goes on when it jumps."""
    return jump.operands[0] in inside and jump.end not in inside


def _always(head: int, component: Sequence[int], edges: Edges, counting: int) -> bool:
    """Whether every way from the head back to it counts."""
    if counting == head:
        return True
    rest = restricted(edges, (node for node in component if node != counting))
    return all(
        head not in circle or (len(circle) == 1 and head not in rest[head])
        for circle in components(rest)
    )


def _written(
    nodes: Iterable[int],
    register: str,
    codes: Mapping[int, Instruction],
    preserved: Callable[[Instruction, str], bool],
) -> bool:
    for node in nodes:
        code = codes[node]
        if code.mnemonic == "call":
            if not preserved(code, register):
                return True
            continue
        first = code.operands[0] if code.operands else None
        named = isinstance(first, Register) and first.whole == register
        if register in code.writes or (named and code.mnemonic not in COMPARES | READ_ONLY):
            return True
    return False
