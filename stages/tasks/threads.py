"""The threads that run when the kernel is up, and what the one CPU owns."""

from __future__ import annotations

from kobjects.cpu.control import Rflags
from kobjects.cpu.tss import TaskStateSegment
from kobjects.kernel.abi import Abi
from kobjects.kernel.addresses import User
from kobjects.kernel.cpu import Cpu, IrqLine
from kobjects.kernel.object import ObjectHeader
from kobjects.kernel.slot import Slot
from kobjects.kernel.space import Space
from kobjects.kernel.stack import KernelStack
from kobjects.kernel.thread import PortRange, Thread, ThreadFlags, ThreadLimit
from kobjects.kernel.trap import TrapFrame
from stages.model import Symbols, System, Task
from stages.selectors import Selector
from stages.tasks.objects import (
    FIRST_GENERATION,
    PER_PAGE,
    direct,
    interrupts,
    inventory,
    table_size,
    thread_pointer,
)
from stages.tasks.roster import symbols_of
from stages.vectors import Ist

WORD = 8
"""Bytes of a word of a message."""

ALL_ONES = (1 << 64) - 1
SPECIAL = ThreadFlags(ports=True, fpu=True, bases=True, debug=True)
"""Flags of which a switch must know: such a thread calls the slow way."""

MOST_OBJECTS = 32768
"""Headers of 2 MiB: what the object table's window holds."""

DEADLINES_OF_PAGE = 512

STACK_OF = {
    Ist.DOUBLE_FAULT: "double_fault_stack",
    Ist.NMI: "nmi_stack",
    Ist.MACHINE_CHECK: "machine_check_stack",
    Ist.DEBUG: "debug_stack",
}


def fill_thread(task: Task, symbols: Symbols) -> Thread:
    """A thread about to execute its first instruction."""
    offsets = inventory(symbols.system)
    nobody = symbols["nobody"] + Thread.origin
    flags = ThreadFlags(ports=bool(task.ports), fpu=task.fpu)
    thread = Thread(
        frame=TrapFrame(
            rip=task.executable.entry if task.executable else User.TEXT,
            cs=Selector.USER_CODE,
            rflags=Rflags(interrupt=True),
            rsp=User.STACK_TOP,
            ss=Selector.USER_DATA,
        ),
        rank=task.priority + 1,
        base_rank=task.priority + 1,
        flags=flags,
        caller=nobody,
        partner=nobody,
        cr3=symbols.physical(f"pml4.{task.name}"),
        slots=direct(symbols, f"slots.{task.name}"),
        bad_mask=ALL_ONES if flags & SPECIAL else ALL_ONES ^ (task.slots - 1) * Slot.size,
        buffer=symbols[f"message.{task.name}"] + Abi.REGISTER_WORDS * WORD,
        space=offsets["space", task.name],
        object=offsets["thread", task.name],
        number=symbols.system.tasks.index(task),
        name=task.name.encode()[:15].ljust(16, b"\0"),
        ports=port_ranges(task),
        served=offsets["endpoint", task.name],
        buffer_address=User.BUFFER,
    )
    return supervised(thread, task, offsets)


def port_ranges(task: Task) -> tuple[PortRange, ...]:
    """The task's I/O ports; a range without ports is unused."""
    ports = tuple(PortRange(first=one.start, count=len(one)) for one in task.ports)
    return ports + (PortRange(),) * (ThreadLimit.PORT_RANGES - len(ports))


def supervised(thread: Thread, task: Task, offsets: dict[tuple[str, str], int]) -> Thread:
    """The thread with the Endpoint that is told of its faults, where the task has one."""
    if task.supervisor is None:
        return thread
    named = next(one for one in task.capabilities if one.name == task.supervisor)
    return thread.replace(
        supervisor_object=offsets[named.kind, named.target],
        supervisor_generation=FIRST_GENERATION,
        supervisor_badge=named.badge,
    )


def fill_space(task: Task, symbols: Symbols) -> Space:
    """The budget is the manifest's; the root's is whatever memory the machine has beside that."""
    offsets = inventory(symbols.system)
    return Space(
        pml4=symbols.physical(f"pml4.{task.name}"),
        slots=direct(symbols, f"slots.{task.name}"),
        slot_count=task.slots,
        object=offsets["space", task.name],
        frame_limit=task.frames,
        object_limit=task.objects,
        max_priority=255 if task.root else task.priority,
        threads=thread_pointer(symbols, task.name),
    )


def fill_cpu(symbols: Symbols) -> Cpu:
    """No thread yet; every port closed."""
    offsets = inventory(symbols.system)
    irqs = [IrqLine()] * 16
    for line, (task, capability) in interrupts(symbols.system).items():
        irqs[int(line)] = IrqLine(
            notification=offsets["notification", task.name],
            object=offsets["irq", line],
            generation=FIRST_GENERATION,
            bits=capability.badge,
        )
    nobody = symbols["nobody"] + Thread.origin
    roots = [task.name for task in symbols.system.tasks if task.root]
    labels, label_count = symbols_of(roots[0], symbols) if roots else (0, 0)
    stacks = [0] * 7
    for entry, name in STACK_OF.items():
        stacks[entry - 1] = symbols[name] + KernelStack.size
    return Cpu(
        tss=TaskStateSegment(
            rsp0=nobody,
            ist=tuple(stacks),
            iomap_base=Cpu.size,
        ),
        top=1,
        payer=nobody,
        deadline_room=DEADLINES_OF_PAGE,
        objects_next=len(offsets) * ObjectHeader.size,
        objects_end=table_size(symbols.system) * ObjectHeader.size,
        objects_limit=objects_limit(symbols.system),
        root=thread_pointer(symbols, roots[0]) if roots else 0,
        root_symbols=labels,
        root_symbol_count=label_count,
        irqs=tuple(irqs),
        io_bitmap=b"\xff" * 8193,
    )


def objects_limit(system: System) -> int:
    """Bytes of headers that the manifest asks for, in whole pages; a larger machine allows more."""
    wanted = len(inventory(system)) + sum(task.objects for task in system.tasks)
    return -(-wanted // PER_PAGE) * PER_PAGE * ObjectHeader.size


def fill_thread_table(symbols: Symbols) -> list[int]:
    """T of every thread, in the manifest's order."""
    return [thread_pointer(symbols, task.name) for task in symbols.system.tasks]
