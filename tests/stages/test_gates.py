"""The IDT as built: every gate leads to a stub that pushes what the processor did not.

Decoded by capstone from the image's bytes. Which exceptions push an error code is the table in the
SDM, "Exception and Interrupt Vectors", as tests/kobjects checks it against Linux.
"""

from __future__ import annotations

import capstone  # type: ignore[import-untyped]
import pytest

from kobjects.cpu.exceptions import PUSHES_ERROR_CODE, Vector
from kobjects.cpu.gates import GateDescriptor, GateType
from kobjects.cpu.segments import Ring
from packer.build import build
from packer.image import Image
from packer.manifest import DEMONSTRATION, load
from stages.selectors import Selector
from stages.vectors import Ist

STACKS = {
    Vector.DF: Ist.DOUBLE_FAULT,
    Vector.NMI: Ist.NMI,
    Vector.MC: Ist.MACHINE_CHECK,
    Vector.DB: Ist.DEBUG,
}


@pytest.fixture(scope="module")
def image() -> Image:
    return build(load(DEMONSTRATION).system)


@pytest.fixture(scope="module")
def gates(image: Image) -> tuple[GateDescriptor, ...]:
    return GateDescriptor[256].parse(image.contents("idt"))


def stub(image: Image, address: int) -> list[tuple[str, str]]:
    """Mnemonics and operands from an address up to the first jump."""
    text = image.layout.placement("kernel.text")
    assert text.virtual <= address < text.virtual + text.size
    decoder = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    code = image.contents("kernel.text")[address - text.virtual :][:32]
    found = []
    for instruction in decoder.disasm(code, address):
        found.append((instruction.mnemonic, instruction.op_str))
        if instruction.mnemonic == "jmp":
            break
    return found


def test_every_stub_pushes_its_vector_below_an_error_code(
    image: Image, gates: tuple[GateDescriptor, ...]
) -> None:
    for vector, gate in enumerate(gates):
        *pushes, jump = stub(image, gate.offset)
        expected = [] if vector in PUSHES_ERROR_CODE else [("push", "0")]
        assert pushes[:-1] == expected, vector
        assert pushes[-1][0] == "push"
        assert int(pushes[-1][1], 0) == vector
        entry = "trap_nmi" if vector == Vector.NMI else "trap_entry"
        assert jump == ("jmp", hex(image.symbols[entry]))


def test_gates_are_present_interrupt_gates_of_the_kernels_code(
    gates: tuple[GateDescriptor, ...],
) -> None:
    for gate in gates:
        assert gate.present
        assert gate.type is GateType.INTERRUPT
        assert gate.selector == Selector.KERNEL_CODE
        assert not gate.check()


def test_a_task_may_raise_int3_and_into_only(gates: tuple[GateDescriptor, ...]) -> None:
    open_to_tasks = [vector for vector, gate in enumerate(gates) if gate.dpl is Ring.USER]
    assert open_to_tasks == [Vector.BP, Vector.OF]


def test_four_vectors_have_stacks_of_their_own(gates: tuple[GateDescriptor, ...]) -> None:
    own = {vector: gate.ist for vector, gate in enumerate(gates) if gate.ist}
    assert own == {int(vector): int(stack) for vector, stack in STACKS.items()}
    assert len(set(own.values())) == len(own)
