"""What is proved of code at most is at least what a machine does.

The machine is QEMU with -icount, where the time-stamp counter counts instructions and each
repetition of a string instruction: tests/stages/measured.py notes the most of each system call.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from packer.build import build
from packer.checks import instructions
from packer.flow.cost import Cost
from packer.subject import Subject
from tests.packer.verify.images import kernel
from tests.stages import lockstep, walks
from tests.stages.measured import longest, measured
from tests.stages.walks import walk

pytestmark = pytest.mark.boot


@pytest.fixture(scope="module")
def proved() -> Mapping[str, Cost]:
    """Of the kernel without the counting that `measured` adds."""
    system = walks.image(debug=False).system
    return instructions.steps(instructions.check(kernel(Subject.of(build(system)))))


@pytest.mark.parametrize("seed", [3])
def test_no_entry_takes_more_than_what_is_proved(proved: Mapping[str, Cost], seed: int) -> None:
    image = build(measured(walks.image(debug=False).system))
    found = longest(walk(lockstep.written(seed, 5, 3, 100).program, blank=image).memory)
    for call, most in found.items():
        bound = proved.get(f"SYSCALL {call}", proved["interrupt of a task"])
        assert 0 < most <= bound.steps + bound.repeats, call
    assert len(found) > 10
