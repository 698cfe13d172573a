"""Instructions → chunks of bytes: our own encodings first, one batch to keystone for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from packer.asm import check, forms, own, worker
from packer.asm.encode import Encoder
from packer.asm.expressions import Sum
from packer.asm.fold import Folded, fold, width
from packer.asm.items import Chunk, Instruction, Item, Patch, Placed
from packer.asm.operands import Immediate, Memory
from packer.asm.source import Complaint, Report


@dataclass(frozen=True)
class _Waiting:
    """An instruction that keystone encodes, and its slot in the result."""

    slot: int
    instruction: Instruction
    folded: Folded


def translate(items: Sequence[Item], encoder: Encoder, report: Report) -> list[Placed]:
    """Every item with its bytes, in order; an item with a complaint is left out."""
    result: list[Placed | None] = []
    waiting: list[_Waiting] = []
    for item in items:
        if not isinstance(item, Instruction):
            result.append(item)
            continue
        with report.catching(item.place):
            forms.deny(item)
            ready = own.encode(item)
            result.append(ready)
            if ready is None:
                forms.check(item)
                waiting.append(_Waiting(len(result) - 1, item, fold(item)))
    for mode in (16, 32, 64):
        batch = [entry for entry in waiting if entry.instruction.mode == mode]
        replies = encoder.encode(mode, [entry.folded.text for entry in batch]) if batch else {}
        for entry in batch:
            with report.catching(entry.instruction.place):
                result[entry.slot] = _chunk(entry, replies[entry.folded.text])
    return [item for item in result if item is not None]


def _chunk(entry: _Waiting, reply: worker.Reply) -> Chunk:
    instruction, folded = entry.instruction, entry.folded
    decoded = check.agree(instruction, folded, reply)
    code = reply[0]
    assert isinstance(code, bytes)
    patches = tuple(_patch(instruction, folded, operand, decoded) for operand in folded.references)
    for patch in patches:
        code = code[: patch.offset] + bytes(patch.size) + code[patch.offset + patch.size :]
    stray = forms.stray_prefix(instruction, code)
    if stray is not None:
        code = code[:stray] + code[stray + 1 :]
        patches = tuple(replace(patch, offset=patch.offset - 1) for patch in patches)
    return Chunk(instruction.place, code, patches)


def _patch(
    instruction: Instruction,
    folded: Folded,
    operand: Memory | Immediate,
    decoded: worker.Decoded,
) -> Patch:
    """Where capstone found the operand's field; its width must be the placeholder's."""
    *_, displacement_offset, displacement_size, immediate_offset, immediate_size = decoded
    if isinstance(operand, Memory):
        offset, size, value = displacement_offset, displacement_size, operand.displacement
        signed = instruction.mode == 64
        expected = 2 if operand.address_bits == 16 else 4
    else:
        offset, size, value = immediate_offset, immediate_size, operand.value
        placed = next(op for op in folded.operands if isinstance(op, Immediate))
        assert isinstance(placed.value, int)
        expected = (placed.value.bit_length() + 7) // 8
        signed = expected == 4 and width(folded.operands) == 64
    if size != expected or offset == 0:
        raise Complaint("KP1032", f"the address has {size} bytes here, not {expected}", "use .byte")
    assert isinstance(value, Sum)
    relative = isinstance(operand, Memory) and operand.rip
    return Patch(offset, size, value, relative, signed)
