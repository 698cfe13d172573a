"""No task can run a SYSCALL in the last page below the non-canonical addresses.

SYSCALL saves the address after itself. At the very end of the lower half that is 0x800000000000,
which is not canonical; SYSRET to it raises #GP in ring 0 on Intel's processors, with the task's
stack pointer already loaded. The kernel does not test for it at run time, because no address space
maps that page: this check is what makes that true of an image.
"""

from __future__ import annotations

from kobjects.kernel.addresses import User
from packer.checks.result import Result
from packer.checks.tables import TASK_TABLES, AddressSpace
from packer.errors import Problem
from packer.subject import Subject


def check(subject: Subject) -> Result:
    """A problem for each task whose tables map the page, or cannot be followed to it."""
    problems = [problem for task in subject.tasks if (problem := _of(subject, task))]
    return Result(
        "last page",
        "no task can run a SYSCALL right below the non-canonical addresses",
        {"tasks": len(subject.tasks)},
        problems=problems,
    )


def _of(subject: Subject, task: str) -> Problem | None:
    region = f"{TASK_TABLES}{task}"
    if subject.placement(region) is None:
        return Problem("KP2301", f"task {task}", f"there are no page tables {region}")
    try:
        mapped = AddressSpace(subject, region).translate(User.LIMIT)
    except LookupError as error:
        return Problem("KP2302", region, f"refers to {error.args[0]}")
    if mapped is None:
        return None
    return Problem(
        "KP2303",
        region,
        f"{mapped} is mapped, and with it the last page below the non-canonical addresses, "
        f"which begin at {User.LIMIT + 0x1000:#x}",
        f"map nothing from {User.LIMIT:#x} on",
    )
