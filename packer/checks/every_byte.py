"""Every byte of the kernel's code is part of an instruction that is reached, or declared data.

Instructions are found from the ways in, by decoding what control comes to; that each lies where a
line of assembly made it shows that no other reading of the bytes can run. Code that nothing reaches
is a finding: it cannot be judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from packer.checks.result import Result
from packer.errors import Problem
from packer.flow.kernel import Kernel


def check(kernel: Kernel) -> Result:
    """What control comes to and is no instruction; code that nothing comes to."""
    problems = [one for one in kernel.problems if one.code == "KP2311"]
    if not kernel.ways:
        problems.append(Problem("KP2310", kernel.program.unit.name, "there is no way in"))
    problems += _unreached(kernel)
    reached = kernel.reached.values()
    return Result(
        "every byte",
        "every byte of the kernel's code is an instruction that is reached, or declared data",
        {
            "bytes": len(kernel.program.unit.code),
            "instructions": len(reached),
            "code": sum(code.size for code in reached),
        },
        problems=problems,
    )


def _unreached(kernel: Kernel) -> Iterator[Problem]:
    """One problem for each run of lines."""
    program = kernel.program
    last = None
    for source in program.unit.sources:
        address = program.unit.address + source.offset
        if source.is_data or address in kernel.reached:
            last = None
        elif last is None:
            last = address
            text = "no way in leads to this instruction"
            yield Problem("KP2312", program.place(address), text, "remove it, or declare it data")
