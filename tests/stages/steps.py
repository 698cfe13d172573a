"""Tasks that perform one step after another: system calls, each with its result printed, and plain
assembly between them.
"""

from __future__ import annotations

from dataclasses import dataclass

from kobjects.kernel.abi import Abi, Call, Receive, Status
from kobjects.kernel.addresses import User
from packer.machine.outcome import Outcome
from stages.model import System
from tests.stages.harness import passed, with_program
from tests.stages.table import ORDER, WORDS, Result, results

PROGRAM = "steps.asm calls.asm kpack:user/lib.asm"
"""What a task's program begins with; `scripted` adds its steps."""

BLOCK = "User.BUFFER + 0x900"
"""Where calls.asm keeps the registers."""


@dataclass(frozen=True)
class Step:
    """One system call. Handle and words are assembly expressions; what is not given is poison."""

    name: str
    call: Call
    handle: str | int | None = None
    words: tuple[str | int, ...] = ()
    count: int | None = None
    """Words that rax tells, if not those that are given."""
    flags: int = 0
    deadline: str | int | None = None
    """With Abi.DEADLINE in `flags`."""

    def text(self, number: int) -> str:
        count = len(self.words) if self.count is None else self.count
        given: dict[str, str | int] = {
            "rax": self.flags | self.call << Abi.NUMBER_SHIFT | count,
            **dict(zip(WORDS, self.words, strict=False)),
        }
        if self.handle is not None:
            given["rdi"] = self.handle
        if self.deadline is not None:
            given["r15"] = self.deadline
        stores = "".join(
            f"    mov     rax, {value}\n    mov     [r15 + {ORDER.index(name)} * 8], rax\n"
            for name, value in given.items()
        )
        return f"""
    call    poison_block
    mov     r15d, {BLOCK}
{stores}    call    do_call
    lea     rsi, [rip + name_{number}]
    call    tell
    jmp     after_{number}
name_{number}:
    .asciz  "{self.name}"
after_{number}:
"""


def text(*steps: Step | str) -> str:
    """The steps, and a wait for ever behind them."""
    parts = [
        step.text(number) if isinstance(step, Step) else f"{step}\n"
        for number, step in enumerate(steps)
    ]
    return "".join(["steps:\n", *parts, "    jmp     wait_for_ever\n"])


def scripted(of: System, **tasks: tuple[Step | str, ...]) -> System:
    """The system whose tasks of these names, all with PROGRAM, perform these steps."""
    for task, steps in tasks.items():
        of = with_program(of, task, f"script of {task}", text(*steps))
    return of


def by_name(outcome: Outcome) -> dict[str, Result]:
    """What every step of a run that passed was told, in the order of telling."""
    found = list(results(passed(outcome)))
    names = [result.name for result in found]
    assert len(set(names)) == len(names), "each step has a name of its own"
    return dict(zip(names, found, strict=True))


def returned(result: Result) -> dict[str, int]:
    """What came back in the registers. RCX and R11 are 0, or what SYSRET leaves there: the task's
    own next instruction and flags; they are 0 here.
    """
    registers = dict(result.registers)
    assert registers["rcx"] == 0 or registers["rcx"] - User.TEXT in range(0x10000)
    assert registers["r11"] in (0, 0x202)
    return registers | {"rcx": 0, "r11": 0}


def thread(of: str, *rights: str) -> str:
    """A capability for a task's thread."""
    return f'{{ thread = "{of}", rights = {list(rights)} }}'.replace("'", '"')


def notification(of: str, bits: int = 1) -> str:
    """The right to signal bits to a task."""
    return f'{{ notification = "{of}", rights = ["signal"], badge = {bits} }}'


def receive(name: str, what: int = Receive.MESSAGES) -> Step:
    return Step(name, Call.RECV, what)


def error(name: str, expected: Status, step: Step) -> tuple[Step, Status]:
    """A step of that name, with the status that it must have."""
    return Step(name, step.call, step.handle, step.words, step.count), expected


def or_anew(who: str) -> str:
    """Tells the registers of a first instruction when rdi is not 0, else goes on behind."""
    return f"""
    push    rdi
    pushfq
    cld
    test    rdi, rdi
    jz      first
    pop     rdi
    xchg    rdi, [rsp]
    call    store_block
    mov     r15d, User.BUFFER + 0x900
    lea     rax, [rsp + 8]
    mov     [r15 + 15 * 8], rax         ; behind the registers: where rsp began, then the flags
    pop     rax
    mov     [r15 + 16 * 8], rax
    lea     rsi, [rip + name]
    call    tell
    jmp     wait_for_ever
name:
    .asciz  "{who}.anew"
first:
"""
