"""What keystone 0.9.2 or an author could get wrong, and what to write instead: one rule per form.

Everything here would otherwise assemble to something else than the source says, mostly in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from packer.asm.expressions import Sum
from packer.asm.fold import SHIFTS
from packer.asm.items import Instruction
from packer.asm.operands import Far, Immediate, Memory, Named
from packer.asm.registers import Register, words
from packer.asm.source import Complaint

PREFIXES = frozenset(words("lock rep repe repz repne repnz"))

_ANY = (16, 32, 64)
# Mnemonic: the modes in which it is refused, what is wrong, what to write.
_DENIED: dict[str, tuple[tuple[int, ...], str, str]] = {
    "pushf": ((32, 64), "pushf pushes 16 bits", "write pushfd or, in 64-bit code, pushfq"),
    "popf": ((32, 64), "popf pops 16 bits", "write popfd or, in 64-bit code, popfq"),
    "pusha": ((32,), "pusha pushes 16-bit registers", "write pushad"),
    "popa": ((32,), "popa pops 16-bit registers", "write popad"),
    "iret": ((32, 64), "iret pops 16-bit values", "write iretd or, in 64-bit code, iretq"),
    "sysret": (_ANY, "sysret doesn't say to which mode", "write sysretq (64-bit) or sysretd"),
    "swapgs": ((16, 32), "swapgs exists in 64-bit code only", ""),
    "lret": (_ANY, "lret is the AT&T name", "write retf or, in 64-bit code, retfq"),
    "lretq": (_ANY, "lretq is the AT&T name", "write retfq"),
    "ljmp": (_ANY, "ljmp is the AT&T name", "write jmp far selector:offset, or jmp fword ptr […]"),
    "lcall": (
        _ANY,
        "lcall is the AT&T name",
        "write call far selector:offset, or call fword ptr […]",
    ),
    "movabs": (_ANY, "movabs is the AT&T name", "write mov: it takes 64 bits by itself"),
}

# Mnemonics whose memory operand has one size, whatever is written.
_SIZE_IMPLIED = frozenset(
    words(
        "lgdt lidt sgdt sidt invlpg lea fxsave fxsave64 fxrstor fxrstor64 xsave xsave64 xsavec "
        "xsavec64 xsaveopt xsaveopt64 xsaves xsaves64 xrstor xrstor64 xrstors xrstors64 clflush "
        "clflushopt clwb prefetchnta prefetcht0 prefetcht1 prefetcht2 prefetchw cmpxchg8b "
        "cmpxchg16b ldmxcsr stmxcsr fldcw fnstcw fnstsw fldenv fnstenv fnsave frstor invpcid "
        "invept invvpid vmptrld vmptrst vmclear vmxon"
    )
)
# Mnemonics whose register operand says nothing about the width of the memory operand.
_SIZE_NEEDED = SHIFTS | {"movzx", "movsx", "movsxd", "crc32", "cvtsi2sd", "cvtsi2ss"}

# What LOCK may stand before; the destination must be memory: Intel SDM 2, "LOCK".
_LOCKABLE = frozenset(
    words(
        "add adc and btc btr bts cmpxchg cmpxchg8b cmpxchg16b dec inc neg not or sbb sub xor xadd "
        "xchg"
    )
)


def deny(instruction: Instruction) -> None:
    """Raise a Complaint if the mnemonic is refused in this mode."""
    modes, message, advice = _DENIED.get(instruction.mnemonic, ((), "", ""))
    if instruction.mode in modes:
        raise instruction.complain("KP1024", message, advice)


def check(instruction: Instruction) -> None:
    """Raise a Complaint if the operands are refused; for what keystone is to encode."""
    for rule in _RULES:
        rule(instruction)


def _prefix(instruction: Instruction) -> None:
    """keystone takes any prefix before anything."""
    prefix, mnemonic, operands = instruction.prefix, instruction.mnemonic, instruction.operands
    if not prefix:
        return
    if prefix != "lock":
        raise Complaint(
            "KP1023", f"{prefix} doesn't apply to {mnemonic}", "it repeats instructions like movsb"
        )
    memory = [isinstance(operand, Memory) for operand in operands]
    written = any(memory) if mnemonic == "xchg" else memory[:1] == [True]
    if mnemonic not in _LOCKABLE or not written:
        raise Complaint(
            "KP1023", "lock needs a read-modify-write of memory", "elsewhere it is #UD at run time"
        )


def _operand_kinds(instruction: Instruction) -> None:
    """Kinds of operand that keystone would reinterpret."""
    mnemonic, operands = instruction.mnemonic, instruction.operands
    for operand in operands:
        if isinstance(operand, Far):
            raise Complaint("KP1024", "only jmp and call take a far pointer", column=operand.column)
    if operands and isinstance(operands[0], Immediate) and isinstance(operands[0].value, Sum):
        raise Complaint(
            "KP1024", f"{mnemonic} can't take an address as its first operand",
            "memory is written in brackets: [rip + label]",
            column=operands[0].column, unknown=operands[0].value.symbols(),
        )  # fmt: skip
    far = any(isinstance(operand, Memory) and operand.bits == 48 for operand in operands)
    if far and mnemonic in ("jmp", "call") and instruction.mode == 16:
        raise instruction.complain(
            "KP1024", "a far pointer in memory has 16 bits of offset in 16-bit code",
            f"write {mnemonic} far selector:offset",
        )  # fmt: skip
    if mnemonic == "lea" and operands and not isinstance(operands[-1], Memory):
        raise Complaint(
            "KP1024", "lea takes its address in brackets", "write lea rdi, [rip + label]",
            column=operands[-1].column,
        )  # fmt: skip
    registers = [op.register for op in operands if isinstance(op, Named)]
    if mnemonic == "xchg" and len(registers) == 2 and registers[0] == registers[1]:
        raise instruction.complain(
            "KP1024", f"xchg {registers[0].name} with itself may be encoded as a nop", "write nop"
        )
    if mnemonic in SHIFTS and len(operands) == 1:
        raise instruction.complain("KP1024", f"{mnemonic} has no count", "write the 1, or cl")


def _size_stated(instruction: Instruction) -> None:
    """A memory operand needs a width unless a register or the mnemonic gives it."""
    memory = next((op for op in instruction.operands if isinstance(op, Memory)), None)
    mnemonic = instruction.mnemonic
    if memory is None or memory.bits or mnemonic in _SIZE_IMPLIED:
        return
    if instruction.mode == 64 and mnemonic in ("jmp", "call"):
        return  # always 64 bits
    telling = any(register.kind != "control" for register in _named(instruction))
    if not telling or mnemonic in _SIZE_NEEDED:
        raise Complaint(
            "KP1025", "the width of this memory operand is not said",
            "write byte ptr, word ptr, dword ptr or qword ptr before the bracket",
            column=memory.column,
        )  # fmt: skip


def _high_bytes(instruction: Instruction) -> None:
    """ah, bh, ch and dh can't be encoded beside a REX prefix; keystone exits or lies about it."""
    named = list(_named(instruction))
    high = next((register for register in named if register.high_byte), None)
    if high is None:
        return
    needs_rex = [r for r in named if r.bits == 64 or r.name in ("spl", "bpl", "sil", "dil")]
    needs_rex += [r for r in (*named, *_addressing(instruction)) if r.number >= 8]
    if needs_rex:
        raise Complaint(
            "KP1026", f"{high.name} can't be used together with {needs_rex[0].name}",
            "shift the byte into place, or use al, bl, cl or dl",
        )  # fmt: skip


