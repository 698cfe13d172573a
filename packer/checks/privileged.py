"""Instructions that ring 0 alone may execute stand where the stages say, and all of those do.

Assumed: what is listed in CPL_0 is all that raises #GP outside of ring 0, I/O included (SDM 3,
"Privileged Instructions"; SDM 1, "I/O Privilege Level"). What they write is judged by registers.py.
"""

from __future__ import annotations

from collections import defaultdict

from packer.asm.instructions import Instruction, Register
from packer.checks.result import Result
from packer.errors import Problem
from packer.flow.kernel import Kernel
from stages.claims import Privileged

CPL_0 = frozenset(
    (
        *("cli", "sti", "hlt", "in", "out", "insb", "insw", "insd", "outsb", "outsw", "outsd"),
        *("lgdt", "lidt", "lldt", "ltr", "lmsw", "clts", "invlpg", "invpcid", "invd", "wbinvd"),
        *("rdmsr", "wrmsr", "xsetbv", "xsaves", "xrstors", "swapgs", "iretq", "iretd", "iret"),
        *("sysretq", "sysret", "sysexit", "stac", "clac", "monitor", "mwait", "rdpmc", "popfq"),
        *("wrfsbase", "wrgsbase", "wbnoinvd", "setssbsy", "wrussq", "vmxon", "vmrun", "skinit"),
    )
)
"""POPFQ and IRETQ run in ring 3, too: in ring 0 they change IF and IOPL."""
REGISTERS = ("cr", "dr")


def check(kernel: Kernel) -> Result:
    """Both ways: what is not claimed, and claims that no instruction meets."""
    program = kernel.program
    found: dict[str, list[str]] = defaultdict(list)
    where: dict[str, int] = {}
    for address, code in sorted(kernel.reached.items()):
        if name := privileged(code):
            label = program.label(address)
            found[label].append(name)
            where.setdefault(label, address)
    claims = {
        claim.label: list(claim.instructions)
        for claim in kernel.subject.claims
        if isinstance(claim, Privileged)
    }
    problems = []
    for label in sorted({*found, *claims}):
        is_, should = found.get(label, []), claims.get(label, [])
        if is_ != should:
            text = f"has {_listed(is_)}; its stage claims {_listed(should)}"
            help_ = f'if that is right: Privileged("{label}", {is_!r})'
            place = program.place(where[label]) if label in where else label
            problems.append(Problem("KP2313", place, text, help_))
    return Result(
        "privileged",
        "privileged instructions stand where the stages claim them, and nowhere else",
        {"instructions": sum(map(len, found.values())), "labels": len(found)},
        [{"label": label, "instructions": ", ".join(names)} for label, names in found.items()],
        problems,
    )


def privileged(code: Instruction) -> str:
    """The instruction's name here if it is privileged, such as "mov cr3"; else nothing."""
    if code.mnemonic in CPL_0:
        return code.mnemonic
    if code.mnemonic == "mov":
        for operand in code.operands:
            if isinstance(operand, Register) and operand.name.startswith(REGISTERS):
                target = code.operands[0] == operand
                return f"mov {operand.name}" if target else f"read {operand.name}"
    return ""


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"
