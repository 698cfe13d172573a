"""How the demonstration is judged: in whatever order its tasks come, and by what they did."""

from __future__ import annotations

import dataclasses

import pytest

from packer.machine.outcome import Outcome, Status
from packer.manifest import DEMONSTRATION, load
from stages.model import Assembly, System
from tests.stages.harness import boot, lines, passed


def changed(name: str, old: str, new: str) -> System:
    """The demonstration with `new` where a task's program has `old`, once."""
    of = load(DEMONSTRATION).system
    (task,) = (each for each in of.tasks if each.name == name)
    (program,) = task.program
    assert program.text().count(old) == 1
    text = program.text().replace(old, new)
    other = dataclasses.replace(task, program=[Assembly(program.path, generate=lambda: text)])
    return dataclasses.replace(of, tasks=[other if each is task else each for each in of.tasks])


def failed(outcome: Outcome) -> list[str]:
    assert outcome.status is Status.FAILED, outcome.reason
    said = lines(outcome)
    assert "kpack: demonstration failed" in said
    assert "kpack: demonstration passed" not in said
    return said


@pytest.mark.boot
def test_a_trespasser_that_comes_last_leaves_the_counter_a_turn() -> None:
    """ping is done before the trespasser has begun, so the counter is judged some slices later."""
    said = lines(passed(boot(changed("ping", "BATCHES = 1000", "BATCHES = 1"))))
    kinds = [line.split()[0] for line in said if line.startswith(("ping ", "fault "))]
    assert kinds == ["ping", "fault"]


@pytest.mark.boot
def test_a_counter_that_stands_still_is_no_pass() -> None:
    failed(boot(changed("counter", "inc     qword ptr [rcx]", "nop")))


@pytest.mark.boot
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    mov     al, [rax]\n", "    mov     [rax], al\n"),
        ("Kernel.PHYSICAL", "Kernel.PHYSICAL + 1"),
        ("    mov     al, [rax]\n", ""),
    ],
    ids=["writes", "elsewhere", "does not"],
)
def test_only_the_trespass_that_was_meant_passes(old: str, new: str) -> None:
    failed(boot(changed("trespasser", old, new)))


@pytest.mark.boot
def test_a_task_that_gives_up_is_no_pass() -> None:
    said = failed(boot(changed("ping", "edi, cap.pong", "edi, 63 * Slot.size")))
    assert "exit        ping: status 3" in said
