"""Every jump and call through memory goes through a table of the constants, within it, to
instructions.

A table begins at a label and ends before the next. The index is within it because the code has
compared it, or by a claim of the stage (`Index`), with its reason. Entries that are 0 are for no
index that comes; a jump there would be a page fault.
"""

from __future__ import annotations

from packer.checks.result import Result
from packer.errors import Problem
from packer.flow.kernel import Kernel
from packer.flow.program import Program, Table


def check(kernel: Kernel) -> Result:
    """Branches that cannot be followed, and indices that may lie outside."""
    program = kernel.program
    problems = [one for one in kernel.problems if one.code in ("KP2321", "KP2330", "KP2331")]
    highest = _highest(kernel)
    rows: list[dict[str, str | int]] = []
    for address, table in sorted(program.tables.items()):
        index = highest.get(address, 0)
        claim = kernel.claimed.indices.get(program.label(address))
        known = index < len(table.entries)
        if not known and claim:
            kernel.claimed.use(claim)
        elif not known and table.entries:
            problems.append(_beyond(program, address, table, index))
        rows.append(
            {
                "at": program.where(address),
                "table": table.name,
                "index": "compared" if known else claim.why if claim else "",
                "targets": ", ".join(map(program.where, table.targets)),
            }
        )
    return Result(
        "indirect",
        "every indirect branch goes to one of its table's targets; every `ret` to its caller",
        {
            "branches": len(rows),
            "targets": sum(len(table.targets) for table in program.tables.values()),
            "functions": len(program.functions),
        },
        rows,
        problems,
    )


def _highest(kernel: Kernel) -> dict[int, int]:
    """The most that each index can be, of all ways in."""
    highest: dict[int, int] = {}
    for way in kernel.ways:
        for address, index in way.seen.indices.items():
            highest[address] = max(index, highest.get(address, 0))
    return highest


def _beyond(program: Program, address: int, table: Table, index: int) -> Problem:
    text = (
        f"`{program.instructions[address].text}` may have the index {index:#x}; "
        f"{table.name} has {len(table.entries)} entries"
    )
    help_ = f'compare it first, or claim: Index("{program.label(address)}", why)'
    return Problem("KP2322", program.place(address), text, help_)
