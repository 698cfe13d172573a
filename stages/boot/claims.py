"""What `kpack verify` is told of this room's code."""

from __future__ import annotations

from stages.claims import Claim, Privileged

CLAIMS: list[Claim] = [
    Privileged("kernel_entry", ["lgdt", "lidt", "lldt", "ltr"]),
    Privileged("kernel_entry.own_segments", ["read cr3", "mov cr3"]),
    Privileged("features_init.asked", ["read cr4", "mov cr4"]),
]
