"""Every way in has a bound on its instructions, copies, waiting and drawing apart; I11 says 5,000.

See `packer/flow/worst.py` for how it is found. A way in or system call that may take more than MOST
says so in its stage (`Ceiling`), with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kobjects.kernel.abi import Call
from packer.checks.result import Result
from packer.errors import Problem
from packer.flow.cost import Cost, Total
from packer.flow.kernel import Kernel, Way
from packer.flow.worst import Worst

MOST = 5_000
"""I11, of stages/README.md."""
CALLS = "call_table"
START_UP = "start-up"
"""It happens once, with nobody waiting: it needs bounds of its loops, and no ceiling."""


def check(kernel: Kernel) -> Result:
    """Loops without a bound, ways in above their ceiling."""
    problems: dict[str, Problem] = {}
    rows: list[dict[str, str | int]] = []
    loops: set[str] = set()
    for name, total, worst in _totals(kernel):
        problems.update(worst.problems)
        loops |= {bound.label for bound in worst.bounds.counted}
        whole = total.whole
        rows.append(
            {
                "way in": name,
                "instructions": whole.steps,
                "copied": whole.repeats,
                "waited": whole.polls,
                "drawn": whole.draws,
            }
        )
        ceiling = kernel.claimed.ceilings.get(name)
        most = ceiling.most if ceiling else MOST
        if ceiling and whole.steps > MOST:
            kernel.claimed.use(ceiling)
        if whole.steps > most and name != START_UP:
            text = f"may take {whole.steps:,} instructions; at most {most:,} are allowed"
            help_ = f'bound its loops more closely, or claim: Ceiling("{name}", most, why)'
            problems[name] = Problem("KP2338", name, text, help_)
    highest = max(
        (int(row["instructions"]) for row in rows if row["way in"] != START_UP), default=0
    )
    return Result(
        "instructions",
        "every way in ends within a known number of instructions",
        {"ways in": len(rows), "loops counted": len(loops), "worst": highest},
        rows,
        list(problems.values()),
    )


def _totals(kernel: Kernel) -> Iterator[tuple[str, Total, Worst]]:
    """Ways in by name, SYSCALL by what is asked for."""
    for way in kernel.ways:
        worst = Worst(kernel.analysis, way.seen, kernel.claimed)
        calls = _calls(kernel, way)
        if not calls:
            yield way.name, worst.of(way.starts), worst
            continue
        dispatch, handlers = calls
        cut = worst.without(dispatch)
        yield f"{way.name}, fast", cut.of(way.starts), cut
        before = worst.of(way.starts, only={dispatch})
        for name, handler in handlers.items():
            total = worst.of([handler])
            total.once.update(before.once)
            yield f"{way.name} {name}", Total(total.cost.plus(before.cost), total.once), worst


def _calls(kernel: Kernel, way: Way) -> tuple[int, Mapping[str, int]] | None:
    """The jump through the table of calls, if the way in comes to it, and its targets by name."""
    for address, table in kernel.program.tables.items():
        if table.name == CALLS and address in way.seen.reached:
            return address, {
                call.name: table.entries[call] for call in Call if call < len(table.entries)
            }
    return None


def steps(result: Result) -> Mapping[str, Cost]:
    """The rows of a result as costs, by way in."""
    kinds = ("instructions", "copied", "waited", "drawn")
    return {str(row["way in"]): Cost(*(int(row[kind]) for kind in kinds)) for row in result.rows}
