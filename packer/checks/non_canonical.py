"""No task can run a SYSCALL in the last page below the non-canonical addresses.

SYSCALL saves the address after itself. At the very end of the lower half that is 0x800000000000,
which is not canonical; SYSRET to it raises #GP in ring 0 on Intel's processors, with the task's
stack pointer already loaded. The kernel does not test for it at run time, because no address space
maps that page: this check is what makes that true of an image.
"""

from __future__ import annotations

from collections.abc import Iterator

from kobjects.kernel.addresses import User
from packer.checks.tables import TASK_TABLES, AddressSpace
from packer.errors import Problem
from packer.image import Image


def check(image: Image) -> Iterator[Problem]:
    """A problem for each task whose tables map the page, or cannot be followed to it."""
    for task in image.system.tasks:
        region = f"{TASK_TABLES}{task.name}"
        if region not in image.regions:
            yield Problem("KP2301", f"task {task.name}", f"there are no page tables {region}")
            continue
        try:
            mapped = AddressSpace(image, region).translate(User.LIMIT)
        except LookupError as error:
            yield Problem("KP2302", region, f"refers to {error.args[0]}")
            continue
        if mapped:
            yield Problem(
                "KP2303",
                region,
                f"{mapped} is mapped, and with it the last page below the non-canonical addresses, "
                f"which begin at {User.LIMIT + 0x1000:#x}",
                f"map nothing from {User.LIMIT:#x} on",
            )
