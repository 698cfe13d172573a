"""What holds wherever control comes: each way in followed with all that is known, calls included.

A function is followed once for each way in which its callers' registers differ, up to CONTEXTS
ways, then once for any. Assumed: a function that is called comes back only by `ret`, which is
proved by RSP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from packer.asm.instructions import Instruction, Memory, Register
from packer.errors import Problem
from packer.flow.branches import taken
from packer.flow.calls import RETURN, entered_by, resumed
from packer.flow.effects import Effects
from packer.flow.program import Program, is_conditional
from packer.flow.seen import Seen
from packer.flow.stack import TASK_FRAME, move_stack, slot
from packer.flow.state import ENTRY, REGISTERS, State
from packer.flow.values import ALL, Known, Value, add, may, most, unknown

CONTEXTS = 12
WIDEN = 24
"""Changes at one place after which numbers that still change are given up."""
DESCRIPTORS = ("lgdt", "lidt", "ltr", "lldt", "xsetbv")


@dataclass
class Summary:
    """Of a function in one context: what holds when it comes back, None if it never does."""

    after: State | None
    seen: Seen


class Analysis:
    """Follows ways in, and remembers what functions do."""

    def __init__(self, program: Program, effects: Effects) -> None:
        self.program, self.effects = program, effects
        self.problems: dict[tuple[str, int], Problem] = {}
        self._memo: dict[tuple[object, ...], Summary] = {}
        self._contexts: dict[int, int] = {}
        self._running: list[int] = []

    def follow(self, entries: Mapping[int, State]) -> Seen:
        """All that may happen from these ways in, each with what is known there."""
        seen = Seen()
        self._run(entries, seen, function=False)
        return seen

    def _run(self, entries: Mapping[int, State], seen: Seen, *, function: bool) -> State | None:
        states = {address: state.copy() for address, state in entries.items()}
        joins = dict.fromkeys(states, 0)
        waiting = list(states)
        after: State | None = None
        while waiting:
            address = waiting.pop()
            for code, state, nexts in self._block(address, states[address].copy(), seen, states):
                if code.mnemonic == "ret":
                    after = self._returned(code, state, after, function=function)
                for target, arriving in nexts:
                    seen.edges.add((code.address, target))
                    seen.arrive(code.address, target, arriving)
                    if target not in states:
                        states[target], joins[target] = arriving, 0
                        waiting.append(target)
                        continue
                    here = states[target]
                    wider = joins[target] > WIDEN and here.widen(arriving, f"{target:#x}")
                    if here.join(arriving, f"{target:#x}") or wider:
                        joins[target] += 1
                        waiting.append(target)
        return after

    def _block(
        self, address: int, state: State, seen: Seen, known: Mapping[int, State]
    ) -> list[tuple[Instruction, State, list[tuple[int, State]]]]:
        """Runs to the next branch, or to an instruction where something else comes in."""
        while True:
            code = self.program.instructions.get(address)
            if code is None:
                return []
            seen.reached.add(address)
            nexts = self._step(code, state, seen)
            if nexts is not None:
                return [(code, state, nexts)]
            if code.end in known or code.end in self.program.joints:
                return [(code, state, [(code.end, state)])]
            seen.edges.add((code.address, code.end))
            address = code.end

    def _step(self, code: Instruction, state: State, seen: Seen) -> list[tuple[int, State]] | None:
        """Applies an instruction; where it may go, None for just behind itself."""
        self._note(code, state, seen)
        if code.mnemonic == "call":
            return self._called(code, state, seen)
        if is_conditional(code):
            ways = []
            target = self.program.successors(code)[1]
            for where, jumps in ((code.end, False), (target, True)):
                way = state.copy()
                if taken(way, code.mnemonic, jumps=jumps):
                    ways.append((where, way))
            return ways
        if code.mnemonic == "retfq":
            self._far(code, state)
        following = self.program.successors(code)
        if code.mnemonic == "jmp":
            return [(target, state.copy()) for target in following]
        if not following:
            return []
        if following != [code.end]:
            return [(target, state.copy()) for target in following]
        self.effects.apply(state, code)
        if (code.mnemonic != "rsp" and "rsp" in code.writes) or _names_rsp(code):
            self._moved(code, state, seen)
        return None

    def preserved(self, code: Instruction, register: str) -> bool:
        """Whether all that may be called here leave a register as it was, wherever followed."""
        callees = set(self.program.callees(code))
        return all(
            summary.after is None or self._kept(key, summary.after, register)
            for key, summary in self._memo.items()
            if key[0] in callees
        )

    @staticmethod
    def _kept(key: tuple[object, ...], after: State, register: str) -> bool:
        value, entered = after.registers[register], key[1 + REGISTERS.index(register)]
        if isinstance(value, int):
            return value == entered
        return (value.name, value.offset) == (ENTRY + register, 0)

    def _called(self, code: Instruction, state: State, seen: Seen) -> list[tuple[int, State]]:
        """Behind a call: what its functions leave, of all that may be called."""
        push = add(state.registers["rsp"], -8, "call")
        self._touch(push, code.address, seen)
        ways: list[tuple[int, State]] = []
        for target in self.program.callees(code):
            summary = self._summary(target, state)
            if summary is None:
                continue
            self._include(summary.seen, push, code.address, seen)
            if summary.after:
                ways.append((code.end, resumed(code, state, summary.after)))
        return ways

    def _summary(self, target: int, state: State) -> Summary | None:
        if target in self._running:
            text = f"{self.program.where(target)} calls itself, perhaps through others"
            self._complain("KP2330", target, text)
            return None
        entered = entered_by(self.program, target, state)
        key = (target, *entered.registers.values(), entered.facts)
        if key in self._memo:
            return self._memo[key]
        self._contexts[target] = self._contexts.get(target, 0) + 1
        if self._contexts[target] > CONTEXTS:
            entered = State.entered()
            key = (target, *entered.registers.values(), entered.facts)
            if key in self._memo:
                return self._memo[key]
        self._running.append(target)
        seen = Seen()
        after = self._run({target: entered}, seen, function=True)
        self._running.pop()
        self._memo[key] = Summary(after, seen)
        return self._memo[key]

    def _returned(
        self, code: Instruction, state: State, after: State | None, *, function: bool
    ) -> State | None:
        rsp = state.registers["rsp"]
        if not function or rsp != RETURN:
            held = "no function was called" if not function else f"RSP is {_shown(rsp)}"
            text = f"`{code.text}` does not go back to the caller: {held}"
            self._complain("KP2331", code.address, text)
            return after
        if after is None:
            return state.copy()
        after.join(state, f"after:{code.address:#x}")
        return after

    def _far(self, code: Instruction, state: State) -> None:
        """A far return to an address that was pushed is a jump there."""
        target = state.slots.get(slot(state.registers["rsp"]))
        if isinstance(target, int) and code.address not in self.program.far:
            self.program.far[code.address] = target
            self.program.enter([target])
        move_stack(state, 16, "far")

    def _moved(self, code: Instruction, state: State, seen: Seen) -> None:
        """RSP is another: how deep is that, and on which stack."""
        source = code.operands[-1] if code.mnemonic in ("mov", "lea") else None
        rsp = state.registers["rsp"]
        if source is not None and not (isinstance(rsp, Value) and rsp.name == TASK_FRAME):
            for key in [key for key in state.slots if key[0] == TASK_FRAME]:
                del state.slots[key]
        if source is not None and isinstance(rsp, Value) and not rsp.name.startswith(ENTRY):
            base = rsp.name
            within = isinstance(source, Memory) and source.base == "rsp" and code.mnemonic == "lea"
            if not within and base not in seen.loads:
                seen.loads[base] = (code.address, rsp.offset)
        self._touch(rsp, code.address, seen)

    def _touch(self, rsp: Known, address: int, seen: Seen) -> None:
        if isinstance(rsp, Value):
            seen.deepen(rsp.name, rsp.offset, address)
            return
        place = self.program.subject.region_at(rsp)
        if place is None:
            self._complain("KP2332", address, f"RSP is {rsp:#x}, which is in no region")
            return
        seen.deepen(f"region {place.name}", rsp - place.end, address)

    def _include(self, inner: Seen, push: Known, call: int, seen: Seen) -> None:
        """A called function's findings are its caller's, its frame below the caller's."""
        seen.loads.update(inner.loads)
        for base, depth in inner.depths.items():
            if base == RETURN.name:
                self._touch(add(push, depth, "call"), inner.deepest[base], seen)
            else:
                seen.deepen(base, depth, inner.deepest[base])
        if id(inner) in seen.included:
            return
        seen.included.add(id(inner))
        seen.edges |= inner.edges
        seen.reached |= inner.reached
        for address, count in inner.counts.items():
            seen.counts[address] = max(count, seen.counts.get(address, 0))
        for address, index in inner.indices.items():
            seen.indices[address] = max(index, seen.indices.get(address, 0))
        for key, values in inner.writes.items():
            mine = seen.writes.setdefault(key, [])
            mine += [value for value in values if value not in mine]
        seen.waits.update(inner.waits)
        for way, known in inner.arrivals.items():
            seen.merge(way, known)

    def _note(self, code: Instruction, state: State, seen: Seen) -> None:
        """Records what checks want to know of single instructions."""
        registers, name = state.registers, code.mnemonic
        if code.prefix.startswith("rep"):
            count = most(registers["rcx"])
            seen.counts[code.address] = max(count, seen.counts.get(code.address, 0))
        if name in ("jmp", "call") and isinstance(code.operands[0], Memory):
            index = most(registers.get(code.operands[0].scaled, unknown("")))
            seen.indices[code.address] = max(index, seen.indices.get(code.address, 0))
        elif name == "wrmsr":
            msr = registers["rcx"]
            number = f"{msr:#x}" if isinstance(msr, int) else "unknown"
            self._wrote(seen, code, f"msr {number}", registers["rax"], registers["rdx"])
        elif name == "mov" and isinstance(code.operands[0], Register):
            target, source = code.operands
            if isinstance(target, Register) and target.name[:2] in ("cr", "dr", "ss"):
                value = self.effects.read(state, source, "")
                loose = 0
                if isinstance(source, Register):
                    loose = state.loose.get(source.whole, 0) & may(value)
                self._wrote(seen, code, target.name, value, loose)
        elif name in DESCRIPTORS:
            value = unknown("")
            if code.operands and isinstance(code.operands[0], Memory):
                self._wrote(seen, code, name, code.operands[0].disp & ALL)
            elif code.operands:
                self._wrote(seen, code, name, self.effects.read(state, code.operands[0], ""))
        elif name == "hlt" and self.program.waits(code.address):
            seen.waits[code.address] = registers["rsp"]

    @staticmethod
    def _wrote(seen: Seen, code: Instruction, what: str, *values: Known) -> None:
        found = seen.writes.setdefault((code.address, what), [])
        if values not in found:
            found.append(values)

    def _complain(self, code: str, address: int, text: str) -> None:
        place = self.program.place(address)
        self.problems.setdefault((code, address), Problem(code, place, text))


def _names_rsp(code: Instruction) -> bool:
    first = code.operands[0] if code.operands else None
    return isinstance(first, Register) and first.whole == "rsp" and code.mnemonic != "cmp"


def _shown(value: Known) -> str:
    if isinstance(value, int):
        return f"{value:#x}"
    if value.name == RETURN.name:
        return f"{value.offset:+#x} from where it was"
    return "not known"
