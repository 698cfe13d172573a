"""What the local APIC's timer is set to for a deadline, at every rate that it may count with."""

from __future__ import annotations

from pathlib import Path

import pytest

from stages.model import Assembly
from tests.stages import harness, kernels
from tests.stages.company import START, last

pytestmark = pytest.mark.boot

SLICE = 5_000_000
"""Ticks of a slice; a thread is queued in every row."""
POINT = 32
"""Bits of a rate behind its point."""
ONE, SLOW, FAST, ODD = 1 << POINT, 1 << POINT - 5, 3 << POINT, (1 << POINT) + 1
TOP = (1 << 64) - 1
ROWS = [
    *((ONE, deadline) for deadline in (0, 1, 2, SLICE - 1, SLICE, SLICE + 1, 1 << 32, TOP - 1)),
    *((SLOW, deadline) for deadline in (1, 31, 32, 33, 32 * SLICE - 33, 32 * SLICE, TOP - 1)),
    *((FAST, deadline) for deadline in (1, 2, SLICE // 3, SLICE // 3 + 1, TOP // 3, TOP - 1)),
    (ODD, TOP - TOP // ONE),  # so many ticks that one more is 0, which stops the timer
    (ODD, TOP - TOP // ONE - 1),
    (ODD, TOP - TOP // ONE + 1),
]
"""Rate, and ns until the deadline."""


def expected(rate: int, nanoseconds: int) -> int:
    """The next tick behind the deadline, or the end of the slice if that is earlier."""
    if not nanoseconds:
        return 1
    return min((nanoseconds * rate >> POINT) + 1, SLICE)


def test_the_timer_comes_at_the_deadline_or_at_the_end_of_the_slice() -> None:
    table = f"const SLICE = {SLICE}\nrows:\n"
    table += "".join(f"    .quad   {rate}, {deadline}\n" for rate, deadline in ROWS)
    sources = [
        kernels.guest("counts.asm"),
        Assembly(Path("rows"), generate=lambda: f"{table}rows_end:\n"),
    ]
    of = kernels.instead_of_tasks(harness.system(START + last()), "count_test", *sources)
    outcome = harness.passed(harness.boot(of))
    found = [count for (count,) in harness.words(outcome, "count")]
    assert dict(zip(ROWS, found, strict=True)) == {row: expected(*row) for row in ROWS}
