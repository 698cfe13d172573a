"""What `ipc_init` writes to the registers of SYSCALL, read from the image's bytes.

An emulator does not show all of it: it drops DF by itself and nothing reveals AC. So the operands
of the WRMSRs are decoded by capstone and held to the meaning of the flags and selectors.
"""

from __future__ import annotations

import capstone  # type: ignore[import-untyped]
import pytest

from kobjects.cpu.control import Rflags
from kobjects.cpu.msr import Msr, Star
from kobjects.cpu.segments import Rpl
from packer.build import build
from packer.image import Image
from packer.manifest import DEMONSTRATION, load
from stages.selectors import Selector


@pytest.fixture(scope="module")
def image() -> Image:
    return build(load(DEMONSTRATION).system)


@pytest.fixture(scope="module")
def written(image: Image) -> dict[int, int]:
    """MSR -> the constant that EDX:EAX has at its WRMSR; addresses go through `write_address`."""
    text = image.layout.placement("kernel.text")
    start = image.symbols["ipc_init"]
    code = image.contents("kernel.text")[start - text.virtual :][:160]
    registers = {"eax": 0, "ecx": 0, "edx": 0}
    found = {}
    for each in capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64).disasm(code, start):
        target, _, value = each.op_str.partition(", ")
        if each.mnemonic == "mov" and target in registers:
            registers[target] = int(value, 0)
        elif each.mnemonic == "xor" and target == value:
            registers[target] = 0
        elif each.mnemonic == "lea" and target == "rax":
            displacement = int(value.strip("[]").replace(" ", "").removeprefix("rip"), 0)
            registers["eax"] = each.address + each.size + displacement
        elif each.mnemonic == "call" and int(each.op_str, 0) == image.symbols["write_address"]:
            found[registers["ecx"]] = registers["eax"]
        elif each.mnemonic == "wrmsr":
            found[registers["ecx"]] = registers["edx"] << 32 | registers["eax"]
        elif each.mnemonic == "jmp":
            break
    return found


def test_syscall_clears_every_flag_that_is_defined(written: dict[int, int]) -> None:
    reserved = ("zero_", "one_")
    named = [field for name, field in Rflags.fields.items() if not name.startswith(reserved)]
    defined = sum(field.mask for field in named)
    assert defined == 0x3F7FD5, "SDM volume 1, EFLAGS Register: CF to ID without the reserved bits"
    assert written[Msr.FMASK] == defined


def test_selectors_come_from_the_gdt_in_the_order_of_star(written: dict[int, int]) -> None:
    star = Star.from_int(written[Msr.STAR])
    assert star.syscall_selector == Selector.KERNEL_CODE
    assert star.syscall_selector + 8 == Selector.KERNEL_DATA
    assert star.sysret_selector == Selector.USER_BASE | Rpl.USER
    assert star.sysret_selector + 8 == Selector.USER_DATA
    assert star.sysret_selector + 16 == Selector.USER_CODE


def test_both_entries_are_the_kernels_and_sysenter_has_none(
    image: Image, written: dict[int, int]
) -> None:
    assert written[Msr.LSTAR] == image.symbols["syscall_entry"]
    assert written[Msr.CSTAR] == image.symbols["syscall_compatibility"]
    assert written[Msr.SYSENTER_CS] == 0
