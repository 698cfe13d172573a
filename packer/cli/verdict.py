"""Telling a person how a run ended, and a script by exit status."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from kobjects.kernel.addresses import User
from packer.cli.exits import Exit
from packer.errors import Problem
from packer.image import Image, LinkedUnit
from packer.machine.outcome import Outcome, Status

TAIL = 20
"""Lines of serial output that a failure repeats."""

EXITS: Mapping[Status, Exit] = {
    Status.PASSED: Exit.OK,
    Status.FAILED: Exit.GUEST,
    Status.ENDED: Exit.GUEST,
    Status.TIMED_OUT: Exit.TIME_OUT,
    Status.RESET: Exit.RESET,
    Status.BROKEN: Exit.TOOL,
}
CODES: Mapping[Status, str] = {
    Status.FAILED: "KP4101",
    Status.ENDED: "KP4102",
    Status.TIMED_OUT: "KP4103",
    Status.RESET: "KP4104",
    Status.BROKEN: "KP4105",
}

_REGISTER = re.compile(r"\b([A-Z0-9]{3}) ?=([0-9a-f]+)")


def command_line(outcome_command: list[str]) -> str:
    """A command as a shell takes it."""
    return f"$ {shlex.join(outcome_command)}"


def summary(outcome: Outcome, place: str, image: Image | None, *, shown: bool) -> str:
    """The end of a run, for standard error. `shown`: its serial output has been seen already."""
    if outcome.passed:
        return f"kpack: passed in {outcome.seconds:.2f} s: {outcome.reason}"
    problem = Problem(CODES[outcome.status], place, outcome.reason)
    return "\n".join([str(problem), *_evidence(outcome, image, shown)])


def as_data(outcome: Outcome) -> dict[str, Any]:
    """An outcome as JSON can hold it."""
    return {
        "status": outcome.status.value,
        "reason": outcome.reason,
        "exit_code": outcome.exit_code,
        "seconds": round(outcome.seconds, 4),
        "command": list(outcome.command),
        "serial": outcome.serial,
        "screen": list(outcome.screen),
        "registers": outcome.registers,
    }


def _evidence(outcome: Outcome, image: Image | None, shown: bool) -> Iterator[str]:
    if outcome.errors:
        yield f"QEMU said:\n{_indented(outcome.errors)}"
    if not shown:
        tail = outcome.serial.splitlines()[-TAIL:]
        yield "the guest's last lines:\n" + _indented("\n".join(tail) or "(it sent nothing)")
    if outcome.registers:
        where = location(outcome.registers, image) if image else ""
        yield f"registers{where}:\n{_indented(outcome.registers)}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())


def location(registers: str, image: Image) -> str:
    """Where the instruction pointer is, by label: " in kernel.text, syscall_entry + 0x12"."""
    values = {name: int(value, 16) for name, value in _REGISTER.findall(registers)}
    rip = values.get("RIP")
    if rip is None:
        return ""
    for name, (start, end), labels in _code_in_force(image, values.get("CR3", 0)):
        if start <= rip < end:
            before = [label for label in labels if labels[label] <= rip]
            near = max(before, key=lambda label: labels[label], default=None)
            label = f", {near} + {rip - labels[near]:#x}" if near else ""
            return f" in {name}{label}"
    return " outside of all code"


def _code_in_force(
    image: Image, cr3: int
) -> Iterator[tuple[str, tuple[int, int], Mapping[str, int]]]:
    """(name, first address and the one behind, labels) of the code that is mapped by these page
    tables. All tasks' code has the same addresses.
    """
    for task in image.system.tasks:
        if image.symbols.physical(f"pml4.{task.name}") != cr3 & -4096:
            continue
        if task.executable is None:
            yield _unit(image.units[f"task.{task.name}.text"])
            continue
        labels = {label.name: label.address for label in task.executable.labels}
        for segment in task.executable.segments:
            if segment.access.executable:
                end = segment.address + segment.size
                yield f"task.{task.name}", (segment.address, end), labels
    yield from (_unit(unit) for unit in image.units.values() if unit.address >= User.LIMIT)


def _unit(unit: LinkedUnit) -> tuple[str, tuple[int, int], Mapping[str, int]]:
    return unit.name, (unit.address, unit.end), unit.labels()
