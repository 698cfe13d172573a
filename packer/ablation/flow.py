"""Which side of a branch is the error's, told from the code alone.

A side of a branch is an error's in one of three cases, and no label is known by name:
- it brings an error to who asked: without meeting another condition it comes to a return, or to
  where a status is shifted into place, with eax set from `Status`, or left by a call that failed;
- it can only end in a halt: no way from it leads out of the unit or to `sti`;
- it leaves the fast path, which is what comes to SYSRET without using a stack: no way from it does,
  and one from the other side does.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from packer.ablation.listing import Coded, Listing
from packer.asm.operands import Named

STACK = frozenset(("push", "pop", "pushfq", "popfq", "call", "ret", "iretq"))
LEAVES = frozenset(("ret", "retf", "retfq", "iretq", "sysretq"))
SETS_RAX = frozenset(("cpuid", "rdtsc", "rdmsr", "mul", "div", "idiv", "lodsb", "int"))
"""Instructions that write rax without naming it."""

STATUS = "Status."
SHIFT = "Abi.STATUS_SHIFT"
FAILED = "a call's error"
LONGEST = 64
"""Instructions that are followed in search of an exit."""


@dataclass(frozen=True)
class Flow:
    """How control runs through a unit. Calls are taken to return."""

    listing: Listing

    def sides(self, here: int) -> tuple[str, str]:
        """What the error is on the side that jumps and on the side that falls through; or ""."""
        taken = self._target(here)
        if taken is None or here + 1 >= len(self.listing.codes):
            return "", ""
        return (
            self._side(here, taken, here + 1, jumps=True),
            self._side(here, here + 1, taken, jumps=False),
        )

    def _side(self, here: int, start: int, other: int, *, jumps: bool) -> str:
        if start in self._halting:
            return "halts"
        slow = "not the fast path" if other in self._fast and start not in self._fast else ""
        return self._status(start, self._known(here, jumps)) or slow

    def _status(self, here: int, status: str) -> str:
        """The error that reaches an exit from here, with `status` in eax now."""
        codes = self.listing.codes
        for _ in range(LONGEST):
            code = codes[here]
            name = code.source.mnemonic
            if name == "ret" or (name == "shl" and SHIFT in self.listing.names(code)):
                return status
            if name == "jmp":
                target = self._target(here)
                if target is None:
                    return ""
                here = target
                continue
            if is_conditional(code) or name == "call" or name in LEAVES:
                return ""
            if sets_rax(code):
                status = self._assigned(code)
            here += 1
            if here >= len(codes):
                return ""
        return ""

    def _known(self, here: int, jumps: bool) -> str:
        """What is known of eax on one side of a branch, from the lines that lead to it."""
        codes = self.listing.codes
        tested = False
        for before in range(here - 1, max(-1, here - LONGEST), -1):
            code = codes[before]
            name = code.source.mnemonic
            if name == "call":
                failing = jumps is (codes[here].source.mnemonic in ("jnz", "jne"))
                return FAILED if tested and failing else ""
            if name == "jmp" or name in LEAVES:
                return ""
            if sets_rax(code):
                return self._assigned(code)
            tested |= code.text == "test eax, eax" and before == here - 1
        return ""

    def _assigned(self, code: Coded) -> str:
        """The error that an instruction puts into eax."""
        if code.source.mnemonic != "mov":
            return ""
        errors = [name for name in self.listing.names(code) if name.startswith(STATUS)]
        return errors[0].removeprefix(STATUS) if errors and errors != [f"{STATUS}OK"] else ""

    @functools.cached_property
    def _halting(self) -> frozenset[int]:
        ends = {
            number
            for number, code in enumerate(self.listing.codes)
            if code.source.mnemonic in LEAVES
            or code.source.mnemonic == "sti"
            or self._leaves(number)
        }
        return frozenset(range(len(self.listing.codes))) - self._reaching(ends)

    @functools.cached_property
    def _fast(self) -> frozenset[int]:
        codes = self.listing.codes
        ends = {number for number, code in enumerate(codes) if code.source.mnemonic == "sysretq"}
        return self._reaching(
            ends, {number for number, code in enumerate(codes) if code.source.mnemonic in STACK}
        )

    def _reaching(self, ends: set[int], shut: Collection[int] = ()) -> frozenset[int]:
        """Every instruction from which some way leads to one of these past none that is shut."""
        before: dict[int, list[int]] = {}
        for number in range(len(self.listing.codes)):
            if number not in shut:
                for after in self._successors(number):
                    before.setdefault(after, []).append(number)
        found, waiting = set(ends), list(ends)
        while waiting:
            for number in before.get(waiting.pop(), ()):
                if number not in found:
                    found.add(number)
                    waiting.append(number)
        return frozenset(found)

    def _successors(self, here: int) -> Iterator[int]:
        code = self.listing.codes[here]
        if code.source.mnemonic == "jmp" or is_conditional(code):
            target = self._target(here)
            if target is not None:
                yield target
        goes_on = code.source.mnemonic != "jmp" and code.source.mnemonic not in LEAVES
        if goes_on and here + 1 < len(self.listing.codes):
            yield here + 1

    def _leaves(self, here: int) -> bool:
        """A jump to where this unit does not say."""
        return self.listing.codes[here].source.mnemonic == "jmp" and self._target(here) is None

    def _target(self, here: int) -> int | None:
        label = self.listing.codes[here].target
        return self.listing.at_label(label) if label else None


def is_conditional(code: Coded) -> bool:
    """Whether it jumps on a condition."""
    name = code.source.mnemonic
    return (name.startswith("j") and name != "jmp") or name.startswith("loop")


def sets_rax(code: Coded) -> bool:
    """Whether it changes rax: by naming any part of it first, or without."""
    name, operands = code.source.mnemonic, code.source.operands
    if name in SETS_RAX:
        return True
    if not operands or name in ("cmp", "test", "push", "bt", "out"):
        return False
    first = operands[0]
    return (
        isinstance(first, Named)
        and first.register.kind == "general"
        and first.register.number == 0
        and not first.register.high_byte
    )
