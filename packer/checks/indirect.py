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


def check(kernel: Kernel) -> Result:
    """Branches that cannot be followed, and indices that may lie outside."""
    program = kernel.program
    problems = [one for one in kernel.problems if one.code in ("KP2321", "KP2330", "KP2331")]
    highest: dict[int, int] = {}
    for way in kernel.ways:
        for address, index in way.seen.indices.items():
            highest[address] = max(index, highest.get(address, 0))
    rows: list[dict[str, str | int]] = []
    for address, table in sorted(program.tables.items()):
        label = program.label(address)
        claim = kernel.claimed.indices.get(label)
        known = highest.get(address, 0) < len(table.entries)
        if not known and claim:
            kernel.claimed.use(claim)
        elif not known and table.entries:
            text = (
                f"`{program.instructions[address].text}` may have the index {highest[address]:#x}; "
                f"{table.name} has {len(table.entries)} entries"
            )
            help_ = f'compare it first, or claim: Index("{label}", why)'
            problems.append(Problem("KP2322", program.place(address), text, help_))
        targets = [program.where(target) for target in table.targets]
        rows.append(
            {
                "at": program.where(address),
                "table": table.name,
                "index": "compared" if known else claim.why if claim else "",
                "targets": ", ".join(targets),
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
