"""No way in uses more of any stack than there is, what the processor pushes included.

Worst depths are of all ways through the code with all calls; RSP is followed exactly, and different
depths where ways meet are a finding as soon as the stack is used there. A stack in a region has the
region's bytes; where RSP comes from a register or memory, the stage claims how much room is below
(`Stack`). An exception inside the kernel may come where its own stack is deepest; its frame is
added to that.
"""

from __future__ import annotations

from collections.abc import Iterator

from kobjects.kernel.trap import TrapFrame
from packer.checks.result import Result
from packer.errors import Problem
from packer.flow.kernel import Kernel, Way
from packer.flow.stack import KERNEL_FRAME, TASK_FRAME

REGION = "region "


def check(kernel: Kernel) -> Result:
    """By way in and stack."""
    problems = [one for one in kernel.problems if one.code == "KP2332"]
    rows: list[dict[str, str | int]] = []
    worst: dict[str, tuple[int, str, int]] = {}
    frame = 0
    for way in kernel.ways:
        for base, depth in sorted(way.seen.depths.items()):
            address = way.seen.deepest[base]
            if base.startswith(REGION):
                name = base.removeprefix(REGION)
                rows.append(_row(kernel, way, name, -depth, address))
                if -depth > worst.get(name, (0,))[0]:
                    worst[name] = -depth, way.name, address
            elif base == KERNEL_FRAME:
                frame = max(frame, -depth)
            elif base == TASK_FRAME:
                rows.append(_row(kernel, way, base, -depth, address))
                problems += _room(kernel, address, -depth, TrapFrame.size + SAVED)
            else:
                problems += _loaded(kernel, way, base, depth)
    for name, (depth, way_name, address) in worst.items():
        problems += _region(kernel, name, depth, way_name, address, frame)
    deepest = max((depth for depth, _, _ in worst.values()), default=0)
    return Result(
        "stacks",
        "no way in uses more of a stack than there is, interrupt frames included",
        {"ways in": len(kernel.ways), "worst bytes": deepest + frame, "frame": frame},
        rows,
        list(dict.fromkeys(problems)),
    )


SAVED = 8
"""trap_entry pushes flags below the frame, for POPFQ."""


def _row(kernel: Kernel, way: Way, stack: str, used: int, address: int) -> dict[str, str | int]:
    where = kernel.program.where(address)
    return {"way in": way.name, "stack": stack, "bytes": used, "deepest at": where}


def _region(
    kernel: Kernel, name: str, depth: int, way: str, address: int, frame: int
) -> Iterator[Problem]:
    """An exception in the kernel comes on top of the worst; it ends in the panic stack."""
    place = kernel.subject.placement(name)
    if place is None or depth + frame <= place.size:
        return
    text = (
        f"{way} uses {depth:,} bytes of {name} here and an exception {frame:,} more; "
        f"it has {place.size:,}"
    )
    help_ = "call less deeply, or make the region larger"
    yield Problem("KP2333", kernel.program.place(address), text, help_)


def _loaded(kernel: Kernel, way: Way, base: str, depth: int) -> Iterator[Problem]:
    """A stack whose pointer was loaded from somewhere."""
    if base not in way.seen.loads:
        if base.startswith("task:") or base == "loader":
            if depth < 0:
                yield from _room(kernel, way.seen.deepest[base], -depth, 0)
            return
        yield from _met(kernel, way, base, depth)
        return
    address, start = way.seen.loads[base]
    label = kernel.program.label(address)
    claim = kernel.claimed.stacks.get(label)
    if claim is None:
        code = kernel.program.instructions[address]
        text = f"`{code.text}` loads RSP from where the bytes do not show"
        help_ = f'claim what is below: Stack("{label}", room, why)'
        yield Problem("KP2332", kernel.program.place(address), text, help_)
        return
    kernel.claimed.use(claim)
    yield from _room(kernel, way.seen.deepest[base], start - depth, claim.room)


def _room(kernel: Kernel, address: int, used: int, room: int) -> Iterator[Problem]:
    if used > room:
        text = f"the stack is {used} bytes deep here, and has {room}"
        yield Problem("KP2333", kernel.program.place(address), text)


def _met(kernel: Kernel, way: Way, base: str, depth: int) -> Iterator[Problem]:
    """The stack is used behind a place where ways meet with one and another."""
    address = way.seen.deepest[base]
    where = base.partition(":")[0]
    label = kernel.program.label(int(where, 16)) if where.startswith("0x") else ""
    claim = kernel.claimed.stacks.get(label)
    if claim is None:
        text = (
            f"the stack is used here, and RSP is not the same by all ways that meet at {label}: "
            "which stack this is, the bytes do not show"
        )
        help_ = f'claim what is below: Stack("{label}", room, why)'
        yield Problem("KP2332", kernel.program.place(address), text, help_)
        return
    kernel.claimed.use(claim)
    yield from _room(kernel, address, -depth, claim.room)
