"""The kernel's stacks."""

from __future__ import annotations

from kobjects.record import Record, reserved_bytes
from kobjects.source import KERNEL


class KernelStack(Record, size=4096, source=KERNEL("The kernel")):
    """One page, with an unmapped page below: overflow is a double fault, not a neighbour's loss."""

    room: bytes = reserved_bytes(4096)
