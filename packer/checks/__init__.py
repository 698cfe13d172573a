"""What must be true of every finished image; each module looks at the image's bytes alone.

Those of QUICK are judged at each build, all of them by `kpack verify`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from packer.checks import (
    gates,
    interrupt_stacks,
    kernel_half,
    non_canonical,
    write_execute,
)
from packer.checks.result import Result
from packer.errors import Problem
from packer.image import Image
from packer.subject import Subject

QUICK: tuple[Callable[[Subject], Result], ...] = (
    non_canonical.check,
    write_execute.check,
    kernel_half.check,
    gates.check,
    interrupt_stacks.check,
)


def findings(image: Image) -> list[Problem]:
    """What the quick checks have against the image."""
    subject = Subject.of(image)
    return [problem for check in QUICK for problem in check(subject).problems]


def prove(subject: Subject) -> Iterator[Result]:
    """Every check, one after the other. Those of code take seconds."""
    yield from (check(subject) for check in QUICK)
    from packer.checks.code import checks

    yield from checks(subject)
