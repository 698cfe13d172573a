"""Ports belong to threads: each opens what it has while it runs, to the byte, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from kobjects.cpu.exceptions import Vector
from kobjects.kernel.abi import FaultKind, FaultReply
from packer.build import build
from packer.image import Image
from tests.stages import harness
from tests.stages.company import START, endpoint, last, task

pytestmark = pytest.mark.boot

AL, AX, EAX = "al", "ax", "eax"
ONE, TWO = range(0x300, 0x308), range(0x308, 0x310)
"""Neighbours in the bitmap, in one byte each; no device answers there."""


@dataclass(frozen=True)
class Access:
    """`in` or `out` at a port, `width` bytes of it by the register."""

    port: int
    register: str = AL
    out: bool = False

    def __str__(self) -> str:
        return f"{'out' if self.out else 'in'} {self.register} {self.port:#x}"

    @property
    def text(self) -> str:
        operands = f"dx, {self.register}" if self.out else f"{self.register}, dx"
        return f"{'out' if self.out else 'in'} {operands}"

    def allowed(self, ports: range) -> bool:
        """Every byte of the access must be the task's (SDM 1, "I/O Permission Bit Map")."""
        width = {AL: 1, AX: 2, EAX: 4}[self.register]
        return all(port in ports for port in range(self.port, self.port + width))


ACCESSES = [
    Access(port, register, out)
    for out in (False, True)
    for port, register in (
        *((0x2FF, AL), (0x300, AL), (0x307, AL), (0x308, AL), (0x30F, AL), (0x310, AL)),
        *((0x2FF, AX), (0x307, AX), (0x30E, AX), (0x30F, AX)),
        *((0x2FD, EAX), (0x304, EAX), (0x305, EAX), (0x30C, EAX), (0x30D, EAX)),
        *((0x3F8, AL), (0x20, AL), (0x80, AL), (0xF4, AL), (0xFFFF, AL), (0xFFFF, AX)),
        *((0, AL), (0x1300, AL), (0x8300, AL)),
    )
    if not out or port not in (0x20, 0xF4, 0x3F8, 0)  # should it be let through, all ends here
]
TAKERS = {"one": ONE, "two": TWO, "none": range(0)}


def rows() -> str:
    each = [
        f"    mov edx, {access.port:#x}\n    lea rdi, [rip + next_{number}]\n"
        f"    mov eax, {FaultReply.RESUME}\nat_{number}:\n    {access.text}\n"
        f"next_{number}:\n    call next_task\n"
        for number, access in enumerate(ACCESSES)
    ]
    return "".join([*each, "    jmp done\n"])


@pytest.fixture(scope="module")
def refused() -> dict[str, list[int]]:
    """By task, the numbers of the accesses that were #GP, in their order."""
    text = START + task(
        "doctor", "doctor.asm kpack:user/lib.asm", 200,
        console=endpoint("console"), page='{ frame = "page", rights = [] }',
        patient='{ space = "none", rights = [] }',
    )  # fmt: skip
    for badge, (name, ports) in enumerate(TAKERS.items()):
        more = [f'ports = ["{ports.start:#x}-{ports.stop - 1:#x}"]'] if ports else []
        call = endpoint("doctor", badge)
        text += task(name, "taker.asm", 100, 'supervisor = "doctor"', *more, doctor=call)
    of = harness.system(text + last())
    for name in TAKERS:
        of = harness.with_program(of, name, f"rows of {name}", rows())
    image = build(of)
    return told(image, list(harness.words(harness.passed(harness.boot(image)), "told")))


def told(image: Image, reports: list[list[int]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {name: [] for name in TAKERS}
    for _, badge, kind, error, rip, *_ in reports:
        name = list(TAKERS)[badge]
        places = {at: label for label, at in harness.labels(image, name).items()}
        if kind == FaultKind.EXIT << 8:
            continue
        assert (kind, error) == (Vector.GP, 0)
        found[name].append(int(places[rip].removeprefix("at_")))
    return found


@pytest.mark.parametrize("number", range(len(ACCESSES)), ids=map(str, ACCESSES))
@pytest.mark.parametrize("name", TAKERS)
def test_only_own_ports_are_open(refused: dict[str, list[int]], name: str, number: int) -> None:
    assert (number in refused[name]) is not ACCESSES[number].allowed(TAKERS[name])


@pytest.mark.parametrize("name", TAKERS)
def test_each_refusal_is_told_once(refused: dict[str, list[int]], name: str) -> None:
    assert refused[name] == sorted(set(refused[name]))
