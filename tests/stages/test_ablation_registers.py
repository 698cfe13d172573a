"""What `ipc_init` writes to MSRs is what its own lines say, whatever was in the registers before.

Nothing shows the upper half of FMASK or the lower of STAR in a machine: both are read from the
instructions, by capstone.
"""

from __future__ import annotations

import capstone  # type: ignore[import-untyped]

from kobjects.cpu.msr import Msr
from packer.build import build
from packer.image import Image
from packer.manifest import DEMONSTRATION, load

SET_HERE = {Msr.STAR, Msr.FMASK, Msr.SYSENTER_CS}
"""Those that are given both halves as constants; addresses go through `write_address`."""


def constants(image: Image) -> dict[int, tuple[int | None, int | None]]:
    """MSR -> EDX and EAX at its WRMSR; None for what no line before it in the function has set."""
    text = image.layout.placement("kernel.text")
    start = image.symbols["ipc_init"]
    code = image.contents("kernel.text")[start - text.virtual :][:400]
    registers: dict[str, int | None] = dict.fromkeys(("eax", "ecx", "edx"))
    found = {}
    for each in capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64).disasm(code, start):
        target, _, value = each.op_str.partition(", ")
        if each.mnemonic == "mov" and target in registers:
            registers[target] = int(value, 0) if value[0].isdigit() else None
        elif each.mnemonic == "xor" and target == value and target in registers:
            registers[target] = 0
        elif each.mnemonic == "call":
            registers = dict.fromkeys(registers)
        elif each.mnemonic == "wrmsr" and registers["ecx"] is not None:
            found[registers["ecx"]] = registers["edx"], registers["eax"]
        elif each.mnemonic in ("jmp", "ret"):
            break
    return found


def test_both_halves_are_constants() -> None:
    found = constants(build(load(DEMONSTRATION).system))
    assert set(found) >= SET_HERE
    for msr in SET_HERE:
        assert None not in found[msr], msr
    assert found[Msr.STAR][1] == 0, "no entry for 32-bit code"
    assert found[Msr.FMASK][0] == 0, "reserved"
    assert found[Msr.SYSENTER_CS] == (0, 0)
