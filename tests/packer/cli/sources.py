"""Small manifests for tests of commands."""

from __future__ import annotations


def manifest(program: str) -> str:
    """A small one of a single task."""
    return (
        '[image]\nname = "small"\ntargets = ["pvh"]\n'
        f'[[task]]\nname = "one"\nprogram = ["{program}"]\npriority = 1\n'
    )
