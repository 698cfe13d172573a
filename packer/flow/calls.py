"""What a function may know of its caller, and what its caller knows afterwards."""

from __future__ import annotations

from packer.asm.instructions import Instruction
from packer.flow.program import Program
from packer.flow.stack import slot
from packer.flow.state import ENTRY, REGISTERS, State
from packer.flow.values import ALL, Known, Value, add

RETURN = Value(f"{ENTRY}rsp")
"""RSP at a function's first instruction, and again at its `ret`."""


def entered_by(program: Program, target: int, state: State) -> State:
    """What a function may know of its caller's registers: numbers, and bits that can be set."""
    inside = State.entered()
    inside.facts = state.facts
    wanted = program.read_by(target)
    for name in wanted:
        value = state.registers[name]
        if isinstance(value, int):
            inside.registers[name] = value
        elif value.may != ALL or value.most != ALL:
            inside.registers[name] = Value(ENTRY + name, 0, value.may, value.most)
    inside.registers["rsp"] = RETURN
    return inside


def resumed(code: Instruction, before: State, after: State) -> State:
    """The caller's state behind the call."""
    at = f"{code.address:#x}"
    state = before.copy()
    state.flags, state.facts = None, before.facts | after.facts
    for name in REGISTERS:
        state.forget(f"{at}:{name}")
    held = dict(state.registers)
    kept: dict[str, Known] = {}
    for name in REGISTERS:
        left = after.registers[name]
        if isinstance(left, int):
            kept[name] = left
        elif left.name == ENTRY + name and left.offset == 0:
            kept[name] = held[name]
        elif left.name.startswith(ENTRY) and left.name != RETURN.name:
            kept[name] = add(held[left.name[len(ENTRY) :]], left.offset, f"{at}:{name}")
        else:
            kept[name] = left._replace(name=f"{at}:{name}", offset=0)
        if kept[name] != held[name]:
            state.loose.pop(name, None)
            if after.loose.get(name):
                state.loose[name] = after.loose[name]
    state.registers = {name: value if name == "rsp" else kept[name] for name, value in held.items()}
    _forget_lent(state, before)
    return state


def _forget_lent(state: State, before: State) -> None:
    """Slots to which the called function was given a pointer may have changed."""
    for name in REGISTERS:
        value = before.registers[name]
        base, offset = slot(value)
        if name == "rsp" or not (base or offset):
            continue
        for key in [key for key in state.slots if key[0] == base and key[1] >= offset]:
            del state.slots[key]
