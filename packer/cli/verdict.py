"""Telling a person how a run ended, and a script by exit status."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from packer.cli.exits import Exit
from packer.errors import Problem
from packer.image import Image
from packer.live.where import locate
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
    where = locate(image, rip, values.get("CR3", 0))
    return f" in {where}" if where else " outside of all code"
