"""The kernel's own symbol table, for its panic screen."""

from __future__ import annotations

from kobjects.record import Record, octets, u64
from kobjects.source import KERNEL


class KernelSymbol(Record, size=32, source=KERNEL("Faults and exits")):
    """One label of the kernel's text. The table is sorted by address and ends with a zero entry."""

    address: int = u64("virtual address; 0 ends the table")
    name: bytes = octets(24, "padded with zeros, the last byte always zero")
