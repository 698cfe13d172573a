"""Budgets in a manifest: one root, and no more objects than there can be."""

from __future__ import annotations

from pathlib import Path

from stages.tasks.objects import inventory
from tests.packer.test_manifest import SMALL, complaints, folder, read

__all__ = ["folder"]


def test_one_root_gets_the_rest_of_the_memory(folder: Path) -> None:
    one = SMALL + "root = true\n"
    other = SMALL[SMALL.index("[[task]]") :].replace("one", "two") + "root = true\n"
    assert [task.root for task in read(folder, one).system.tasks] == [True]
    assert complaints(folder, one + other) == [
        "13:8: KP3008: a second root: the rest of the memory is the root's of line 4 "
        "(give this task its own frames and objects)"
    ]


def test_tasks_are_given_no_more_objects_than_there_can_be(folder: Path) -> None:
    """Those that the packer makes count too."""
    one = SMALL + "objects = 32000\n"
    other = SMALL[SMALL.index("[[task]]") :].replace("one", "two")
    left = 32768 - 32000 - len(inventory(read(folder, one + other).system))
    assert read(folder, f"{one}{other}objects = {left}\n")
    assert complaints(folder, f"{one}{other}objects = {left + 1}\n") == [
        f"13:11: KP3006: objects is {left + 1}; of 32768 that there can be {left} are left"
    ]
