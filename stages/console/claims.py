"""What `kpack verify` is told of this room's code."""

from __future__ import annotations

from kobjects.kernel.symbols import KernelSymbol
from stages.claims import Claim, Loop, Poll, Privileged, Text

DECIMAL_DIGITS = len(str((1 << 64) - 1))

CLAIMS: list[Claim] = [
    Loop("print.next", Text(KernelSymbol.size), "texts end with a zero, those in records in time"),
    Loop("print_decimal.digit", DECIMAL_DIGITS, "64 bits divided by 10"),
    Poll("serial_char.wait", "a line that is held: the byte is lost then"),
    Privileged("console_init.no_vga", ["out", "out", "out", "out", "out", "out"]),
    Privileged("probe_screen", ["in"]),
    Privileged("probe_serial", ["out", "in"]),
    Privileged("serial_char.wait", ["in"]),
    Privileged("serial_char.ready", ["out"]),
    Privileged("write_cursor", ["out", "out"]),
    Privileged("read_cursor", ["out", "in", "out", "in"]),
    Privileged("panic_begin", ["cli", "read cr2"]),
    Privileged("panic_begin.end", ["out"]),
    Privileged("panic_begin.halt", ["hlt"]),
]
