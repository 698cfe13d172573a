"""Instructions that guard by what they do to the processor, and those that wipe what was there.

`system:` changes the processor's state: interrupts, flags, control registers, MSRs, tables, TLB.
`zero:` writes 0 over a register or memory, so that nothing of another stays in it. Either is left
out by a NOP.
"""

from __future__ import annotations

from collections.abc import Iterator

from packer.ablation.branches import nop
from packer.ablation.guard import Edit, Guard
from packer.ablation.listing import Coded, Listing
from packer.asm.operands import Immediate, Memory, Named

SYSTEM = frozenset(
    (
        *("cli", "sti", "cld", "clac", "popfq", "clts", "lmsw", "swapgs"),
        *("lgdt", "lidt", "lldt", "ltr", "wrmsr", "xsetbv", "invlpg", "invpcid", "wbinvd"),
        *("fninit", "ldmxcsr", "xrstor", "xrstor64", "fxrstor", "fxrstor64"),
    )
)


def guards(listing: Listing) -> Iterator[Guard]:
    """Of one unit, in address order."""
    for code in listing.codes:
        kind = "system" if _is_system(code) else "zero" if _is_wipe(code) else ""
        if kind:
            edit = Edit(listing.unit.name, code.offset, nop(len(code.code), code.source.mode))
            yield Guard(f"{kind}:{code.name}", "a NOP", (edit,), code.name)


def _is_system(code: Coded) -> bool:
    if code.source.mnemonic in SYSTEM:
        return True
    first = code.source.operands[0] if code.source.operands else None
    return isinstance(first, Named) and first.register.kind in ("control", "debug")


def _is_wipe(code: Coded) -> bool:
    name, operands = code.source.mnemonic, code.source.operands
    if name.startswith("stos"):
        return True
    if name == "xor" and isinstance(operands[0], Named) and isinstance(operands[1], Named):
        return operands[0].register == operands[1].register
    return (
        name == "mov"
        and isinstance(operands[0], Memory)
        and isinstance(operands[1], Immediate)
        and operands[1].value == 0
    )
