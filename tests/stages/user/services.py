"""Manifests of machines with the ring-3 services, and with what a test puts beside them."""

from __future__ import annotations

from stages.model import System
from tests.stages.company import endpoint, task
from tests.stages.harness import system, with_program

IMAGE = '[image]\nname = "services"\ntargets = ["pvh"]\n'
LIBRARY = "kpack:user/lib.asm"
TERMINAL = " ".join(
    f"kpack:{file}"
    for file in (
        *("user/terminal/server.asm", "user/terminal/requests.asm", "user/terminal/prompt.asm"),
        *("user/terminal/line.asm", "user/terminal/output.asm", "console/drivers.asm"),
    )
)
CONSOLE = task(
    "console",
    TERMINAL,
    220,
    'ports = ["0x3f8-0x3ff", "0x3cc-0x3cc", "0x3d4-0x3d5"]',
    'physical = { "0x500000" = "0xb8000-0xb8fff" }',
    irq4='{ irq = "4", rights = ["ack"], badge = 1 }',
)
"""The console server as the demonstration has it."""


def readers(*names: str) -> System:
    """Tasks that read lines for ever, the first of the highest priority, and print them."""
    text = IMAGE + CONSOLE
    for place, name in enumerate(names):
        text += task(
            name, f"../user/guests/reader.asm {LIBRARY}", 100 - place, console=endpoint("console")
        )
    of = system(text)
    for name in names:
        of = with_program(of, name, f"name of {name}", f'text_open:\n    .asciz " {name}["\n')
    return of
