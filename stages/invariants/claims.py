"""What `kpack verify` is told of this room's code."""

from __future__ import annotations

from stages.claims import Claim, Privileged, Stack, Within

NOT_COUNTED = "the check is the debug build's own work, and no entry's of the kernel"

CLAIMS: list[Claim] = [
    Privileged("checked_sysret.leave", ["sysretq"]),
    Privileged("checked_iret.leave", ["iretq"]),
    Stack("checked_sysret", 0, "as it was saved: the task's, for SYSRET"),
    Stack("checked_iret", 0, "as it was saved: what IRETQ takes lies above"),
    Within("check_invariants", "checked_sysret", 0, NOT_COUNTED),
    Within("check_invariants", "checked_iret", 0, NOT_COUNTED),
]
