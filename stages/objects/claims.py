"""What `kpack verify` is told of this room's code."""

from __future__ import annotations

from kobjects.kernel.abi import Abi
from kobjects.kernel.bootinfo import BootLimit
from kobjects.kernel.space import SpaceLimit
from stages.claims import Between, Budget, Claim, Index, Loop, Privileged, Within, Worked

HEAVY = 12
WORK = Abi.STEP * HEAVY
OVER = HEAVY + 1
"""destroy_space.asm spends LIGHT without looking, and HEAVY before it looks."""
PORTS_SIZE = 4

CLAIMS: list[Claim] = [
    Budget("call_destroy", "r15", WORK, OVER, "who finds it below 0 is done: AGAIN"),
    Budget("call_revoke.no_signals", "r15", WORK, OVER, "who finds it below 0 is done: AGAIN"),
    Worked("unmap_frame", "HEAVY a mapping"),
    Worked("leave_everybody", "HEAVY a thread or an object"),
    Worked("kill_space.innermost", "LIGHT a round, HEAVY a mapping or an object"),
    Worked("kill_space.work", "LIGHT a round, HEAVY a mapping or an object"),
    Worked("clear_table.slot", "LIGHT a slot, HEAVY one that holds something"),
    Worked("free_tables.directories", "LIGHT an entry"),
    Worked("free_tables.directory", "LIGHT an entry"),
    Worked("free_tables.table", "LIGHT an entry, HEAVY one that names a table"),
    Within("recompute_rank.next", "leave_everybody", 1, "who dies waits for nobody any more"),
    Within("recompute_rank.next", "clear_table", 1, "who saved a reply in it has died before"),
    Loop("call_destroy_space.is_above", SpaceLimit.DEPTH + 2, "a Space, those above, and nobody"),
    Loop("new_header", 2, "a page more has room for a header"),
    Loop("check_device.next", BootLimit.MEMORY_RANGES, "long.asm takes no more ranges"),
    Loop(
        "create_io_ports.next",
        Between("kernel_ports", "kernel_ports_end", PORTS_SIZE),
        "one range of the table a round",
    ),
    Index("call_create", "the same word of the frame was compared with ObjectType.IO_PORTS"),
    Index("kill_object", "a header's type; DESTROY refuses what the table has not"),
    Privileged("forget_thread.unlinked", ["invlpg"]),
]
