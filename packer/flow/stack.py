"""Memory as far as it is followed: the slots of stacks.

Assumed: memory is written through pointers that are not into the stack frame of the function that
writes, except those made of RSP, which are followed.
"""

from __future__ import annotations

from packer.asm.instructions import Memory
from packer.flow.state import ENTRY, State
from packer.flow.values import Known, add, narrowed, unknown

TASK_FRAME, KERNEL_FRAME = "the task's T", "where the kernel was"
"""Bases of stacks that no instruction has loaded."""
FOLLOWED = ("", f"{ENTRY}rsp", TASK_FRAME, KERNEL_FRAME)
"""Stacks whose slots are remembered: those at known addresses, a function's own frame, and below
what the processor pushed, as long as RSP is there.
"""


def move_stack(state: State, distance: int, at: str) -> None:
    state.registers["rsp"] = add(state.registers["rsp"], distance, f"{at}:rsp")


def address(state: State, operand: Memory, at: str) -> Known:
    if operand.segment in ("gs", "fs"):
        return unknown(f"{at}:segment")
    base: Known = state.registers.get(operand.base, 0) if operand.base else 0
    if operand.scaled:
        index = state.registers.get(operand.scaled, 0)
        if not isinstance(index, int):
            return state.fresh(f"{at}:address")
        base = add(base, index * operand.scale, f"{at}:address")
    return add(base, operand.disp, f"{at}:address")


def slot(address: Known) -> tuple[str, int]:
    return ("", address) if isinstance(address, int) else (address.name, address.offset)


def load(state: State, operand: Memory, at: str) -> Known:
    place = address(state, operand, at)
    held = state.slots.get(slot(place)) if operand.base == "rsp" else None
    if held is None:
        return unknown(f"{at}:load", min(operand.size, 8))
    return narrowed(held, min(operand.size, 8), f"{at}:load")


def store(state: State, operand: Memory, value: Known) -> None:
    """Only what is addressed by RSP is remembered; a store that may touch a slot forgets it."""
    if operand.segment in ("gs", "fs"):
        return
    base, offset = slot(address(state, operand, "store"))
    for name, where in list(state.slots):
        if name == base and offset - 8 < where < offset + max(operand.size, 1):
            del state.slots[name, where]
    if operand.base == "rsp" and operand.size == 8 and base in FOLLOWED:
        state.slots[base, offset] = value
