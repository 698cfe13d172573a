"""Threads, the objects they name, and the scheduler that switches between them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from construct import Array, Int32ul, Int64ul

from kobjects.cpu.xsave import FCW_RESET, MXCSR_RESET, FxsaveArea, Mxcsr, X87Control, XsaveArea
from kobjects.kernel.cpu import Cpu
from kobjects.kernel.object import ObjectHeader
from kobjects.kernel.slot import Slot
from kobjects.kernel.space import Space
from kobjects.kernel.thread import Thread
from stages.model import Access, Assembly, Region, Stage, Symbols, System, Task
from stages.tasks.claims import CLAIMS
from stages.tasks.objects import fill_objects, fill_slots, loaded_slots, table_size
from stages.tasks.roster import plan_roster
from stages.tasks.threads import (
    DEADLINES_OF_PAGE,
    fill_cpu,
    fill_space,
    fill_thread,
    fill_thread_table,
)

HERE = Path(__file__).parent


def plan_tasks(system: System) -> list[Region]:
    """The object table, and for each task its thread, Space and capability table."""
    count = len(system.tasks)
    shared = [
        Region("object_table", ObjectHeader[table_size(system)], fill_objects, align=4096),
        Region("thread_table", Array(count, Int64ul), fill_thread_table, Access.RODATA),
        Region("thread_count", Int32ul, fill_thread_count, Access.RODATA),
    ]
    for task in system.tasks:
        name = task.name
        shared += [
            Region(f"space.{name}", Space, partial(fill_space, task), align=64),
            Region(f"thread.{name}", Thread, partial(fill_thread, task), align=4096),
            *slot_regions(task, system),
        ]
    return [*shared, *plan_roster(system)]


def slot_regions(task: Task, system: System) -> list[Region]:
    """The capability table, or its start and the rest."""
    name, loaded = f"slots.{task.name}", loaded_slots(task, system)
    fill, rest = partial(fill_slots, task), task.slots - loaded
    if not rest:
        return [Region(name, Slot[task.slots], fill, align=4096)]
    return [
        Region(name, Slot[loaded], fill, align=4096, edge=True),
        Region(f"{name}.rest", Slot[rest], fill=None, align=4096, edge=True),
    ]


def fill_thread_count(symbols: Symbols) -> int:
    return len(symbols.system.tasks)


def fill_fpu_reset(symbols: Symbols) -> XsaveArea:
    """The vector registers after a reset, for FXRSTOR and XRSTOR: no component is in the area, so
    each gets its initial state; MXCSR is loaded all the same.
    """
    return XsaveArea(
        legacy=FxsaveArea(fcw=X87Control.from_int(FCW_RESET), mxcsr=Mxcsr.from_int(MXCSR_RESET))
    )


STAGE = Stage(
    name="tasks",
    code=[
        Assembly(HERE / "schedule.asm"),
        Assembly(HERE / "control.asm"),
        Assembly(HERE / "registers.asm"),
        Assembly(HERE / "settings.asm"),
        Assembly(HERE / "inspect.asm"),
        Assembly(HERE / "deadlines.asm"),
        Assembly(HERE / "special.asm"),
        Assembly(HERE / "fpu.asm"),
        Assembly(HERE / "ports.asm"),
        Assembly(HERE / "start.asm"),
        Assembly(HERE / "text.asm", Access.RODATA),
    ],
    regions=[
        Region("cpu", Cpu, fill_cpu, align=256),
        Region("fpu_reset", XsaveArea, fill_fpu_reset, Access.RODATA, align=64),
        Region("nobody", Thread, fill=None, align=4096),
        Region("gone", Thread, fill=None, align=4096),
        Region("deadlines", Array(DEADLINES_OF_PAGE, Int64ul), fill=None, align=4096),
    ],
    plan=plan_tasks,
    claims=CLAIMS,
)
