"""What `kpack live` and gdb's `kpack` command show, one dictionary a line, plain values only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kobjects.kernel.abi import ObjectType
from kobjects.kernel.object import ObjectHeader
from kobjects.kernel.space import Space
from kobjects.kernel.thread import Thread
from packer.live.view import KernelView, Placed, name_of, state_of

Row = dict[str, Any]
Rows = Iterator[Row]


def threads(view: KernelView) -> Rows:
    """Every thread: what it does, for whom, and what it has."""
    current, rate = view.current, view.cpu.nanoseconds_per_tick
    for each in view.threads:
        thread = each.value
        yield {
            "name": name_of(thread),
            "state": state_of(thread, current=each.address == current),
            "priority": thread.rank - 1,
            "base": thread.base_rank - 1,
            "cpu_ms": round(thread.ticks * rate / (1 << 32) / 1e6, 3),
            "waits_for": _name_at(view, thread.partner) if _waits(thread) else "",
            "serves": _name_at(view, thread.caller),
            "flags": " ".join(
                name
                for name in type(thread.flags).fields
                if name != "unused" and getattr(thread.flags, name)
            ),
            "rip": f"{thread.frame.rip:#x}",
            "T": f"{each.address:#x}",
        }


def spaces(view: KernelView) -> Rows:
    """Every Space: its tables and its budget."""
    for each in view.spaces:
        space = each.value
        yield {
            "threads": " ".join(name_of(one.value) for one in _members(view, space)),
            "cr3": f"{space.pml4:#x}",
            "slots": space.slot_count,
            "frames": space.frames_used,
            "frame_limit": space.frame_limit,
            "objects": space.objects_used,
            "object_limit": space.object_limit,
            "max_priority": space.max_priority,
            "depth": space.depth,
            "header": f"{space.object:#x}",
        }


def caps(view: KernelView) -> Rows:
    """Every capability of every Space."""
    for each in view.spaces:
        whose = " ".join(name_of(one.value) for one in _members(view, each.value))
        for capability in view.capabilities(each.value):
            slot = capability.slot
            yield {
                "space": whose,
                "handle": f"{capability.handle:#x}",
                "type": slot.type.name.lower(),
                "names": _named(view, slot.type, capability.header, slot.address),
                "rights": capability.rights,
                "badge": f"{slot.badge:#x}",
                "usable": capability.usable,
                "mapped_at": f"{slot.address:#x}" if slot.mapped_space else "",
            }


def cpu(view: KernelView) -> Rows:
    """What the processor does, and what it has counted."""
    state = view.cpu
    values: Mapping[str, Any] = {
        "current": _name_at(view, view.current),
        "payer": _name_at(view, state.payer),
        "top ready priority": state.top - 1 if state.ready_count else "none",
        "ready threads": state.ready_count,
        "timer armed for": state.armed.name.lower(),
        "threads with a deadline": state.deadline_count,
        "device interrupts": state.interrupts,
        "spurious interrupts": state.spurious,
        "non-maskable interrupts": state.nmis,
        "system calls off the fast path": state.slow_calls,
        "objects ever used": len(view.headers) - 1,
        "objects there may be": state.objects_limit // ObjectHeader.size - 1,
        "vector registers by": state.fpu_mode.name.lower(),
    }
    yield from ({"what": name, "value": value} for name, value in values.items())


def irqs(view: KernelView) -> Rows:
    """The lines of the 8259s that interrupt somebody."""
    for line, irq in enumerate(view.cpu.irqs):
        if irq.object or irq.count:
            target = view.header(irq.notification).target if irq.notification else 0
            yield {
                "line": line,
                "signals": _name_at(view, target),
                "bits": f"{irq.bits:#x}",
                "count": irq.count,
                "masked": bool(irq.masked),
            }


TOPICS: Mapping[str, Callable[[KernelView], Rows]] = {
    "threads": threads, "spaces": spaces, "caps": caps, "cpu": cpu, "irqs": irqs,
}  # fmt: skip


def text(rows: list[Row]) -> str:
    """The rows as columns with a line of names above, for who has no better table."""
    if not rows:
        return "(nothing)"
    names = list(rows[0])
    lines = [names, *([str(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(names))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _waits(thread: Thread) -> bool:
    return bool(thread.partner) and state_of(thread) in ("reply wait", "sending")


def _members(view: KernelView, space: Space) -> list[Placed[Thread]]:
    return [each for each in view.threads if each.value.space == space.object]


def _name_at(view: KernelView, t: int) -> str:
    """The name of the thread at T; the kernel's two dummies, `nobody` and `gone`, have none."""
    return next((name_of(each.value) for each in view.threads if each.address == t), "")


def _named(view: KernelView, kind: ObjectType, header: ObjectHeader | None, client: int) -> str:
    """What a capability means: a thread's name, a Space's threads, an address, a line."""
    if header is None:
        return _name_at(view, client)
    if kind in (ObjectType.THREAD, ObjectType.ENDPOINT, ObjectType.NOTIFICATION):
        return _name_at(view, header.target)
    if kind is ObjectType.SPACE:
        found = [each.value for each in view.spaces if each.address == header.target]
        return " ".join(name_of(one.value) for space in found for one in _members(view, space))
    if kind is ObjectType.FRAME:
        size = "2 MiB" if header.large else "4 KiB"
        return f"{header.target:#x}, {size}{' of a device' if header.device else ''}"
    if kind is ObjectType.IRQ:
        return f"line {header.target}"
    if kind is ObjectType.IO_PORTS:
        return f"ports {header.target & 0xFFFF:#x}, {header.target >> 16} of them"
    return ""
