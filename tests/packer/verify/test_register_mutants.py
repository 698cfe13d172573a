"""One change where registers are loaded or the machine is brought up, and its check finds it."""

from __future__ import annotations

from dataclasses import replace

from kobjects.cpu.msr import Msr
from packer.build import artifacts
from packer.checks import (
    boot_code,
    cr4_gates,
    registers,
)
from packer.subject import Subject
from tests.packer.verify.images import (
    built,
    changed,
    codes,
    demonstration,
    find,
    found,
    kernel,
    patched,
    texts,
    unnumbered,
)


def test_a_flag_that_syscall_leaves_to_the_task() -> None:
    """FMASK without DF: bit 10."""
    kernel_ = patched("ipc_init", "mov eax, 0x3f7fd5", "b8d57b3f00")
    (text,) = found(registers.check(kernel_), "KP2356")
    assert "FMASK becomes 0x3f7bd5, which leaves direction to the task" in text


def test_a_sysret_base_without_its_segments() -> None:
    kernel_ = patched("ipc_init", "mov edx, 0x1b0008", "ba08001300")
    faults = found(registers.check(kernel_), "KP2358")
    assert any(
        "SYSRET's CS is 0x23, which is not a 64-bit code segment of ring 3" in t for t in faults
    )


def test_an_msr_that_is_not_written() -> None:
    kernel_ = patched("ipc_init", f"mov ecx, {int(Msr.CSTAR):#x}", "b9830100c0")
    (text,) = found(registers.check(kernel_), "KP2354")
    assert text == "kernel.text: error[KP2354]: no way in writes the MSR CSTAR"


def test_an_msr_whose_number_comes_from_memory() -> None:
    kernel_ = patched("ipc_init", f"mov ecx, {int(Msr.CSTAR):#x}", "0fb64c1b10")
    assert "MSR whose number the code does not show" in found(registers.check(kernel_), "KP2350")[0]


def test_write_protection_that_is_taken_away() -> None:
    """`and eax, -9`: TS is cleared, and what is left of CR0 is not shown to be all the rest."""
    kernel_ = patched("refuse_vectors", "or eax, 8", "83e0f7")
    (text,) = found(registers.check(kernel_), "KP2352")
    assert "PE, WP and PG have to stay set" in text


def test_a_table_pointer_of_another_size() -> None:
    subject = demonstration()
    pointer = subject.symbols["idt_pointer"]
    (text,) = found(registers.check(kernel(changed(subject, pointer, "ff0e"))), "KP2353")
    assert "lidt loads base" in text
    assert "limit 0xeff; the region idt is" in text


def test_a_cr4_bit_behind_the_test_of_another_feature() -> None:
    kernel_ = patched("features_init.no_vectors", "test ebx, 0x80", "f7c300010000")
    assert unnumbered(cr4_gates.check(kernel_).problems) == [
        "features_init.asked+0x6 (stages/boot/features.asm): error[KP2351]: may set Cr4.smep "
        "without having seen Leaf7Ebx.smep"
    ]


def test_a_cr4_bit_whose_leaf_nobody_asked_for() -> None:
    """The jump behind the comparison with leaf 7 is a NOP: SMEP, SMAP and UMIP are guesses."""
    subject = demonstration()
    jump = f"jb {subject.symbols['features_init.asked']:#x}"
    result = cr4_gates.check(patched("features_init.no_vectors", jump, "6690"))
    assert codes(result.problems) == ["KP2351"] * 3


def boot(target: str, old: str, new: str) -> list[str]:
    """What is found when bytes of the boot code are others, both in hexadecimal."""
    (unit,) = (file.boot for file in artifacts(built(), [target]) if file.boot)
    assert unit.code.count(bytes.fromhex(old)) == 1
    code = unit.code.replace(bytes.fromhex(old), bytes.fromhex(new))
    subject = Subject.of(built(), [replace(unit, code=code)])
    assert boot_code.check(Subject.of(built(), [unit])).problems == []
    return texts(boot_code.check(subject).problems)


def test_long_mode_without_nx() -> None:
    """EFER is 0x901: LME, NXE, SCE. NX bits in the tables would be reserved ones."""
    (text,) = boot("pvh", "b801090000", "b801010000")
    assert text.endswith(
        "error[KP2361]: EFER becomes 0x101, without 0x800, which the kernel relies on"
    )


def test_paging_without_write_protection() -> None:
    (text,) = boot("bios", "b83b000180", "b83b000080")
    assert "cr0 becomes 0x8000003b, without 0x10000, which the kernel relies on" in text


def test_a_cr4_bit_that_the_loader_sets_unasked() -> None:
    (text,) = boot("pvh", "b8200000000f22e0", "b8200010000f22e0")
    assert "cr4 becomes 0x100020; beyond 0x30 CPUID has to be asked for each bit" in text


def test_other_page_tables_than_the_kernels() -> None:
    tables = demonstration().physical("kernel_pml4")
    old, new = tables.to_bytes(4, "little").hex(), (tables + 4096).to_bytes(4, "little").hex()
    (text,) = boot("pvh", f"b8{old}", f"b8{new}")
    assert f"cr3 becomes {tables + 4096:#x}; kernel_pml4 lies at {tables:#x}" in text


def test_a_jump_of_the_loader_into_an_instruction() -> None:
    """`jmp .halt` (EB FD) into the move before: 66 BA F8 03 EE F4."""
    found_ = boot("pvh", "eef4ebfd", "eef4ebf9")
    assert any("goes where no instruction of 32-bit code begins" in text for text in found_)


def test_a_system_call_that_enters_an_instruction() -> None:
    """`lea rax, [rip + syscall_entry]` one byte further."""
    subject = demonstration()
    lea = find(subject, "ipc_init", _entry_lea())
    distance = int.from_bytes(subject.read(lea.address + 3, 4), "little") + 1
    mutant = kernel(changed(subject, lea.address + 3, distance.to_bytes(4, "little")))
    (text,) = found(registers.check(mutant), "KP2355")
    assert text.endswith(
        f"LSTAR becomes {subject.symbols['syscall_entry'] + 1:#x}, which is no instruction of the "
        "kernel"
    )


def _entry_lea() -> str:
    subject = demonstration()
    unit = subject.text
    assert unit is not None
    behind = unit.labels["ipc_init"] + 0x15
    while True:
        distance = subject.symbols["syscall_entry"] - behind
        text = f"lea rax, [rip {'-' if distance < 0 else '+'} {abs(distance):#x}]"
        try:
            return find(subject, "ipc_init", text).text
        except AssertionError:
            behind += 1


def test_sysenter_that_is_let_in() -> None:
    """`xor eax, eax` before the last WRMSR of ipc_init is `mov al, 8`, its upper half FMASK's 0."""
    subject = demonstration()
    number = find(subject, "ipc_init", f"mov ecx, {int(Msr.SYSENTER_CS):#x}")
    mutant = kernel(changed(subject, number.end, "b008"))
    (text,) = found(registers.check(mutant), "KP2357")
    assert "SYSENTER would enter the kernel" in text


def test_boot_code_that_is_another_instruction() -> None:
    """`mov eax, 0x901` becomes five NOPs, of which its line made none."""
    said = "error[KP2360]: made 5 bytes of 32-bit code, which are `nop` of 1 bytes"
    assert any(text.endswith(said) for text in boot("pvh", "b801090000", "9090909090"))
