"""Manifests of machines with the ring-3 services, and with what a test puts beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kobjects.kernel.abi import Abi, Call
from kobjects.kernel.services import Result
from stages.model import System
from tests.stages.company import endpoint, task
from tests.stages.harness import system, with_program

IMAGE = '[image]\nname = "services"\ntargets = ["pvh"]\n'
LIBRARY = "kpack:user/lib.asm"
TERMINAL_FILES = ("server", "requests", "prompt", "line", "output")
SHELL_FILES = (*("shell", "commands", "ask", "print", "tasks", "machine", "time", "files", "text"),)
TERMINAL = " ".join(
    [
        *(f"kpack:user/terminal/{file}.asm" for file in TERMINAL_FILES),
        *("kpack:console/drivers.asm", "kpack:console/pixels.asm"),
    ]
)
SHELL = " ".join([*(f"kpack:user/shell/{file}.asm" for file in SHELL_FILES), LIBRARY])


def own(name: str) -> dict[str, str]:
    """What a service needs to make itself known."""
    return {
        "endpoint": f'{{ endpoint = "{name}", rights = ["call", "grant"] }}',
        "names": '{ endpoint = "names", rights = ["call", "grant"] }',
    }


CONSOLE = task(
    "console",
    TERMINAL,
    220,
    'ports = ["0x3f8-0x3ff", "0x3cc-0x3cc", "0x3d4-0x3d5"]',
    'physical = { "0x500000" = "0xb8000-0xb8fff" }',
    "framebuffer = true",
    irq4='{ irq = "4", rights = ["ack"], badge = 1 }',
)
KEYBOARD = task(
    "keyboard",
    "kpack:user/keyboard.asm kpack:user/keymap.asm kpack:user/register.asm",
    190,
    'ports = ["0x60-0x60", "0x64-0x64"]',
    console=endpoint("console", 11),
    irq1='{ irq = "1", rights = ["ack"], badge = 1 }',
    **own("keyboard"),
)
CLOCK = task(
    "clock",
    "kpack:user/clock.asm kpack:user/cmos.asm kpack:user/register.asm",
    180,
    'ports = ["0x70-0x71"]',
    **own("clock"),
)
NAMES = task("names", "../user/guests/answers.asm", 200)
PONG = task("pong", "kpack:user/pong.asm", 160)
"""The services as the demonstration has them."""


def readers(*names: str, more: str = "", prepare: str = "", **capabilities: str) -> System:
    """Tasks that read lines for ever, the first of the highest priority, and print them. `prepare`
    is assembly that each executes before; the capabilities are theirs too.
    """
    text = IMAGE + CONSOLE + more
    if 'endpoint = "names"' in more:
        text += NAMES
    for place, name in enumerate(names):
        program = f"../user/guests/reader.asm {LIBRARY}"
        text += task(name, program, 100 - place, console=endpoint("console"), **capabilities)
    of = system(text)
    if NAMES in text:
        of = stand_in(of, "names", [])
    for name in names:
        text = f'prepare:\n{prepare}    ret\ntext_open:\n    .asciz " {name}["\n'
        of = with_program(of, name, f"test's part of {name}", text)
    return of


ANY = 0xAAAA_AAAA_AAAA_AAAA


@dataclass(frozen=True)
class Answer:
    """What a stand-in for a service answers to a request with these words; ANY fits all."""

    request: int
    words: Sequence[int] = ()
    result: int = Result.OK
    reply: Sequence[int] = ()
    data: bytes = b""

    def text(self, offset: int) -> str:
        """The row of `guests/answers.asm`; its data lies at the offset."""
        wanted = (*self.words, ANY, ANY, ANY)[:3]
        reply = [self.result, *self.reply]
        more = -(-len(self.data) // 8)
        rax = Call.REPLY_RECV << Abi.NUMBER_SHIFT | (
            Abi.REGISTER_WORDS + more if more else len(reply)
        )
        filled = [*reply, *[0] * (9 - len(reply)), offset]
        row = [int(self.request), *map(int, wanted), rax, *map(int, filled)]
        return "".join(f"    .quad   {value}\n" for value in row)


def stand_in(of: System, name: str, answers: Sequence[Answer]) -> System:
    """The system whose task of that name, made of `guests/answers.asm`, answers so."""
    text, data = "    .align  8\nrows:\n", b""
    last = Answer(0, result=Result.UNKNOWN_REQUEST)
    for answer in (*answers, last):
        text += answer.text(len(data))
        data += answer.data.ljust(-(-len(answer.data) // 8) * 8, b"\0")
    numbers = ", ".join(map(str, data or b"\0"))
    return with_program(of, name, f"answers of {name}", f"{text}bytes:\n    .byte   {numbers}\n")


def shell(answers: Mapping[str, Sequence[Answer]], *, more: str = KEYBOARD + CLOCK) -> System:
    """The shell with the services, and stand-ins for the supervisor, names and files."""
    text = IMAGE + CONSOLE + PONG + more
    for name in ("supervisor", "names", "files"):
        text += task(name, "../user/guests/answers.asm", 200)
    servers = ["console", "supervisor", "clock", "names", "files", "pong"]
    known = [name for name in servers if f'name = "{name}"' in text]
    text += task(
        "shell",
        SHELL,
        150,
        **{name: endpoint(name) for name in known},
        boot_info='{ frame = "boot_info", rights = ["read"] }',
        space='{ space = "shell", rights = ["map", "caps"] }',
    )
    of = system(text)
    for name in ("supervisor", "names", "files"):
        of = stand_in(of, name, answers.get(name, ()))
    return of
