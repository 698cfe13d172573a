"""The TSS that the GDT names: its stacks are writable, guarded below, and no two of them overlap.

Assumed: rsp0 is a task's T, which the kernel changes at run time: what lies in the image need only
be writable for a frame below it. A stack is the region in which its pointer ends.
"""

from __future__ import annotations

from collections.abc import Iterator

from kobjects.cpu.paging import PAGE_SIZE
from kobjects.cpu.segments import SystemDescriptor, SystemType
from kobjects.cpu.tss import TaskStateSegment
from kobjects.kernel.trap import TrapFrame
from packer.checks.gates import table
from packer.checks.result import Result
from packer.checks.tables import KERNEL_TABLES, UPPER_HALF, AddressSpace
from packer.errors import Problem
from packer.subject import Subject
from stages.selectors import Selector

ALIGNED = 16
"""The processor aligns RSP to this before it pushes a frame. SDM 3, "64-Bit Mode Stack Frame"."""


def check(subject: Subject) -> Result:
    """Problems of the descriptor, then by stack."""
    descriptor = task_descriptor(subject)
    if descriptor is None:
        return Result("interrupt stacks", "there is no TSS", {"stacks": 0})
    tss = task_state(subject)
    if tss is None:
        text = f"names {descriptor.base:#x}, which is not in the image"
        problem = Problem("KP2345", "gdt.tss.base", text)
        return Result("interrupt stacks", "", {"stacks": 0}, problems=[problem])
    stacks = {number: top for number, top in enumerate(tss.ist, 1) if top}
    problems = [*_descriptor(descriptor), *_wanted(subject, tss)]
    owners: dict[str, int] = {}
    for number, top in stacks.items():
        problems += _stack(subject, number, top, owners)
    problems += _task(subject, tss.rsp0)
    if tss.iomap_base <= descriptor.limit and tss.iomap_base < TaskStateSegment.size:
        text = f"is {tss.iomap_base:#x}, within the TSS's own {TaskStateSegment.size:#x} bytes"
        problems.append(
            Problem("KP2349", "tss.iomap_base", text, "ports would be opened by chance")
        )
    return Result(
        "interrupt stacks",
        "each vector with a stack of its own has one: writable, guarded below, nobody else's",
        {"stacks": len(stacks)},
        [{"ist": number, "region": name} for name, number in owners.items()],
        problems,
    )


def task_descriptor(subject: Subject) -> SystemDescriptor | None:
    """The TSS's descriptor, at the selector that the kernel loads; None without a GDT."""
    if subject.placement("gdt") is None:
        return None
    data = subject.contents("gdt")[Selector.TSS :][: SystemDescriptor.sizeof()]
    return SystemDescriptor.parse(data) if len(data) == SystemDescriptor.sizeof() else None


def task_state(subject: Subject) -> TaskStateSegment | None:
    """The TSS as it lies in the image."""
    descriptor = task_descriptor(subject)
    if descriptor is None:
        return None
    data = subject.read(descriptor.base, TaskStateSegment.size)
    return TaskStateSegment.parse(data) if len(data) == TaskStateSegment.size else None


def _descriptor(descriptor: SystemDescriptor) -> Iterator[Problem]:
    if not descriptor.present or descriptor.type is not SystemType.AVAILABLE_TSS:
        text = f"is of type {int(descriptor.type):#x}, present {int(descriptor.present)}"
        help_ = f"LTR takes {int(SystemType.AVAILABLE_TSS):#x}, an available 64-bit TSS"
        yield Problem("KP2345", "gdt.tss", text, help_)
    if descriptor.limit < TaskStateSegment.size - 1 and not descriptor.granularity:
        text = f"is {descriptor.limit:#x}: the last byte of a TSS is {TaskStateSegment.size - 1:#x}"
        yield Problem("KP2345", "gdt.tss.limit", text)


def _wanted(subject: Subject, tss: TaskStateSegment) -> Iterator[Problem]:
    """Gates that name a stack which there is not."""
    for vector, gate in enumerate(table(subject)):
        if gate.ist and not tss.ist[gate.ist - 1]:
            text = f"is 0, and idt[{vector}].ist is {gate.ist}"
            yield Problem("KP2346", f"tss.ist[{gate.ist - 1}]", text)


def _stack(subject: Subject, number: int, top: int, owners: dict[str, int]) -> Iterator[Problem]:
    place = f"tss.ist[{number - 1}]"
    region = subject.region_at(top)
    if region is None or top != region.end or top % ALIGNED:
        where = f"inside {region.name}" if region else "in no region"
        text = f"is {top:#x}, {where}; a stack's end, a multiple of {ALIGNED}, is wanted"
        yield Problem("KP2346", place, text)
        return
    if region.name in owners:
        text = f"is the end of {region.name}, and so is tss.ist[{owners[region.name] - 1}]"
        help_ = "one entry would write over the other's frame"
        yield Problem("KP2347", place, text, help_)
    owners.setdefault(region.name, number)
    if subject.placement(KERNEL_TABLES) is None:
        return
    space = AddressSpace(subject, KERNEL_TABLES)
    for address in range(region.virtual, region.end, PAGE_SIZE):
        page = space.translate(address)
        if page is None or not page.writable or page.user:
            text = f"is {top:#x}, of {region.name}, whose page {address:#x} the kernel cannot write"
            yield Problem("KP2346", place, text)
    if space.translate(region.virtual - 1) is not None:
        text = f"is {top:#x}, of {region.name}, and the page below that is mapped"
        help_ = "an overflow would be a neighbour's loss; give the region guard=True"
        yield Problem("KP2348", place, text, help_)


def _task(subject: Subject, rsp0: int) -> Iterator[Problem]:
    if not rsp0 or subject.placement(KERNEL_TABLES) is None:
        return
    space = AddressSpace(subject, KERNEL_TABLES)
    for address in (rsp0 - 1, rsp0 - TrapFrame.size):
        page = space.translate(address) if address >= UPPER_HALF else None
        if page is None or not page.writable or page.user:
            text = f"is {rsp0:#x}, and the kernel cannot write {address:#x}, which a frame needs"
            yield Problem("KP2346", "tss.rsp0", text)
