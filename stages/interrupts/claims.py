"""What `kpack verify` is told of this room's code."""

from __future__ import annotations

from stages.claims import Claim, Privileged

CLAIMS: list[Claim] = [
    Privileged("trap_entry", ["popfq"]),
    Privileged("trap_debug", ["read dr6", "mov dr6"]),
    Privileged("trap_debug.in_kernel", ["mov dr7"]),
    Privileged("trap_nmi", ["iretq"]),
    Privileged(
        "interrupts_init",
        [
            "out",
            "out",
            "out",
            "out",
            "out",
            "out",
            "out",
            "out",
            "out",
            "out",
            "in",
            "out",
            "out",
            "in",
            "rdmsr",
        ],
    ),
    Privileged("line_7", ["out", "in"]),
    Privileged("line_15", ["out", "in", "out"]),
    Privileged("start_clock", ["out", "out", "out"]),
    Privileged("pit_elapsed", ["out", "in", "in", "in"]),
    Privileged("first_slice_interrupt", ["out", "in", "out"]),
    Privileged("mask_line", ["in", "out"]),
    Privileged("unmask_line", ["in", "out", "in", "out"]),
    Privileged("end_service", ["out"]),
    Privileged("end_service.master", ["out"]),
]
