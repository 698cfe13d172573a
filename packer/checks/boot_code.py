"""The code of each way to boot: its instructions, and the registers that it sets for the kernel.

Instructions are decoded line by line in the mode that the line was written for, and every jump
within the unit has to land on one of the same mode; which of them are reached is not followed, nor
are firmware's calls. Values are followed from one label to the next only: what comes from further
away is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from kobjects.cpu.control import Cr0, Cr4, Efer
from kobjects.cpu.msr import Msr
from packer.asm.instructions import Instruction, Register, decode
from packer.checks.result import Result
from packer.checks.tables import KERNEL_TABLES
from packer.errors import Problem
from packer.subject import CodeUnit, Source, Subject

PROTECTED = int(Cr0(protection_enable=True, paging=True, write_protect=True))
LONG = int(Efer(long_mode_enable=True, no_execute_enable=True, syscall_enable=True))
BASELINE = int(Cr4(physical_address_extension=True, page_size_extensions=True))
FAR = ("ljmp", "lcall")


class Line(NamedTuple):
    """An instruction with the line that made it."""

    source: Source
    code: Instruction


def check(subject: Subject) -> Result:
    """By unit and line."""
    problems: list[Problem] = []
    rows: list[dict[str, str | int]] = []
    count = 0
    for unit in subject.boot:
        lines = list(_lines(unit, problems))
        count += len(lines)
        problems += _targets(unit, lines)
        for line, register, value in _loads(unit, lines):
            rows.append({"unit": unit.name, "register": register, "value": f"{value:#x}"})
            if fault := _judged(subject, register, value):
                problems.append(Problem("KP2361", line.source.place, fault))
    return Result(
        "boot code",
        "the boot code is instructions of its modes, and enters the kernel with what it needs",
        {"units": len(subject.boot), "instructions": count, "values": len(rows)},
        rows,
        problems,
    )


def _lines(unit: CodeUnit, problems: list[Problem]) -> Iterator[Line]:
    for source in unit.sources:
        if source.is_data:
            continue
        code = decode(unit.code, source.offset, unit.address + source.offset, source.bits)
        if code is None or code.size != source.size:
            shown = f"`{code.text}` of {code.size} bytes" if code else "no instruction"
            text = f"made {source.size} bytes of {source.bits}-bit code, which are {shown}"
            problems.append(Problem("KP2360", source.place, text))
        else:
            yield Line(source, code)


def _targets(unit: CodeUnit, lines: list[Line]) -> Iterator[Problem]:
    """Jumps and calls within the unit."""
    modes = {line.code.address: line.source.bits for line in lines}
    for source, code in lines:
        first = code.operands[0] if code.operands else None
        goes = code.mnemonic[0] == "j" or code.mnemonic in ("call", "loop")
        if not goes or not isinstance(first, int) or code.mnemonic in FAR:
            continue
        target = first & (1 << max(source.bits, 32)) - 1
        if unit.address <= target < unit.end and modes.get(target) != source.bits:
            text = f"`{code.text}` goes where no instruction of {source.bits}-bit code begins"
            yield Problem("KP2360", source.place, text)


def _loads(unit: CodeUnit, lines: list[Line]) -> Iterator[tuple[Line, str, int]]:
    """What is known to be written to control registers and EFER."""
    labels = set(unit.labels.values())
    known: dict[str, int] = {}
    for line in lines:
        code = line.code
        if code.address in labels:
            known.clear()
        target = code.operands[0] if code.operands else None
        if code.mnemonic == "wrmsr":
            if known.get("rcx") == Msr.EFER and "rax" in known:
                yield line, "EFER", known["rax"]
        elif code.mnemonic == "mov" and isinstance(target, Register) and target.name[:2] == "cr":
            source = code.operands[1]
            if isinstance(source, Register) and source.whole in known:
                yield line, target.name, known[source.whole]
        else:
            _follow(code, known)


def _follow(code: Instruction, known: dict[str, int]) -> None:
    for name in code.writes:
        known.pop(name, None)
    target, *rest = code.operands or (None,)
    if not isinstance(target, Register) or target.size < 4:
        return
    if code.mnemonic == "mov" and isinstance(rest[0], int):
        known[target.whole] = rest[0] & (1 << 8 * target.size) - 1
    elif code.mnemonic == "xor" and rest == [target]:
        known[target.whole] = 0
    else:
        known.pop(target.whole, None)


def _judged(subject: Subject, register: str, value: int) -> str:
    """What is wrong with the value, or nothing."""
    needs: Mapping[str, int] = {"cr0": PROTECTED, "EFER": LONG}
    if register in needs and needs[register] & ~value:
        missing = needs[register] & ~value
        return f"{register} becomes {value:#x}, without {missing:#x}, which the kernel relies on"
    if register == "cr4" and value & ~BASELINE:
        return f"cr4 becomes {value:#x}; beyond {BASELINE:#x} CPUID has to be asked for each bit"
    tables = subject.placement(KERNEL_TABLES)
    if register == "cr3" and tables is not None and value != tables.physical:
        return f"cr3 becomes {value:#x}; {KERNEL_TABLES} lies at {tables.physical:#x}"
    return ""
