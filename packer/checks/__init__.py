"""What must be true of every finished image; each module looks at the image's bytes alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from packer.checks import kernel_half, non_canonical, write_execute
from packer.errors import Problem
from packer.image import Image

CHECKS: tuple[Callable[[Image], Iterable[Problem]], ...] = (
    non_canonical.check,
    write_execute.check,
    kernel_half.check,
)


def findings(image: Image) -> list[Problem]:
    """What the checks have against the image."""
    return [problem for check in CHECKS for problem in check(image)]