def _vectors(instruction: Instruction) -> None:
    """capstone 5.0.9 misreads vector instructions in 16-bit code: nothing would check them."""
    if instruction.mode == 16 and any(r.kind in ("vector", "mmx") for r in _named(instruction)):
        raise instruction.complain(
            "KP1024", f"{instruction.mnemonic} with vector registers in 16-bit code",
            "enter 32- or 64-bit code first",
        )  # fmt: skip


def _segments(instruction: Instruction) -> None:
    """Segments that the processor ignores, and an address from which keystone drops the index."""
    for operand in instruction.operands:
        if not isinstance(operand, Memory):
            continue
        if instruction.mode == 64 and operand.segment not in ("", "fs", "gs"):
            raise Complaint(
                "KP1012", f"64-bit code ignores {operand.segment}:", "only fs: and gs: have a base",
                column=operand.column,
            )  # fmt: skip
        if instruction.mode == 16 and operand.index and not operand.base:
            raise Complaint(
                "KP1012", "keystone drops an index without a base in 16-bit code",
                "zero a register and add it: [ebx + esi*4]",
                column=operand.column,
            )  # fmt: skip


_RULES: tuple[Callable[[Instruction], None], ...] = (
    _prefix, _operand_kinds, _size_stated, _high_bytes, _vectors, _segments,
)  # fmt: skip


def _named(instruction: Instruction) -> Iterator[Register]:
    """The registers that are operands."""
    return (op.register for op in instruction.operands if isinstance(op, Named))


def _addressing(instruction: Instruction) -> Iterator[Register]:
    """The registers inside brackets."""
    for operand in instruction.operands:
        if isinstance(operand, Memory):
            yield from filter(None, (operand.base, operand.index))


_TABLE_REGISTERS = frozenset(words("lgdt lidt sgdt sidt"))
_PREFIX_BYTES = b"\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3"


def stray_prefix(instruction: Instruction, code: bytes) -> int | None:
    """Where keystone put an operand-size prefix that doesn't belong there.

    On lgdt and lidt in 32-bit code it would cut the base to 24 bits. On a move to a segment
    register, or from one to memory, it is idle.
    """
    if instruction.mode == 16 or not _has_no_size(instruction):
        return None
    for position, byte in enumerate(code):
        if byte == 0x66:
            return position
        if byte not in _PREFIX_BYTES:
            break
    return None


def _has_no_size(instruction: Instruction) -> bool:
    if instruction.mnemonic != "mov":
        return instruction.mode == 32 and instruction.mnemonic in _TABLE_REGISTERS
    target, source = instruction.operands
    if isinstance(target, Named):
        return target.register.kind == "segment"
    return isinstance(source, Named) and source.register.kind == "segment"
