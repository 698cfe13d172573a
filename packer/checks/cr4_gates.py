"""No bit of CR4 is set that CPUID was not asked for: it would be #GP, or hang some emulators.

On every way to a `mov cr4`, each bit beyond the baseline was put into the value only behind a jump
that is taken when its feature's bit of CPUID is set, in a leaf that the processor was shown to
have.
"""

from __future__ import annotations

from packer.checks.result import Result
from packer.errors import Problem
from packer.flow.features import gate_of
from packer.flow.kernel import Kernel
from packer.flow.values import may


def check(kernel: Kernel) -> Result:
    """By instruction and bit."""
    problems: dict[tuple[int, int], Problem] = {}
    places: set[int] = set()
    for way in kernel.ways:
        for (address, what), values in way.seen.writes.items():
            if what != "cr4":
                continue
            places.add(address)
            for _, loose in values:
                for bit in (bit for bit in range(64) if may(loose) >> bit & 1):
                    name, gate = gate_of(bit)
                    text = f"may set Cr4.{name} without having seen {gate}"
                    help_ = (
                        "set it only behind a test of that bit, and of the leaf if it is above 1"
                    )
                    problem = Problem("KP2351", kernel.program.place(address), text, help_)
                    problems[address, bit] = problem
    return Result(
        "CR4",
        "each bit of CR4 is set only where CPUID has shown its feature",
        {"places": len(places)},
        problems=list(problems.values()),
    )
