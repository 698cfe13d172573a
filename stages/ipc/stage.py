"""The system calls: message passing between tasks, and the faults that become messages."""

from __future__ import annotations

from pathlib import Path

from stages.ipc.claims import CLAIMS
from stages.model import Access, Assembly, Stage

HERE = Path(__file__).parent

STAGE = Stage(
    name="ipc",
    code=[
        Assembly(HERE / "syscall.asm"),
        Assembly(HERE / "long.asm"),
        Assembly(HERE / "capability.asm"),
        Assembly(HERE / "vectors.asm"),
        Assembly(HERE / "light.asm"),
        Assembly(HERE / "slow.asm"),
        Assembly(HERE / "lookup.asm"),
        Assembly(HERE / "send.asm"),
        Assembly(HERE / "deliver.asm"),
        Assembly(HERE / "receive.asm"),
        Assembly(HERE / "wait.asm"),
        Assembly(HERE / "inherit.asm"),
        Assembly(HERE / "signal.asm"),
        Assembly(HERE / "fault.asm"),
        Assembly(HERE / "init.asm"),
        Assembly(HERE / "text.asm", Access.RODATA),
    ],
    claims=CLAIMS,
)
