"""Tables of operations for `guests/calls.asm`: written as assembly, read back as results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kobjects.kernel.abi import Abi, Status
from packer.machine.outcome import Outcome
from tests.stages.harness import lines

POISON = 0x7E57 << 48
"""What a register has that a row does not set, plus its place in `ORDER`."""

WORDS = ("rsi", "rdx", "r8", "r9", "r10", "rbx", "r12", "r13", "r14", "rbp")
"""The registers of a message's ten words, in their order."""

ORDER = ("rax", "rdi", *WORDS, "rcx", "r11", "r15")
"""The registers in the order in which a guest prints them."""

NAME_BYTES = 24


@dataclass(frozen=True)
class Row:
    """One operation. Registers are assembly expressions; None leaves the poison there."""

    name: str
    rax: str
    rdi: str | None = None
    rsi: str | None = None
    rdx: str | None = None
    r8: str | None = None
    do: str = "do_call"

    def text(self) -> str:
        assert len(self.name) < NAME_BYTES
        given = (self.rax, self.rdi, self.rsi, self.rdx, self.r8)
        values = [
            str(POISON + place) if value is None else value for place, value in enumerate(given)
        ]
        quads = "".join(f"    .quad   {value}\n" for value in (self.do, *values))
        rest = NAME_BYTES - len(self.name)
        return f'{quads}    .ascii  "{self.name}"\n    .zero   {rest}\n'


@dataclass(frozen=True)
class Result:
    """What a row left: every register, and what lies in the message buffer."""

    name: str
    registers: dict[str, int]
    first: int
    last: int
    changed: int
    wrong: int

    @property
    def status(self) -> Status:
        return Status((self.registers["rax"] & Abi.STATUS_MASK) >> Abi.STATUS_SHIFT)

    @property
    def words(self) -> list[int]:
        return [self.registers[name] for name in WORDS]


def rows_text(rows: Iterable[Row]) -> str:
    """The table `rows`, with the row that ends it."""
    body = "".join(row.text() for row in rows)
    return f"    .align  8\nrows:\n{body}    .quad   0\n"


def results(outcome: Outcome) -> Iterator[Result]:
    """Every line of a table, in the order of printing."""
    for line in lines(outcome):
        key, *rest = line.split() or [""]
        if key == "result":
            name, *numbers = rest
            words = [int(number, 16) for number in numbers]
            assert len(words) == len(ORDER) + 4, line
            registers = dict(zip(ORDER, words, strict=False))
            yield Result(name, registers, *words[len(ORDER) :])
