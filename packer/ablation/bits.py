"""Bits of control registers, MSRs, flags and page-table entries that the code sets by name.

Every bit is one that an instruction's immediate takes from a schema of `kobjects.cpu`; it is left
out by turning it over in the immediate's bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from kobjects.word import Word
from packer.ablation.guard import Edit, Guard
from packer.ablation.listing import Coded, Listing
from packer.asm.operands import Immediate
from stages import names

WRITES = frozenset(("mov", "or", "and", "xor", "push"))
PROCESSOR = "kobjects.cpu."
NEARBY = 6
"""Instructions between the one that chooses an MSR and the ones around it."""


def guards(listing: Listing) -> Iterator[Guard]:
    """Of one unit, in address order: `register.field@file`, or the place where the file has two."""
    found = list(_found(listing))
    count = Counter((name, code.file) for name, code, _ in found)
    for name, code, edit in found:
        where = code.file if count[name, code.file] == 1 else code.name
        yield Guard(f"{name}@{where}", f"not in {code.text}", (edit,), code.name)


def _found(listing: Listing) -> Iterator[tuple[str, Coded, Edit]]:
    for number, code in enumerate(listing.codes):
        last = code.source.operands[-1] if code.source.operands else None
        if code.source.mnemonic not in WRITES or not isinstance(last, Immediate):
            continue
        if not isinstance(last.value, int):
            continue
        for name in sorted(listing.names(code)):
            mask = _masks().get(name)
            changed = mask and _turned(code, last.value, mask)
            if changed:
                schema, field = name.split(".")
                register = _msr(listing, number) or schema.lower()
                yield f"{register}.{field}", code, Edit(listing.unit.name, code.offset, changed)


def _turned(code: Coded, value: int, mask: int) -> bytes | None:
    """The instruction without the bits, or with them where an AND clears them; else None."""
    clears = code.source.mnemonic == "and"
    if value & mask != (0 if clears else mask):
        return None
    wanted = value | mask if clears else value & ~mask
    for size in (8, 4, 2, 1):
        old = value.to_bytes(9, "little", signed=value < 0)[:size]
        if size < len(code.code) and code.code.endswith(old):
            new = wanted.to_bytes(9, "little", signed=wanted < 0)[:size]
            return code.code[:-size] + new if new != old else None
    raise ValueError(f"{code.name}: {value:#x} is not at the end of its bytes")


def _msr(listing: Listing, here: int) -> str:
    """The MSR, in lower case, that the value goes to: one is chosen before, and written after."""
    codes = listing.codes
    behind = [one.source.mnemonic for one in codes[here + 1 : here + NEARBY]]
    if "wrmsr" not in behind or any(
        name.startswith("j") for name in behind[: behind.index("wrmsr")]
    ):
        return ""
    for code in reversed(codes[max(0, here - NEARBY) : here]):
        for name in listing.names(code):
            if name.startswith("Msr."):
                return name.removeprefix("Msr.").lower()
        if code.source.mnemonic == "wrmsr":
            break
    return ""


@cache
def _masks() -> Mapping[str, int]:
    """`Schema.field` -> mask, of the processor's words among the names of assembly."""
    known: tuple[Any, ...] = (*names.INTERFACE, *names.DEVICES, *names.KERNEL)
    return {
        f"{schema.__name__}.{name}": int(field.mask)
        for schema in known
        if issubclass(schema, Word) and schema.__module__.startswith(PROCESSOR)
        for name, field in schema.fields.items()
    }
