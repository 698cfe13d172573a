"""Capabilities and the objects that they name: made, copied, revoked, destroyed."""

from __future__ import annotations

from pathlib import Path

from stages.model import Access, Assembly, Stage
from stages.objects.claims import CLAIMS

HERE = Path(__file__).parent

STAGE = Stage(
    name="objects",
    code=[
        Assembly(HERE / "slots.asm"),
        Assembly(HERE / "copy.asm"),
        Assembly(HERE / "headers.asm"),
        Assembly(HERE / "block.asm"),
        Assembly(HERE / "create.asm"),
        Assembly(HERE / "create_frame.asm"),
        Assembly(HERE / "create_device.asm"),
        Assembly(HERE / "create_thread.asm"),
        Assembly(HERE / "create_space.asm"),
        Assembly(HERE / "revoke.asm"),
        Assembly(HERE / "destroy_thread.asm"),
        Assembly(HERE / "destroy_space.asm"),
        Assembly(HERE / "destroy.asm"),
        Assembly(HERE / "text.asm", Access.RODATA),
    ],
    claims=CLAIMS,
)
