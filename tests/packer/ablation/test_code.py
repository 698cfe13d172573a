"""Bits in immediates, instructions that change the processor, instructions that wipe."""

from __future__ import annotations

from collections.abc import Sequence

from kobjects.cpu.control import Cr0, Rflags
from packer.ablation import Guard, bits, instructions
from tests.packer.ablation.sources import read


def only(found: Sequence[Guard], name: str) -> bytes:
    """The bytes that the one guard of this name puts in."""
    (guard,) = (one for one in found if one.name == name)
    (edit,) = guard.edits
    return edit.new


def test_a_bit_is_cleared_where_it_is_set_and_set_where_it_is_cleared() -> None:
    text = """
const BOTH = Cr0.write_protect | Cr0.paging
start:
    mov     eax, BOTH
    or      ecx, Cr0.task_switched
    and     al, ~Cr0.protection_enable & 0xff
    cmp     eax, Cr0.cache_disable
    push    Rflags.carry
    mov     edx, [rdi + Cr0.write_protect]
"""
    found = list(bits.guards(read(text)))
    names = [guard.name.partition("@")[0] for guard in found]
    assert names == [
        "cr0.paging", "cr0.write_protect", "cr0.task_switched", "cr0.protection_enable",
        "rflags.carry",
    ]  # fmt: skip
    file = "@room/file.asm"
    without_wp = only(found, f"cr0.write_protect{file}")
    assert without_wp == b"\xb8" + Cr0(paging=True).build()[:4]
    assert only(found, f"cr0.task_switched{file}") == bytes.fromhex("83c900")
    assert only(found, f"cr0.protection_enable{file}") == bytes.fromhex("24ff")
    assert only(found, f"rflags.carry{file}") == bytes.fromhex("6a00")


def test_a_bit_is_named_after_the_msr_that_it_goes_to() -> None:
    text = """
start:
    mov     ecx, Msr.FMASK
    mov     eax, Rflags.alignment_check | Rflags.trap
    xor     edx, edx
    wrmsr
    mov     r11d, Rflags.trap
"""
    found = list(bits.guards(read(text)))
    assert [guard.name.partition("@")[0] for guard in found] == [
        "fmask.alignment_check", "fmask.trap", "rflags.trap",
    ]  # fmt: skip
    code = only(found, "fmask.alignment_check@room/file.asm")
    assert code == b"\xb8" + Rflags(trap=True, one_1=1).replace(one_1=0).build()[:4]


def test_instructions_that_change_the_processor_or_wipe() -> None:
    text = """
start:
    cli
    mov     cr3, rax
    mov     rax, cr3
    xor     eax, eax
    xor     eax, ecx
    mov     qword ptr [rdi], 0
    mov     qword ptr [rdi], 1
    rep stosq
    cli
    hlt
"""
    assert [one.name for one in instructions.guards(read(text))] == [
        "system:room/file.asm:start:cli",
        "system:room/file.asm:start:mov cr3, rax",
        "zero:room/file.asm:start:xor eax, eax",
        "zero:room/file.asm:start:mov qword ptr [rdi], 0",
        "zero:room/file.asm:start:rep stosq",
        "system:room/file.asm:start:cli#2",
    ]
