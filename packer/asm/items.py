"""What a source becomes before its bytes have offsets: labels, instructions, chunks, gaps."""

from __future__ import annotations

from dataclasses import dataclass, field

from packer.asm.expressions import Sum
from packer.asm.operands import Operand
from packer.asm.source import Complaint, Place


@dataclass(frozen=True, slots=True)
class Label:
    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction with folded operands. `mode` is 16, 32 or 64; `prefix` may be empty."""

    place: Place
    mode: int
    prefix: str
    mnemonic: str
    column: int
    operands: tuple[Operand, ...]

    def complain(self, code: str, message: str, help: str = "") -> Complaint:
        """A complaint about the mnemonic."""
        return Complaint(code, message, help, column=self.column, length=len(self.mnemonic))


@dataclass(frozen=True, slots=True)
class Patch:
    """A field of a chunk whose value needs addresses.

    `relative` values count from the end of the chunk. `signed`: the processor sign-extends the
    field. If not, an address must fit it unsigned; a difference of labels may use either range.
    """

    offset: int
    size: int
    value: Sum
    relative: bool = False
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of one line: an encoded instruction or data."""

    place: Place
    code: bytes
    patches: tuple[Patch, ...] = ()
    is_data: bool = False


@dataclass(slots=True)
class Branch:
    """A jump or call whose size depends on the distance.

    `short` and `near` are the opcodes of the 8-bit and of the full form; either may be empty.
    """

    place: Place
    target: Sum
    short: bytes
    near: bytes
    displacement: int = 4
    use_near: bool = field(default=False)

    @property
    def size(self) -> int:
        return len(self.near) + self.displacement if self.use_near else len(self.short) + 1


@dataclass(frozen=True, slots=True)
class Align:
    """Pad to a multiple of `boundary`: with zeros behind data, with NOPs of `mode` behind code."""

    place: Place
    boundary: int
    mode: int


@dataclass(frozen=True, slots=True)
class Org:
    """Pad with zeros up to `offset`, counted from the start of the unit."""

    place: Place
    offset: int


@dataclass(frozen=True, slots=True)
class Mode:
    """From here on, code is `bits`-bit code. It has no bytes."""

    place: Place
    bits: int


Item = Label | Instruction | Chunk | Branch | Align | Org | Mode
Placed = Label | Chunk | Branch | Align | Org | Mode
