"""Machines with hardly enough memory for what the manifest promised, and with a frame less."""

from __future__ import annotations

import pytest

from kobjects.firmware.e820 import E820Type
from kobjects.kernel.addresses import Page
from packer.machine.outcome import Outcome, exit_status
from stages.tasks.objects import table_size
from stages.vectors import DebugExit
from tests.stages import harness
from tests.stages.company import START, last, task
from tests.stages.test_ablation_memory import with_map

pytestmark = pytest.mark.boot

PROMISED = (5, 40)
FRAMES = 16
"""Of each of the three tasks that the manifest gives none."""
HEADERS, DEADLINES = 1024 // 64, 2
"""Pages that the smallest object table and its heap of deadlines may grow to, and one to spare."""


def outcome(frames: int) -> Outcome:
    """What comes of a machine with so many more frames than the kernel's own tables may take."""
    more = [task(f"more{n}", "idler.asm", 90, f"frames = {n}") for n in PROMISED]
    of = harness.system(START + "".join(more) + last())
    reserve = HEADERS - table_size(of) // 64 + DEADLINES
    ram = (64 << 20, (reserve + frames) * Page.SIZE, int(E820Type.RAM))
    return harness.boot(with_map(of, [ram]))


def test_a_promise_that_is_just_kept() -> None:
    harness.passed(outcome(sum(PROMISED) + 3 * FRAMES))


@pytest.mark.parametrize(
    "frames", [-1, 0, sum(PROMISED) + 3 * FRAMES - 1, 3 * FRAMES + PROMISED[0]]
)
def test_a_promise_that_is_not(frames: int) -> None:
    found = outcome(frames)
    assert found.exit_code == exit_status(DebugExit.PANIC)
    text = "kernel panic: less memory than the tasks' budgets (frames) come to"
    assert harness.lines(found)[-1] == text
