"""The checks that follow the kernel's code from all its ways in; together they take seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from packer.checks import (
    boot_code,
    cr4_gates,
    every_byte,
    indirect,
    instructions,
    privileged,
    registers,
    stacks,
)
from packer.checks.result import Result
from packer.errors import Problem
from packer.flow.kernel import Kernel
from packer.subject import Subject

CHECKS: tuple[Callable[[Kernel], Result], ...] = (
    every_byte.check,
    privileged.check,
    indirect.check,
    stacks.check,
    instructions.check,
    registers.check,
    cr4_gates.check,
)


def checks(subject: Subject) -> Iterator[Result]:
    """Each check's result, that of claims that nothing needed, and the boot code's."""
    if subject.text is None:
        text = "there is no unit kernel.text"
        yield Result("every byte", "", problems=[Problem("KP2310", subject.name, text)])
        return
    kernel = Kernel(subject, subject.text)
    for check in CHECKS:
        yield check(kernel)
    yield Result(
        "claims",
        "whatever the stages claim of their code, something needs",
        {"claims": len(subject.claims)},
        problems=list(kernel.claimed.unused()),
    )
    yield boot_code.check(subject)
